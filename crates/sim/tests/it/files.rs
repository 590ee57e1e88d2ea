//! Files: the same bytes for the same seed, whole visits, unique ids, every format with the same rows.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{Arc, Mutex},
};

use fidance_domain::table::{Batch, Column, ColumnKind, TableWriter, WriteError};
use fidance_sim::{Detail, EventFormat, Order, OutputOptions, Phase, Scenario, Times, simulate};
use serde_json::Value;

use crate::folder::{Row, by_customer, run, run_with, small};

#[test]
fn the_same_seed_gives_the_same_bytes_however_little_memory_there_is() {
    let scenario = Scenario::bench().unwrap().with_customers(300).unwrap();
    let whole = run(&scenario, 5).everything();
    let spilling = OutputOptions { memory: 20_000, ..OutputOptions::default() };
    let spilled = run_with(&scenario, 5, &spilling).everything();
    assert_eq!(whole.keys().collect::<Vec<_>>(), spilled.keys().collect::<Vec<_>>());
    for (name, content) in &whole {
        assert!(content == &spilled[name], "{name} differs");
    }
    assert_ne!(whole["events.csv"], run(&scenario, 6).everything()["events.csv"]);
}

/// A change of these figures means that the same seed gives another shop than before: say so in the log.
#[test]
fn the_shop_of_a_seed_stays_as_it_is() {
    let folder = run(&small(500), 1);
    let text = folder.text("events.csv");
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    assert_eq!(
        (folder.outcome.events, folder.outcome.orders, hash),
        (31_272, 3_967, 7_583_645_975_414_626_330)
    );
}

#[test]
fn both_orders_hold_the_same_rows() {
    let scenario = small(400);
    let (by_time, by_customer) = (run(&scenario, 2), run_with(&scenario, 2, &by_customer()));
    let (times, customers) = (by_time.events(), by_customer.events());
    assert!(times.windows(2).all(|pair| pair[0].at <= pair[1].at));
    assert!(
        customers.windows(2).all(|pair| (&pair[0].customer, pair[0].at) <= (&pair[1].customer, pair[1].at))
    );
    let lines = |rows: &[Row]| rows.iter().map(|row| row.line.clone()).collect::<BTreeSet<_>>();
    assert_eq!(lines(&times), lines(&customers));
    assert_eq!(times.len() as u64, by_time.outcome.events);
}

#[test]
fn ids_are_unique_and_orders_lie_at_the_end_of_their_visit() {
    let folder = run_with(&small(600), 3, &by_customer());
    let rows = folder.events();
    assert_eq!(rows.iter().map(|row| &row.message).collect::<BTreeSet<_>>().len(), rows.len());
    let mut visits: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    rows.iter().for_each(|row| visits.entry(&row.session).or_default().push(row));
    let first_day = rows.iter().map(Row::day).min().unwrap();
    for visit in visits.values() {
        assert!(visit.iter().all(|row| row.customer == visit[0].customer));
        let orders = visit.iter().filter(|row| row.event == "Order Completed").count();
        assert!(orders <= 1);
        assert!((visit[visit.len() - 1].at.as_second() - visit[0].at.as_second()) < 6 * 3_600);
        // Tracking began at the first midnight, in the middle of some visits.
        if orders == 1 && visit[0].day() > first_day {
            let names: Vec<&str> = visit.iter().map(|row| row.event.as_str()).collect();
            assert_eq!(names[names.len() - 1], "Order Completed");
            for step in ["Product Viewed", "Product Added", "Checkout Started", "Payment Info Entered"] {
                assert!(names.contains(&step), "{names:?}");
            }
        }
    }
}

#[test]
fn orders_are_the_same_with_and_without_the_steps_around_them() {
    let scenario = small(400);
    let orders = |scenario: &Scenario| -> BTreeSet<_> {
        run(scenario, 4)
            .orders()
            .into_iter()
            .map(|row| (row.customer, row.at, row.value.map(f64::to_bits)))
            .collect()
    };
    let bare = scenario.clone().with_detail(Detail::Orders);
    assert_eq!(orders(&scenario), orders(&bare));
    assert!(run(&bare, 4).events().iter().all(|row| row.event == "Order Completed"));
}

#[test]
fn times_lie_inside_the_shop_and_carry_its_offset() {
    let folder = run(&small(800), 5);
    let rows = folder.events();
    let (first, last) = ("2024-01-01".parse().unwrap(), "2026-06-30".parse().unwrap());
    assert!(rows.iter().all(|row| (first..=last).contains(&row.day())));
    let at = |day: &str| rows.iter().filter(|row| row.day() == day.parse().unwrap()).collect::<Vec<_>>();
    for (day, offsets) in [
        ("2024-03-30", ["+01:00"].as_slice()),
        ("2024-03-31", &["+01:00", "+02:00"]),
        ("2024-10-27", &["+01:00", "+02:00"]),
        ("2025-07-01", &["+02:00"]),
    ] {
        assert!(!at(day).is_empty());
        assert!(at(day).iter().all(|row| offsets.contains(&row.offset.as_str())), "{day}");
    }
    let (first, last) = folder.outcome.span.unwrap();
    assert_eq!((first, last), (rows[0].at.as_microsecond(), rows[rows.len() - 1].at.as_microsecond()));
    let utc =
        run_with(&small(800), 5, &OutputOptions { times: Times::Utc, ..OutputOptions::default() }).events();
    assert!(utc.iter().zip(&rows).all(|(utc, local)| utc.at == local.at && utc.offset == "Z"));
}

#[test]
fn ndjson_holds_segment_track_calls() {
    let mut scenario = small(200);
    scenario.dirt.missing_id = 0.05;
    let csv = run(&scenario, 6);
    let folder =
        run_with(&scenario, 6, &OutputOptions { format: EventFormat::Ndjson, ..OutputOptions::default() });
    let calls: Vec<Value> =
        folder.text("events.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(calls.len(), csv.events().len());
    for (call, row) in calls.iter().zip(csv.events()) {
        assert_eq!(call["type"], "track");
        assert_eq!(call["messageId"], row.message.as_str());
        assert_eq!(call["userId"].as_str().unwrap_or(""), row.customer);
        assert_eq!(call["event"], row.event.as_str());
        assert_eq!(call["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap(), row.at);
        assert_eq!(call["properties"]["order_value"].as_f64(), row.value);
        assert_eq!(call["properties"]["tier"], row.tier.as_str());
    }
}

/// A writer that keeps what it is given.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Table>>);

#[derive(Debug, Clone, Default)]
struct Table {
    columns: Vec<(String, ColumnKind)>,
    batches: Vec<Batch>,
    finished: bool,
}

impl TableWriter for Kept {
    fn write(&mut self, batch: &Batch) -> Result<(), WriteError> {
        self.0.lock().unwrap().batches.push(batch.clone());
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), WriteError> {
        self.0.lock().unwrap().finished = true;
        Ok(())
    }
}

#[test]
fn columns_hold_the_rows_of_the_text_file() {
    let scenario = small(300);
    let rows = run(&scenario, 7).events();
    let kept = Kept::default();
    let open = |path: &Path, columns: &[(&str, ColumnKind)]| -> Result<Box<dyn TableWriter>, WriteError> {
        assert!(path.ends_with("events.parquet"));
        kept.0.lock().unwrap().columns =
            columns.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
        std::fs::write(path, "")?;
        Ok(Box::new(kept.clone()))
    };
    run_with(
        &scenario,
        7,
        &OutputOptions { format: EventFormat::Parquet(&open), ..OutputOptions::default() },
    );
    let Table { columns, batches, finished } = kept.0.lock().unwrap().clone();
    assert!(finished);
    assert_eq!((columns[2].0.as_str(), columns[2].1), ("at", ColumnKind::Instant));
    assert_eq!(batches.iter().map(Batch::rows).sum::<usize>(), rows.len());
    let first = &batches[0];
    let (Column::Text(customers), Column::Instant(at), Column::Float(values), Column::Text(sessions)) =
        (&first.columns[1], &first.columns[2], &first.columns[4], &first.columns[13])
    else {
        panic!("{columns:?}");
    };
    for (index, row) in rows.iter().take(first.rows()).enumerate() {
        assert_eq!(customers.get(index), row.customer);
        assert_eq!(at[index], Some(row.at.as_microsecond()));
        assert_eq!(values[index], row.value);
        assert_eq!(sessions.get(index), row.session);
    }
}

#[test]
fn rows_are_spoiled_as_often_as_the_scenario_says() {
    let mut scenario = small(1_500);
    scenario.dirt = Scenario::bench().unwrap().dirt;
    scenario.dirt.missing_id = 0.01;
    scenario.dirt.reserved_id = 0.02;
    let rows = run(&scenario, 8).events();
    let clean = run(&small(1_500), 8).events().len() as f64;
    let share = |count: usize| count as f64 / clean;
    let near =
        |found: f64, planted: f64| assert!((found / planted - 1.0).abs() < 0.15, "{found} for {planted}");
    near(share(rows.iter().filter(|row| row.customer.is_empty()).count()), 0.01 * 1.03);
    near(
        share(rows.iter().filter(|row| fidance_domain::id::is_reserved(&row.customer)).count()),
        0.02 * 1.03,
    );
    let mut seen = BTreeMap::new();
    let twice = rows.iter().filter(|row| seen.insert(row.message.clone(), row.line.clone()).is_some());
    near(share(twice.count()), 0.03);
    assert!(rows.iter().all(|row| seen[&row.message] == row.line), "double rows are equal");
    let mut latest = rows[0].at;
    let mut late = 0;
    for row in &rows {
        late += usize::from(row.at.as_second() < latest.as_second() - 86_400);
        latest = latest.max(row.at);
    }
    assert!(share(late) > 0.1, "{}", share(late));
}

#[test]
fn progress_reaches_its_end_in_both_phases() {
    let folder = tempfile::tempdir().unwrap();
    let mut told = Vec::new();
    let options = OutputOptions { order: Order::Time, ..OutputOptions::default() };
    let outcome =
        simulate(&small(50), 1, &options, folder.path(), &mut |progress| told.push(progress)).unwrap();
    let last = |phase| told.iter().rev().find(|progress| progress.phase == phase).unwrap();
    assert_eq!((last(Phase::Simulating).done, last(Phase::Simulating).total), (50, 50));
    assert_eq!(last(Phase::Writing).done, outcome.events);
}

#[test]
fn folders_that_cannot_be_written_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "").unwrap();
    let error = simulate(&small(5), 1, &OutputOptions::default(), &path, &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("file: check that the folder is writable"), "{error}");
}
