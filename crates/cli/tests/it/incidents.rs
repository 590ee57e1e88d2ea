//! `fidance incidents` and `fidance dose-response` as a person uses them.

use serde_json::Value;

use crate::support::{data, run};

const LIST: &str = "\
id,title,type,severity,started,discovered,contained,disclosed,affected,data,disclosed_by,wording,remedy
leak,\"Addresses, stolen\",data_breach,high,2024-01-01,2024-01-10,,2024-02-09,1200,email;passwords,press,vague,none
late,Told in some month,data_breach,,2023,,,2023-05,,,company,plain,voucher
cert,Certificate expired,expired_certificate,low,2024-05-01,,2024-05-03,,,,,,
odd,Over before it began,hacking,1,2024-06-10,,2024-06-01,2024-07-01,,,,,
price,Prices rise,price_change,,2024-06-03,,,,,,,,
bad,No such day,hacking,1,2024-02-31,,,,,,,,
";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("list.csv"), LIST).unwrap();
    folder
}

#[test]
fn a_list_is_shown_with_what_is_to_be_looked_at() {
    let folder = folder();
    let (code, stdout, stderr) = run(folder.path(), &["incidents", "list.csv"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let row = |id: &str| {
        stdout.lines().find(|line| line.contains(&format!(" {id} "))).unwrap_or_default().to_owned()
    };
    assert!(
        row("leak").contains("2024-02-09") && row("leak").contains("2 high") && row("leak").contains("1,200"),
        "{stdout}"
    );
    assert!(row("leak").contains("−2"), "{stdout}");
    assert!(row("late").contains("2023-05?") && row("cert").contains("2024-05-01"), "{stdout}");
    for said in [
        "late: customers could know in 2023-05; without the day no effect can be dated",
        "odd: contained on 2024-06-01, before it was started on 2024-06-10",
        "list.csv: line 7: started: \"2024-02-31\" is no date",
        "5 entries read, 1 refused, from one file",
    ] {
        let flat = stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(said), "{said}\n{stdout}");
    }
    let (_, french, _) = run(folder.path(), &["incidents", "list.csv", "--lang", "fr"]);
    assert!(french.contains("connu des clients") && french.contains("2 élevée"), "{french}");
}

#[test]
fn every_format_that_is_written_is_read_again_as_the_same() {
    let folder = folder();
    let written = |file: &str, format: &str, to: &str| {
        let (code, _, stderr) = run(folder.path(), &["incidents", file, "--format", format, "--output", to]);
        assert_eq!(code, 0, "{stderr}");
        std::fs::read_to_string(folder.path().join(to)).unwrap()
    };
    let json = written("list.csv", "json", "first.json");
    written("first.json", "csv", "second.csv");
    assert_eq!(written("second.csv", "json", "third.json"), json);
    // Cells that a spreadsheet would run are disarmed and come back as they were.
    let signs =
        r#"[{"id": "-1", "type": "outage", "title": "=1+1", "score": -2, "days_after_discovery": -3}]"#;
    std::fs::write(folder.path().join("signs.json"), signs).unwrap();
    let first = written("signs.json", "json", "signs1.json");
    assert!(written("signs.json", "csv", "signs2.csv").contains(",'=1+1,"));
    assert_eq!(written("signs2.csv", "json", "signs3.json"), first);
    let register: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(register["incidents"][0]["title"], "Addresses, stolen");
    assert_eq!(register["changes"][0]["from"], "2024-06-03");
    let (code, _, stderr) = run(folder.path(), &["incidents", "list.csv", "--output", "list.csv"]);
    assert!(code == 1 && stderr.contains("write elsewhere"), "{stderr}");
}

#[test]
fn nothing_read_ends_with_1_and_bad_usage_with_2() {
    let folder = folder();
    std::fs::write(folder.path().join("orders.csv"), "customer,date,total\na,2024-01-01,3\n").unwrap();
    for (arguments, expected, said) in [
        (&["incidents", "orders.csv"][..], 1, "this is no list of incidents"),
        (&["incidents", "nowhere.json"], 1, "there is no such file"),
        (&["incidents"], 2, "required"),
        (&["incidents", "list.csv", "--at-format", "sideways"], 2, "unknown date format"),
        (&["incidents", "list.csv", "--time-zone", "Mars"], 2, "IANA"),
    ] {
        let (code, _, stderr) = run(folder.path(), arguments);
        assert!(code == expected && stderr.contains(said), "{arguments:?}: {code}\n{stderr}");
    }
}

#[test]
fn public_collections_become_registers() {
    let Some(file) = data("incidents-hibp/breaches.json") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (code, stdout, stderr) =
        run(folder.path(), &["incidents", file.to_str().unwrap(), "--format", "json", "--time-zone", "UTC"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("322 read, 12 refused"), "{stderr}");
    let register: Value = serde_json::from_str(&stdout).unwrap();
    let first = &register["incidents"][0];
    assert_eq!((&first["started"], &first["disclosed"]), (&"2015-03-01".into(), &"2015-10-26".into()));
}

#[test]
fn the_dose_response_says_what_it_cannot_tell() {
    let Some(file) = data("statistics/meta/incidents24.csv") else { return };
    let folder = tempfile::tempdir().unwrap();
    // On the scales of the register: severity from 0, communication from −2.
    let mut text = "incident,effect,se,severity,days_to_disclose,communication,remedy\n".to_owned();
    for line in std::fs::read_to_string(file).unwrap().lines().skip(1) {
        let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        for (at, shift) in [(3, 1.0), (5, 3.0)] {
            cells[at] = (cells[at].parse::<f64>().unwrap() - shift).to_string();
        }
        text += &(cells.join(",") + "\n");
    }
    std::fs::write(folder.path().join("effects.csv"), &text).unwrap();
    let (code, stdout, stderr) = run(folder.path(), &["dose-response", "effects.csv", "--severity", "3"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    println!("{stdout}");
    let flat = stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("per level of severity: more of it goes with larger losses"), "{stdout}");
    for other in ["ln(1 + days to disclose)", "per point of communication", "with a remedy"] {
        assert!(
            flat.contains(&format!("{other}: cannot tell; a difference of 1 needs about ")),
            "{other}\n{stdout}"
        );
    }
    assert!(stdout.contains("not cause") && stdout.contains("severity 3"), "{stdout}");
    let (code, stdout, _) = run(folder.path(), &["dose-response", "effects.csv", "--format", "json"]);
    let found: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, &found["method"]), (0, &"reml".into()));
    let coefficient = found["factors"][0]["coefficient"]["value"].as_f64().unwrap();
    assert!((coefficient + 0.809_73).abs() < 1e-4, "{coefficient}");
}

#[test]
fn the_dose_response_takes_what_is_known_from_the_register() {
    let folder = folder();
    let effects = "incident,effect,se\nleak,-2.1,0.5\nodd,-0.4,0.3\ncert,-0.1,0.2\n";
    std::fs::write(folder.path().join("effects.csv"), effects).unwrap();
    let ask = |more: &[&str]| {
        let all: Vec<&str> =
            ["dose-response", "effects.csv", "--register", "list.csv"].iter().chain(more).copied().collect();
        run(folder.path(), &all)
    };
    let (code, stdout, stderr) = ask(&["--format", "json"]);
    assert_eq!(code, 0, "{stderr}");
    let found: Value = serde_json::from_str(&stdout).unwrap();
    // Three incidents with their severities, too few to use them.
    assert_eq!(found["left_out"][0]["because"]["reason"], "too_few_incidents");
    assert_eq!(found["priors"].as_array().unwrap().len(), 1);
    let (_, stdout, _) = ask(&["--format", "json", "--no-literature"]);
    let found: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(found["priors"].as_array().unwrap().len(), 0);
    let (_, french, _) = ask(&["--lang", "fr"]);
    let french = french.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(french.contains("TalkTalk 2015") && french.contains("non cause"), "{french}");
    std::fs::write(folder.path().join("effects.csv"), "incident,effect,se\nother,-2.1,0.5\n").unwrap();
    let (code, _, stderr) = ask(&[]);
    assert!(code == 1 && stderr.contains("incident \"other\" is not in the register"), "{stderr}");
}

/// The examples of the guide, by how they begin.
fn example(beginning: &str) -> String {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let guide = std::fs::read_to_string(root.join("docs/guide/incidents.md")).unwrap();
    let blocks =
        guide.split("```").skip(1).step_by(2).map(|block| block.trim_start_matches("json").trim_start());
    blocks.into_iter().find(|block| block.starts_with(beginning)).unwrap().to_owned()
}

#[test]
fn the_examples_of_the_guide_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("incidents.json", &example("{"));
    write("liste.csv", &example("id;titre"));
    write("effects.csv", &example("incident,effect"));
    let (code, stdout, stderr) =
        run(folder.path(), &["incidents", "incidents.json", "liste.csv", "--format", "csv"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    for row in [
        "passwords-2024,Passwords stolen,data_breach,hacking,high,given,2024-02,2024-02-20,2024-02-22,2024-04-02,12400,yes,",
        "prices,Prices rise by 2 %,price_change,,,,2024-06-03,",
        "mdp-2024,Mots de passe volés,data_breach,,high,given,2024-02,2024-02-20,,2024-04-02,12400,",
        "prix,Hausse de prix,price_change,,,,2024-06-03,",
    ] {
        assert!(stdout.lines().any(|line| line.starts_with(row)), "{row}\n{stdout}");
    }
    let (code, stdout, stderr) = run(folder.path(), &["dose-response", "effects.csv"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.contains("TalkTalk 2015"), "{stdout}");
}
