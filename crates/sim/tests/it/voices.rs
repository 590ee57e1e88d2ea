//! Complaints, surveys and the register.

use std::collections::BTreeMap;

use crate::folder::{run, small};

/// Cells of a line of a CSV file with quotes.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            other => cells.last_mut().unwrap().push(other),
        }
    }
    cells
}

#[test]
fn complaints_rise_with_what_causes_them() {
    let folder = run(&small(6_000), 51);
    let text = folder.text("complaints.csv");
    let rows: Vec<Vec<String>> = text.lines().skip(1).map(cells).collect();
    assert!(rows.iter().all(|row| row.len() == 7 && !row[6].is_empty()));
    assert!(rows.windows(2).all(|pair| pair[0][2][..10] <= pair[1][2][..10]));
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    for row in &rows {
        first.entry(&row[5]).or_insert(&row[2][..10]);
    }
    assert!(first["breach_silence"] >= "2025-03-13");
    assert!(first["data_breach"] >= "2025-03-13");
    assert!(first["security_warning"] >= "2024-11-09");
    assert!(first["authentication_code"] >= "2026-02-02");
    let of = |motive: &str| rows.iter().filter(|row| row[5] == motive).count();
    assert!(of("breach_silence") > 40 && of("delivery") > 30, "{first:?}");
    let languages = |language: &str| rows.iter().filter(|row| row[4] == language).count();
    assert!(languages("fr") > 8 * languages("en") && languages("en") > 0);
    let channels =
        ["phone", "email", "social"].map(|channel| rows.iter().filter(|row| row[3] == channel).count());
    assert_eq!(channels.iter().sum::<usize>(), rows.len());
    assert!(channels.iter().all(|count| *count > 20));
}

#[test]
fn those_who_left_because_of_security_say_so_more_often() {
    let folder = run(&small(12_000), 52);
    let text = folder.text("surveys.csv");
    let rows: Vec<Vec<String>> = text.lines().skip(1).map(cells).collect();
    assert!(rows.iter().all(|row| row.len() == 8));
    let answered = rows.iter().filter(|row| !row[3].is_empty()).count() as f64 / rows.len() as f64;
    assert!((0.15..0.25).contains(&answered), "{answered}");
    assert!(
        rows.iter()
            .all(|row| row[3].is_empty() == row[5].is_empty() && row[3].is_empty() == row[6].is_empty())
    );
    let share = |from: &str, to: &str| {
        let sent =
            rows.iter().filter(|row| from <= &row[2][..10] && &row[2][..10] < to && !row[5].is_empty());
        let (all, security) = sent
            .fold((0.0, 0.0), |(all, security), row| (all + 1.0, security + f64::from(row[5] == "security")));
        security / all
    };
    let (before, after) = (share("2024-04-01", "2025-03-01"), share("2025-04-15", "2025-07-15"));
    assert!(after > 3.0 * before, "{before} {after}");
}

#[test]
fn the_register_knows_dates_and_no_effects() {
    let folder = run(&small(500), 53);
    let register = folder.json("incidents.json");
    let incidents = register["incidents"].as_array().unwrap();
    let ids: Vec<&str> = incidents.iter().map(|incident| incident["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["badly_communicated_breach", "well_communicated_breach", "expired_certificate"]);
    assert_eq!(incidents[0]["communication"]["days_after_discovery"], 23);
    assert_eq!(incidents[0]["communication"]["disclosed_by"], "press");
    assert_eq!(incidents[1]["communication"]["days_after_discovery"], 2);
    let listed = folder.text("affected.csv").lines().skip(1).count() as u64;
    let told: u64 = incidents.iter().map(|incident| incident["affected_customers"].as_u64().unwrap()).sum();
    assert_eq!(listed, told);
    let text = folder.text("incidents.json");
    assert!(["log_hazard", "leaving", "half_life", "abandon"].iter().all(|word| !text.contains(word)));
    assert_eq!(register["changes"].as_array().unwrap().len(), 4);
}
