//! Scenarios: the ones that come along are valid, and others are refused with the key and what it may be.

use fidance_sim::Scenario;

const DEMO: &str = include_str!("../../../../scenarios/demo.toml");

#[test]
fn scenarios_that_come_along_are_valid_and_survive_being_written() {
    for scenario in [Scenario::demo(), Scenario::bench(), Scenario::quiet()] {
        let scenario = scenario.unwrap();
        assert_eq!(Scenario::from_toml(&scenario.to_toml().unwrap()).unwrap(), scenario);
    }
    assert_eq!(Scenario::demo().unwrap().change_ids().len(), 5);
    assert_eq!(Scenario::quiet().unwrap().change_ids().len(), 0);
}

/// The demo with one line replaced is refused with these words.
fn check(line: &str, by: &str, words: &[&str]) {
    assert!(DEMO.contains(line), "{line}");
    let error = Scenario::from_toml(&DEMO.replacen(line, by, 1)).unwrap_err().to_string();
    assert!(words.iter().all(|word| error.contains(word)), "{by}: {error}");
}

#[test]
fn what_cannot_be_simulated_is_refused_with_its_key() {
    for (line, by, words) in [
        ("leave_share = 0.25", "leave_share = 1.4", ["`purchases.leave_share` is 1.4", "0 to 1"].as_slice()),
        ("leave_share = 0.25", "leave_share = nan", &["purchases.leave_share", "0 to 1"]),
        ("days_between = 34.0", "days_between = 0.0", &["purchases.days_between", "0.05 to 3650"]),
        (
            "time_zone = \"Europe/Paris\"",
            "time_zone = \"Europe/Lyon\"",
            &["shop.time_zone", "Europe/Lyon", "IANA"],
        ),
        ("end = \"2026-06-30\"", "end = \"2024-01-05\"", &["shop.end", "28 to 3653 days after"]),
        ("end = \"2026-06-30\"", "end = \"2026-06-31\"", &["2026-06-31"]),
        ("count = 49000", "count = 0", &["customers.count", "1 to 100000000"]),
        ("before_start = 0.42", "before_start = 1.0", &["customers.before_start", "0 to 0.99"]),
        ("value_median = 46.0", "value_medium = 46.0", &["value_medium", "value_median"]),
        ("detail = \"full\"", "detail = \"all\"", &["`all`", "full", "orders"]),
        ("from = \"11-24\"", "from = \"24-11\"", &["seasons.peaks.Black Friday.from", "MM-DD"]),
        ("value = \"mobile\"", "value = \"mo,bile\"", &["segments.device.mo,bile.value", "letters, digits"]),
        (
            "{ country = \"FR\", value = \"Corse\"",
            "{ country = \"IT\", value = \"Corse\"",
            &["region.Corse.country"],
        ),
        ("affected = 0.58", "affected = 58.0", &["breaches.badly_communicated_breach.affected", "0 to 1"]),
        (
            "channel = { marketplace = 0.4 }",
            "channel = { market = 0.4 }",
            &["affected_by.channel", "`market`", "marketplace"],
        ),
        (
            "channel = { marketplace = 0.4 }",
            "chanel = { x = 0.4 }",
            &["affected_by", "`chanel`", "country, region"],
        ),
        ("disclosed = \"2025-03-13\"", "disclosed = \"2025-02-13\"", &["disclosed", "2025-02-18 or later"]),
        (
            "disclosed = \"2025-03-13\"",
            "disclosed = \"2027-03-13\"",
            &["disclosed", "2024-01-01 to 2026-06-30"],
        ),
        ("log_hazard = -1.1", "log_hazard = 0.3", &["effect.log_hazard", "-10 to 0"]),
        ("half_life_days = 75.0", "half_life_days = 0.0", &["effect.half_life_days"]),
        ("abandon = 0.65", "abandon = -1.0", &["certificates.expired_certificate.abandon"]),
        (
            "who = { device = [\"mobile\"] }",
            "who = { device = [\"phone\"] }",
            &["certificates.expired_certificate.who", "`phone`", "mobile"],
        ),
        (
            "id = \"expired_certificate\"",
            "id = \"harmless_price_change\"",
            &["`harmless_price_change`", "each id once"],
        ),
        (
            "from = \"2026-02-02\"",
            "from = \"2023-02-02\"",
            &["authentication_steps.added_authentication_step.from"],
        ),
        ("missing_id = 0.0002", "missing_id = 2.0", &["dirt.missing_id"]),
        ("share = 0.025 ", "share = 0.95 ", &["campaigns.share (sum)"]),
        ("wording = \"vague\"", "wording = \"poetic\"", &["poetic", "vague"]),
        ("[purchases]", "[purchase]", &["purchase"]),
    ] {
        check(line, by, words);
    }
}

#[test]
fn overrides_are_checked_too() {
    assert!(Scenario::demo().unwrap().with_customers(0).is_err());
    assert_eq!(Scenario::demo().unwrap().with_customers(7).unwrap().customers.count, 7);
}
