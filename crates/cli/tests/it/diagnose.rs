//! `fidance diagnose` on the demo shop, against the truth that only the simulator knows.

use std::{path::Path, process::Command, sync::LazyLock};

use serde_json::Value;

use crate::support::{fidance, run};

const BAD: &str = "badly_communicated_breach";
const WELL: &str = "well_communicated_breach";
/// It concerns the web and not the app; there is no list.
const STEP: &str = "added_authentication_step";
/// It concerns the site for phones alone.
const CERTIFICATE: &str = "expired_certificate";
const PRICES: &str = "harmless_price_change";

/// The demo shop, its truth, and what `fidance diagnose` says of it.
struct Shop {
    folder: tempfile::TempDir,
    truth: Value,
    found: Value,
}

static SHOP: LazyLock<Shop> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, stderr) = run(folder.path(), &["simulate", "--seed", "1", "--out", "shop"]);
    assert_eq!(code, 0, "{stderr}");
    let truth = std::fs::read_to_string(folder.path().join("shop/truth.json")).unwrap();
    let found = answer(diagnose(folder.path()).args(["--format", "json"]));
    Shop {
        truth: serde_json::from_str(&truth).unwrap(),
        found: serde_json::from_str(&found).unwrap(),
        folder,
    }
});

fn diagnose(folder: &Path) -> Command {
    diagnose_with(folder, "shop/incidents.json")
}

fn diagnose_with(folder: &Path, register: &str) -> Command {
    let mut command = fidance(folder);
    let columns =
        ["--customer", "customer_id", "--at", "at", "--event", "event", "--activity", "Order Completed"];
    let amounts = ["--value", "order_value", "--currency", "currency"];
    let segments =
        ["--segment", "country", "--segment", "device", "--segment", "channel", "--segment", "tier"];
    let definitions = ["--window", "90d", "--time-zone", "Europe/Paris", "--until", "2026-06-30"];
    let register = ["--events", register, "--affected", "shop/affected.csv"];
    command.args(["diagnose", "shop/events.csv"]).args(columns).args(amounts).args(segments);
    command.args(definitions).args(register);
    command
}

fn answer(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn rows(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap().iter()
}

fn named<'a>(list: &'a Value, id: &str) -> Option<&'a Value> {
    rows(list).find(|row| row["id"] == id)
}

/// What the diagnosis says of an event.
fn effects(id: &str) -> &'static Value {
    rows(&SHOP.found["events"]["events"]).find(|row| row["event"]["id"] == id).unwrap()
}

/// How large an effect is: what is found is told with its size, what cannot be told with the size beside.
fn size(effect: &Value) -> &Value {
    effect.get("size").unwrap_or(effect)
}

/// The alarm on returns that began around the breach.
fn alarm_of_the_breach() -> &'static Value {
    let began = |alarm: &&Value| {
        let day = |name: &str| alarm["onset"][name].as_str().unwrap();
        alarm["series"] == "returns" && day("earliest") <= "2025-03-31" && day("latest") >= "2025-03-03"
    };
    rows(&SHOP.found["watch"]["alarms"]).find(began).unwrap()
}

/// The interval holds a value.
#[track_caller]
fn holds(interval: &Value, truth: f64) {
    let [low, high] = ["low", "high"].map(|end| interval[end].as_f64().unwrap());
    assert!(low <= truth && truth <= high, "{truth} is not in [{low}, {high}]");
}

/// Sum of a figure over some rows.
fn sum<'a>(rows: impl Iterator<Item = &'a Value>, figure: &str) -> f64 {
    rows.map(|row| row[figure].as_f64().unwrap()).sum()
}

#[test]
fn what_an_event_did_to_those_whom_it_concerns_is_in_the_interval() {
    for id in [BAD, WELL, STEP, CERTIFICATE] {
        let effect = &effects(id)["exposed"];
        assert_eq!(effect["state"], "found", "{id}: {effect}");
        let effect = size(effect);
        let truth = named(&SHOP.truth["effects"], id).unwrap();
        let weeks = usize::try_from(effect["weeks"].as_u64().unwrap()).unwrap();
        // Of the certificate a third of the eighteen weeks before it that count.
        assert_eq!(weeks >= 12, id != CERTIFICATE, "{id}: {weeks}");
        // Others heard of a breach too. The comparison tells what being on the list did beyond that.
        let group = |name: &str| {
            let group = &truth[name];
            let first = || rows(&group["weeks"]).take(weeks);
            let (was, without) = (sum(first(), "as_it_was"), sum(first(), "without"));
            (was - without, without, group["bought_before"].as_f64().unwrap())
        };
        let ((lost, without, listed), (others, _, unlisted)) = (group("exposed"), group("unexposed"));
        let others = others * listed / unlisted;
        holds(&effect["lost"], others - lost);
        holds(&effect["relative"], (lost - others) / (without + others));
    }
    for id in [STEP, CERTIFICATE] {
        let scope = &effects(id)["event"]["scope"];
        assert_eq!(scope["state"]["code"], "compared", "{scope}");
    }
    assert!(effects(BAD)["event"]["scope"].is_null());
    // The breach that was told badly did more harm, and surely so.
    let relative = |id: &str, end: &str| size(&effects(id)["exposed"])["relative"][end].as_f64().unwrap();
    assert!(relative(BAD, "high") < relative(WELL, "low"));
}

#[test]
fn what_an_event_did_to_the_retention_rate_is_in_the_interval() {
    let mut points = Vec::new();
    for id in [BAD, WELL, STEP] {
        let kept = &size(&effects(id)["exposed"])["kept"];
        assert_eq!(kept["state"], "told", "{id}: {kept}");
        // Those active in the window before the event, 90 days later; the list tells what was lost beyond what others lost.
        let truth = named(&SHOP.truth["effects"], id).unwrap();
        let group = |name: &str| {
            let after = rows(&truth[name]["within"]).find(|after| after["days"] == 90).unwrap();
            let share = |world: &str| {
                after[world]["returned"].as_f64().unwrap() / after["customers"].as_f64().unwrap()
            };
            (share("as_it_was"), share("without"), after["customers"].as_f64().unwrap())
        };
        let ((was, without, customers), (others_were, others_without, others)) =
            (group("exposed"), group("unexposed"));
        let effect = (was - without) - (others_were - others_without);
        println!("{id}: {effect} {kept}");
        assert_eq!(kept["days"], 90);
        holds(&kept["points"], effect);
        holds(&kept["customers"], -effect * customers);
        let share = kept["share"].as_f64().unwrap();
        assert!((share - customers / (customers + others)).abs() < 0.03, "{id}: {share}");
        points.push(kept["points"]["value"].as_f64().unwrap());
    }
    assert!(points[0] < points[1], "{points:?}");
    // Two windows before it lie before the data.
    assert_eq!(size(&effects(CERTIFICATE)["exposed"])["kept"]["because"]["code"], "short_past");
}

/// Relative change of everybody's returns over the first weeks after a day, by the truth of an event.
fn true_change(id: &str, day: &str, weeks: u64) -> f64 {
    let truth = named(&SHOP.truth["effects"], id).unwrap();
    let weeks = usize::try_from(weeks).unwrap();
    let after =
        || rows(&truth["without"]["weeks"]).filter(|week| week["end"].as_str().unwrap() > day).take(weeks);
    after().map(|week| week["difference"]["returning"].as_f64().unwrap()).sum::<f64>()
        / sum(after(), "returning")
}

#[test]
fn other_methods_stand_beside_and_hold_the_truth_too() {
    for id in [BAD, WELL] {
        let event = effects(id);
        let total = size(&event["total"]);
        let second = |effect: &Value, method: &str| {
            rows(&size(effect)["second"]).find(|one| one["method"] == method).cloned().unwrap()
        };
        let series = second(&event["total"], "structural_time_series");
        let day = event["event"]["date"].as_str().unwrap();
        holds(&series["interval"], true_change(id, day, total["weeks"].as_u64().unwrap()));
        assert_eq!(series["agrees"], true, "{series}");
        // Beside what the list shows: the same sign and size, from groups of customers who are not on it.
        let listed = size(&event["exposed"])["relative"]["value"].as_f64().unwrap();
        holds(&second(&event["exposed"], "synthetic_difference_in_differences")["interval"], listed);
        let control = second(&event["exposed"], "synthetic_control");
        assert!((control["relative"].as_f64().unwrap() - listed).abs() < 0.05, "{control}");
    }
}

#[test]
fn two_events_of_the_same_week_are_told_together() {
    let folder = SHOP.folder.path();
    let register = std::fs::read_to_string(folder.join("shop/incidents.json")).unwrap();
    let mut register: Value = serde_json::from_str(&register).unwrap();
    let extra = serde_json::json!({
        "id": "extra", "title": "Extra", "type": "price_change", "from": "2025-03-14", "until": "2025-03-14"
    });
    register["changes"].as_array_mut().unwrap().push(extra);
    std::fs::write(folder.join("shop/two.json"), register.to_string()).unwrap();
    let found = answer(diagnose_with(folder, "shop/two.json").args(["--format", "json"]));
    let found: Value = serde_json::from_str(&found).unwrap();
    let effect = |id: &str| {
        let event = rows(&found["events"]["events"]).find(|row| row["event"]["id"] == id).unwrap();
        event["total"].clone()
    };
    let (breach, extra) = (effect(BAD), effect("extra"));
    assert_eq!((&breach["state"], &breach["with"][0]), (&"not_separable".into(), &"extra".into()));
    assert_eq!((&extra["state"], &extra["with"][0]), (&"not_separable".into(), &BAD.into()));
    // Asked of either, the same is said of both.
    assert_eq!(breach["together"], extra["together"]);
    let together = &breach["together"];
    holds(&together["relative"], true_change(BAD, "2025-03-13", together["weeks"].as_u64().unwrap()));
    // The list of the breach tells what the series cannot.
    let verdicts = rows(&found["diagnoses"]).map(|diagnosis| &diagnosis["verdict"]);
    for verdict in verdicts {
        assert_eq!((&verdict["code"], &verdict["event"]), (&"explained".into(), &BAD.into()), "{verdict}");
    }
}

#[test]
fn what_an_event_did_to_everybody_is_in_the_interval() {
    let mut estimated = 0;
    for truth in rows(&SHOP.truth["effects"]) {
        let id = truth["id"].as_str().unwrap();
        let Some(event) = rows(&SHOP.found["events"]["events"]).find(|row| row["event"]["id"] == id) else {
            continue;
        };
        let effect = size(&event["total"]);
        let Some(weeks) = effect["weeks"].as_u64() else {
            assert_eq!(effect["state"], "not_estimated", "{id}: {effect}");
            continue;
        };
        // Of the customers who had bought before it: those who came later cannot have been lost by it.
        let weeks = usize::try_from(weeks).unwrap();
        let known = || {
            ["exposed", "unexposed"].into_iter().flat_map(|group| rows(&truth[group]["weeks"]).take(weeks))
        };
        let without = sum(known(), "without");
        let lost = without - sum(known(), "as_it_was");
        holds(&effect["lost"], lost);
        holds(&effect["relative"], -lost / without);
        estimated += 1;
    }
    assert_eq!(estimated, 5);
    // The change of prices was tried at enough dates, and nothing is said of it that it did not do.
    let prices = &effects(PRICES)["total"];
    assert!(prices["state"] != "found" && prices["state"] != "biased", "{prices}");
    holds(&size(prices)["relative"], 0.0);
    assert!(size(prices)["placebos"].as_u64().unwrap() >= 10, "{prices}");
    // Eighteen weeks after the first half year everybody's loss by the certificate is shown, and not told to be one.
    let certificate = &effects(CERTIFICATE)["total"];
    assert_eq!(certificate["state"], "too_few", "{certificate}");
    let placebos = size(certificate)["placebos"].as_u64().unwrap();
    let p_value = size(certificate)["p_value"].as_f64().unwrap();
    assert!(placebos < 3 && p_value >= 1.0 / (placebos as f64 + 1.0), "{certificate}");
}

#[test]
fn the_breach_is_noticed_dated_and_blamed_and_nothing_else_is() {
    let found = &SHOP.found;
    let alarm = alarm_of_the_breach();
    // Told on Thursday 13 March: by the end of the third week it is known.
    assert!(alarm["known"].as_str().unwrap() <= "2025-04-01", "{alarm}");
    assert!(alarm["fall"]["relative"]["high"].as_f64().unwrap() < 0.0, "{alarm}");
    for diagnosis in rows(&found["diagnoses"]) {
        let verdict = &diagnosis["verdict"];
        // The retention rate follows one window later. No other fall was planted that is large enough to be seen.
        assert_eq!((&verdict["code"], &verdict["event"]), (&"explained".into(), &BAD.into()), "{verdict}");
    }
    let blamed = |event: &str| {
        let causes = rows(&found["diagnoses"]).flat_map(|diagnosis| rows(&diagnosis["causes"]));
        causes.filter(|cause| cause["event"]["id"] == event).any(|cause| cause["standing"] != "unlikely")
    };
    assert!(blamed(BAD) && !blamed(PRICES));
    for alarm in rows(&found["watch"]["alarms"]) {
        assert!(alarm["onset"]["earliest"].as_str().unwrap() > "2024-08-01", "{alarm}");
    }
}

/// What other methods say of each effect of which they say anything.
fn second_opinions(found: &Value) -> Vec<Vec<Value>> {
    match found {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match value.as_array() {
                Some(all) if name == "second" => (!all.is_empty()).then(|| all.clone()).into_iter().collect(),
                _ => second_opinions(value),
            })
            .collect(),
        Value::Array(all) => all.iter().flat_map(second_opinions).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn the_same_data_and_seed_give_the_same_answer_in_words_too() {
    let id = alarm_of_the_breach()["id"].as_str().unwrap();
    let again = answer(diagnose(SHOP.folder.path()).args(["--format", "json"]));
    assert!(serde_json::from_str::<Value>(&again).unwrap() == SHOP.found);
    let mut words = diagnose(SHOP.folder.path());
    let words = answer(words.args(["--alarm", id, "--lang", "fr"]));
    let flat = words.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in ["Customer database copied", "moins que prévu", "mars 2025"] {
        assert!(flat.contains(said), "{said}\n{words}");
    }
    // Under each effect what other methods say of it, contradictions too.
    let of_alarm = rows(&SHOP.found["diagnoses"]).find(|one| one["alarm"]["id"] == id).unwrap();
    let opinions = [second_opinions(of_alarm), second_opinions(&SHOP.found["events"])].concat();
    let apart = opinions.iter().flatten().filter(|opinion| opinion["agrees"] == false).count();
    assert!(!opinions.is_empty());
    assert_eq!(flat.matches("Autres méthodes").count(), opinions.len(), "{words}");
    assert_eq!(flat.matches("ce qui contredit le chiffre ci-dessus").count(), apart, "{words}");
    let unknown = diagnose(SHOP.folder.path()).args(["--alarm", "returns-1999-01-04"]).output().unwrap();
    let stderr = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(
        !unknown.status.success() && stderr.contains("returns-1999-01-04") && stderr.contains(id),
        "{stderr}"
    );
}
