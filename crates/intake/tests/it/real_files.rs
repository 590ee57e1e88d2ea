//! The files of real orders that the platform's figures are checked on.

use fidance_domain::{amount::Amount, history::Histories};
use fidance_intake::{Mapping, Shape, Summary, inspect, read_lifetimes};

use crate::tools::{customers, no_parquet, options, read, shared};

fn chosen(summary: &Summary) -> Vec<String> {
    summary.columns.iter().map(|choice| format!("{}={}", choice.role, choice.column)).collect()
}

fn day(year: i16, month: i8, day: i8) -> i64 {
    let zone = jiff::tz::TimeZone::UTC;
    zone.to_timestamp(jiff::civil::date(year, month, day).at(0, 0, 0, 0)).unwrap().as_microsecond()
}

#[test]
fn cdnow_master() {
    let Some(path) = shared("retention-cdnow/CDNOW_master.txt") else { return };
    let intake = read(&path, Mapping::default()).unwrap();
    let summary = &intake.summary;
    assert_eq!((summary.rows_read, summary.rows_used, summary.rows_rejected()), (69_659, 69_659, 0));
    assert_eq!(chosen(summary), ["date=date", "customer=customer_id", "amount=dollar_value"]);
    assert_eq!(summary.files[0].format, "text aligned by spaces");
    assert_eq!(summary.files[0].date_format.as_deref(), Some("yyyymmdd"));
    let extent = intake.histories.extent().unwrap();
    assert_eq!((extent.first, extent.until), (day(1997, 1, 1), day(1998, 7, 1)));
    let customers = customers(&intake.histories);
    assert_eq!(customers.len(), 23_570);
    let total: Amount = customers.iter().flat_map(|(_, rows)| rows).map(|(_, amount)| *amount).sum();
    assert_eq!(total.steps(), 25_003_156_300);
}

#[test]
fn cdnow_sample_has_no_header() {
    let Some(path) = shared("retention-cdnow/CDNOW_sample.txt") else { return };
    let intake = read(&path, Mapping::default()).unwrap();
    assert_eq!(intake.summary.rows_used, 6_919);
    assert_eq!(chosen(&intake.summary), ["date=column3", "customer=column1", "amount=column5"]);
    assert_eq!(customers(&intake.histories).len(), 2_357);
}

#[test]
fn grocery() {
    let Some(path) = shared("retention-grocery/groceryElog.csv") else { return };
    let intake = read(&path, Mapping::default()).unwrap();
    assert_eq!(intake.summary.rows_used, 10_483);
    assert_eq!(customers(&intake.histories).len(), 1_525);
    assert_eq!(intake.histories.extent().unwrap().until, day(2007, 12, 31));
    assert!(!intake.histories.has_amounts() && !intake.summary.has_time_of_day);
}

#[test]
fn telco_is_a_table_of_lifetimes() {
    let Some(path) = shared("retention-telco/Telco-Customer-Churn.csv") else { return };
    let mut options = options(&std::env::temp_dir());
    let files = [path];
    assert_eq!(inspect(&files, &options, &no_parquet).unwrap().shape, Shape::Lifetimes);
    options.mapping.segments = vec!["Contract".to_owned()];
    let all = read_lifetimes(&files, &options, &no_parquet, &mut |_| {}).unwrap();
    assert_eq!(
        chosen(&all.summary),
        ["segment=Contract", "duration=tenure", "whether the customer left=Churn", "customer=customerID"]
    );
    assert_eq!(all.table.lifetimes.len(), 7_043);
    assert_eq!(all.table.lifetimes.iter().filter(|lifetime| lifetime.ended.is_some()).count(), 1_869);
    assert_eq!(all.table.segments.values, [["Month-to-month", "One year", "Two year"]]);
    options.mapping.conditions = vec!["OnlineSecurity in (\"Yes\",\"No\")".parse().unwrap()];
    let some = read_lifetimes(&files, &options, &no_parquet, &mut |_| {}).unwrap();
    assert_eq!((some.summary.rows_used, some.summary.filtered), (5_517, 1_526));
}
