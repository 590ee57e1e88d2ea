//! Published and independently computed figures on public data, through the command line as a user would.

use serde_json::{Value, json};

use crate::support::{assert_close, data, find, report};

fn flows(row: &Value) -> Value {
    json!([row["s"], row["e"], row["k"], row["n"], row["r"], row["l"]])
}

#[test]
fn cdnow_by_month_with_90_days() {
    let Some(file) = data("retention-cdnow/CDNOW_master.txt") else { return };
    let folder = tempfile::tempdir().unwrap();
    let report = report(folder.path(), &[file.to_str().unwrap(), "--every", "month", "--window", "90d"]);
    assert_eq!(report["input"]["rows"], 69_659);
    assert_eq!(report["input"]["customers"], 23_570);
    assert_eq!(report["rejected"]["rows"], 0);
    let october = find(&report["periods"], "start", "1997-10-01");
    assert_eq!(flows(october), json!([4195, 3945, 3103, 0, 842, 1092]));
    assert_close(&october["trc"], 0.739_690, 5e-7);
    let march = find(&report["periods"], "start", "1998-03-01");
    assert_eq!(flows(march), json!([3722, 3817, 2845, 0, 972, 877]));
    assert_close(&march["trc"], 0.764_374, 5e-7);
    // The dates have no time of day, so the data reach to the end of 30 June 1998.
    let june = find(&report["periods"], "start", "1998-06-01");
    assert_eq!((&june["complete"], &june["end"]), (&json!(true), &json!("1998-07-01")));
    let january = find(&report["cohorts"]["rows"], "start", "1997-01-01");
    let cohort = [7846, 1157, 964, 810, 679, 736, 720, 582, 559, 594, 673, 634, 528, 511, 664, 472, 497, 498];
    assert_eq!(january["n_day"], json!(cohort));
}

#[test]
fn cdnow_by_month_with_one_month() {
    let Some(file) = data("retention-cdnow/CDNOW_master.txt") else { return };
    let folder = tempfile::tempdir().unwrap();
    let report = report(folder.path(), &[file.to_str().unwrap(), "--window", "1mo"]);
    let march = find(&report["periods"], "start", "1998-03-01");
    assert_eq!((&march["s"], &march["k"]), (&json!(1551), &json!(571)));
    assert_close(&march["trc"], 0.368_150, 5e-7);
}

#[test]
fn grocery_by_month_with_90_days() {
    let Some(file) = data("retention-grocery/groceryElog.csv") else { return };
    let folder = tempfile::tempdir().unwrap();
    let report = report(folder.path(), &[file.to_str().unwrap(), "--window", "90d"]);
    assert_eq!((&report["input"]["rows"], &report["input"]["customers"]), (&json!(10_483), &json!(1_525)));
    assert_eq!(flows(find(&report["periods"], "start", "2006-06-01")), json!([974, 657, 640, 0, 17, 334]));
    assert_eq!(flows(find(&report["periods"], "start", "2007-11-01")), json!([315, 313, 295, 0, 18, 20]));
    // The data end on 30 December 2007.
    assert_eq!(find(&report["periods"], "start", "2007-12-01")["complete"], false);
    assert_eq!(report["headline"]["period"], 22);
}

#[test]
fn telco_survival_and_log_rank() {
    let Some(file) = data("retention-telco/Telco-Customer-Churn.csv") else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = file.to_str().unwrap();
    let by = |ended: &str| {
        report(folder.path(), &[file, "--duration", "tenure", "--ended", ended, "--segment", "Contract"])
    };
    let all = by("Churn");
    let at = |t: u64| {
        all["survival"][0]["points"].as_array().unwrap().iter().find(|point| point["t"] == t).unwrap()
    };
    for (t, survival, low, high) in
        [(12, 0.843_200, 0.834_169, 0.851_783), (72, 0.592_790, 0.573_063, 0.611_936)]
    {
        assert_close(&at(t)["survival"], survival, 1e-6);
        assert_close(&at(t)["low"], low, 1e-6);
        assert_close(&at(t)["high"], high, 1e-6);
    }
    assert_close(&all["log_rank"][0]["chi_square"], 2_352.872_538, 1e-6);
    assert_eq!(all["log_rank"][0]["degrees_of_freedom"], 2);
    // The same as a condition, from the flag and from a saved mapping.
    let condition = "Churn = \"Yes\"";
    let by_condition = by(condition);
    let saved = ["--save-mapping", "saved.toml"];
    let flags = [file, "--duration", "tenure", "--ended", condition, "--segment", "Contract"];
    report(folder.path(), &[flags.as_slice(), &saved].concat());
    let by_mapping = report(folder.path(), &[file, "--mapping", "saved.toml"]);
    for same in [&by_condition, &by_mapping] {
        assert_eq!((&same["survival"], &same["log_rank"]), (&all["survival"], &all["log_rank"]));
        assert_eq!(same["input"]["rows_used"], all["input"]["rows_used"]);
        assert_eq!(same["input"]["columns"]["ended"]["column"], condition);
    }
    let online = ["--segment", "OnlineSecurity", "--where", "OnlineSecurity in (\"Yes\", \"No\")"];
    let with_internet = report(folder.path(), &[&[file], online.as_slice()].concat());
    assert_close(&with_internet["log_rank"][0]["chi_square"], 660.525_069, 1e-6);
}

#[test]
fn cdnow_sample_value_models() {
    let Some(file) = data("retention-cdnow/CDNOW_sample.txt") else { return };
    let folder = tempfile::tempdir().unwrap();
    let report = report(folder.path(), &[file.to_str().unwrap(), "--calibrate-to", "1997-09-30"]);
    // Fader, Hardie and Lee 2005, table 2.
    let bgnbd = &report["value"]["models"]["bgnbd"];
    for (parameter, published) in [("r", 0.243), ("alpha", 4.414), ("a", 0.793), ("b", 2.426)] {
        assert_close(&bgnbd[parameter], published, 1e-3);
    }
    assert_close(&bgnbd["log_likelihood"], -9582.4, 0.05);
    // Fader and Hardie, "The Gamma-Gamma model of monetary value", 2013.
    let spending = &report["value"]["models"]["gamma_gamma"];
    for (parameter, published) in [("p", 6.25), ("q", 3.74), ("v", 15.44)] {
        assert_close(&spending[parameter], published, 0.01);
    }
}
