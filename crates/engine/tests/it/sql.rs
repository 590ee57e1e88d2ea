//! SQL over a lake: what it answers, what it refuses, where it ends.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use fidance_domain::{
    history::Micros,
    testing::plain,
    time::{Every, date_of},
};
use fidance_engine::{
    source::Open as _,
    sql::{Answer, Format, Limits, SqlError, query},
};
use jiff::{civil::date, tz::TimeZone};
use tempfile::TempDir;

use crate::stand_in::{Event, ORDER, StandIn, events, write};

struct Shop {
    events: Vec<Event>,
    folder: TempDir,
}

impl Shop {
    fn new(customers: i64) -> Self {
        let events = events(customers);
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &events);
        Self { events, folder }
    }

    fn ask_within(&self, sql: &str, limits: &Limits) -> Result<Answer, SqlError> {
        query(StandIn.open(self.folder.path(), None).unwrap(), sql, limits)
    }

    fn csv(&self, sql: &str) -> String {
        written(&self.ask_within(sql, &Limits::default()).unwrap(), Format::Csv)
    }

    fn error(&self, sql: &str) -> String {
        self.ask_within(sql, &Limits::default()).unwrap_err().to_string()
    }

    /// The instants of each customer's orders.
    fn orders(&self) -> Vec<Vec<Micros>> {
        let mut by_customer: BTreeMap<i64, Vec<Micros>> = BTreeMap::new();
        for (customer, at, _) in self.events.iter().filter(|event| event.2 == ORDER) {
            by_customer.entry(*customer).or_default().push(*at);
        }
        by_customer.into_values().collect()
    }
}

fn written(answer: &Answer, format: Format) -> String {
    let mut bytes = Vec::new();
    answer.write(format, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn events_are_a_table_and_their_instants_a_view() {
    let shop = Shop::new(40);
    let orders = shop.events.iter().filter(|event| event.2 == ORDER).count();
    assert_eq!(
        shop.csv("SELECT kind, count(*) AS n FROM events WHERE kind = 'Order Completed' GROUP BY kind"),
        format!("kind,n\nOrder Completed,{orders}\n")
    );
    let first = shop.events.iter().map(|event| event.1).min().unwrap();
    let first = jiff::Timestamp::from_microsecond(first).unwrap().to_zoned(TimeZone::UTC);
    let answer = shop.csv("SELECT min(at) AS at FROM timeline");
    assert_eq!(answer, format!("at\n{}\n", first.strftime("%Y-%m-%dT%H:%M:%S%.6f")));
    assert_eq!(shop.csv("SELECT count(*) AS n FROM days"), "n\n0\n");
    assert_eq!(shop.csv("SELECT count(*) AS n FROM customers, links"), "n\n0\n");
}

#[test]
fn retained_is_what_the_definition_says() {
    let shop = Shop::new(60);
    let zone = TimeZone::get("Europe/Paris").unwrap();
    let (customers, window) = (shop.orders(), "90d".parse().unwrap());
    let answer = shop.csv("SELECT * FROM retained('month', '90d') ORDER BY start");
    let mut lines = answer.lines();
    assert_eq!(lines.next(), Some("start,end,s,e,k,n,r,l,n_lost,trc,complete,warming_up"));
    let instants = || customers.iter().flatten().copied();
    let first = Every::Month.start_of(date_of(&zone, instants().min().unwrap()));
    let last = date_of(&zone, instants().max().unwrap());
    let (mut start, mut rows) = (first, 0);
    for line in lines {
        let end = Every::Month.next(start);
        let flows = plain::flows(&customers, &zone, start, end, window);
        let trc = flows.trc().map(|rate| rate.to_string()).unwrap_or_default();
        let cells: Vec<&str> = line.split(',').collect();
        let counts = [flows.s, flows.e, flows.k, flows.n, flows.r, flows.l(), flows.n_lost];
        assert_eq!(cells[2..9], counts.map(|count| count.to_string()), "{line}");
        assert_eq!(cells[..2], [start.to_string(), end.to_string()]);
        assert_eq!(cells[9].parse::<f64>().ok(), trc.parse::<f64>().ok());
        assert_eq!(cells[10], (end <= last).to_string());
        assert_eq!(
            cells[11],
            (start < first.saturating_add(jiff::Span::new().months(4))).to_string(),
            "{line}"
        );
        (start, rows) = (end, rows + 1);
    }
    assert!(rows > 20, "{rows}");
}

#[test]
fn cohorts_have_no_row_for_what_is_not_over() {
    let shop = Shop::new(60);
    let zone = TimeZone::get("Europe/Paris").unwrap();
    let customers = shop.orders();
    let count = |cohort: (jiff::civil::Date, jiff::civil::Date), bucket| {
        plain::cohort(&customers, &zone, cohort, &[bucket], false)
    };
    let march = (date(2023, 3, 1), date(2023, 4, 1));
    let expected: String = (0..4)
        .map(|k| {
            let from = march.0.saturating_add(jiff::Span::new().months(k));
            let to = from.saturating_add(jiff::Span::new().months(1));
            format!("2023-03-01,{k},{}\n", count(march, (from, to)))
        })
        .collect();
    let asked = "SELECT * FROM cohort('month') WHERE cohort = '2023-03-01' AND bucket < 4 ORDER BY bucket";
    assert_eq!(shop.csv(asked), format!("cohort,bucket,customers\n{expected}"));
    let last = shop.orders().into_iter().flatten().max().unwrap();
    let open = Every::Month.start_of(date_of(&zone, last));
    let asked = format!("SELECT count(*) AS n FROM cohort('month') WHERE cohort >= '{open}'");
    assert_eq!(shop.csv(&asked), "n\n0\n");
}

#[test]
fn a_funnel_goes_through_all_files_in_order_of_time() {
    let shop = Shop::new(60);
    let answer =
        shop.csv("SELECT * FROM funnel('Product Viewed', 'Product Added', 'Order Completed', '10min')");
    let mut reached = [0; 3];
    let mut by_customer: BTreeMap<i64, Vec<&str>> = BTreeMap::new();
    for (customer, _, kind) in &shop.events {
        by_customer.entry(*customer).or_default().push(kind);
    }
    for kinds in by_customer.values() {
        let added = kinds.contains(&"Product Added");
        [true, added, added].iter().zip(&mut reached).for_each(|(yes, count)| *count += u64::from(*yes));
    }
    let [viewed, added, ordered] = reached;
    assert!(added < viewed);
    assert_eq!(
        answer,
        format!(
            "step,kind,customers\n1,Product Viewed,{viewed}\n2,Product Added,{added}\n3,Order Completed,{ordered}\n"
        )
    );
    let hasty = shop.csv("SELECT customers FROM funnel('Product Viewed', 'Order Completed', '9min')");
    assert_eq!(hasty, format!("customers\n{viewed}\n0\n"));
}

#[test]
fn nothing_can_be_written_and_no_other_file_be_read() {
    let shop = Shop::new(5);
    let target = shop.folder.path().join("stolen.csv");
    let file = shop.folder.path().join("1.json");
    for sql in [
        "CREATE TABLE t AS SELECT 1".to_owned(),
        "CREATE VIEW v AS SELECT 1".to_owned(),
        format!("CREATE EXTERNAL TABLE t STORED AS JSON LOCATION '{}'", file.display()),
        "INSERT INTO events SELECT * FROM events".to_owned(),
        "DELETE FROM events".to_owned(),
        "UPDATE events SET kind = 'x'".to_owned(),
        "DROP TABLE events".to_owned(),
        format!("COPY (SELECT * FROM events) TO '{}' STORED AS CSV", target.display()),
        format!("EXPLAIN ANALYZE COPY (SELECT * FROM events) TO '{}' STORED AS CSV", target.display()),
        "SET datafusion.execution.batch_size = 1".to_owned(),
        "BEGIN TRANSACTION".to_owned(),
        "PREPARE p AS SELECT 1".to_owned(),
    ] {
        let error = shop.error(&sql);
        assert!(
            error.starts_with("the lake is only read here") || error.to_lowercase().contains("support"),
            "{sql}: {error}"
        );
    }
    assert!(!target.exists());
    for sql in [
        format!("SELECT * FROM '{}'", file.display()),
        format!("SELECT * FROM read_csv('{}')", file.display()),
        "SELECT 1; SELECT 2".to_owned(),
    ] {
        assert!(shop.ask_within(&sql, &Limits::default()).is_err(), "{sql}");
    }
    for sql in [
        "SHOW TABLES",
        "DESCRIBE events",
        "EXPLAIN SELECT * FROM events",
        "VALUES (1)",
        "WITH a AS (SELECT 1) SELECT * FROM a",
    ] {
        assert!(shop.ask_within(sql, &Limits::default()).unwrap().rows() > 0, "{sql}");
    }
}

#[test]
fn errors_say_where() {
    let shop = Shop::new(5);
    for (sql, expected) in [
        ("SELECT\n  knd FROM events", "line 2, column 3: "),
        ("SELECT * FROM evnts", "line 1, column 15: "),
        ("SELECT * FORM events", "line 1, column 10: Expected: end of statement, found: FORM"),
        ("SELECT * FROM retained('fortnight', '90d')", "`fortnight` is not a period"),
        ("SELECT * FROM retained('month', '90')", "`90` is not a length of time"),
        ("SELECT * FROM retained('month')", "write it as retained('month', '90d')"),
        ("SELECT * FROM cohort(1)", "write it as cohort('month')"),
        ("SELECT * FROM funnel('a', '7d')", "a funnel has 2 to 20 steps, not 1"),
    ] {
        let error = shop.error(sql);
        assert!(error.contains(expected), "{sql}: {error}");
        assert!(!error.contains('\n') && !error.contains("datafusion"), "{sql}: {error}");
    }
}

#[test]
fn a_query_ends_at_its_limits() {
    let shop = Shop::new(40);
    let answer = shop.ask_within("SELECT * FROM events", &Limits { rows: 7, ..Limits::default() }).unwrap();
    assert!(answer.rows() == 7 && answer.cut);
    let all =
        shop.ask_within("SELECT count(*) FROM events", &Limits { rows: 1, ..Limits::default() }).unwrap();
    assert!(all.rows() == 1 && !all.cut);

    // One value that has to be in memory as a whole; sorts and groups could go to the disk.
    let hungry = "SELECT array_length(array_agg(value)) FROM generate_series(1, 5000000)";
    let small = Limits { memory: 8 << 20, ..Limits::default() };
    let error = shop.ask_within(hungry, &small).unwrap_err();
    assert!(matches!(error, SqlError::Memory(_)), "{error}");

    let short = Limits { timeout: Duration::from_millis(300), ..Limits::default() };
    let begun = Instant::now();
    let endless = "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b WHERE a.value + b.value = 1";
    let error = shop.ask_within(endless, &short).unwrap_err();
    assert!(matches!(error, SqlError::Timeout(_)), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[test]
fn results_are_text_csv_or_json() {
    let shop = Shop::new(5);
    let sql = "SELECT 1 AS a, CAST(NULL AS VARCHAR) AS b, 'x,y' AS c";
    let answer = shop.ask_within(sql, &Limits::default()).unwrap();
    assert_eq!(written(&answer, Format::Csv), "a,b,c\n1,,\"x,y\"\n");
    assert_eq!(written(&answer, Format::Json), "[{\"a\":1,\"b\":null,\"c\":\"x,y\"}]\n");
    assert!(written(&answer, Format::Text).contains("| 1 |"));
    let nothing = shop.ask_within("SELECT kind FROM events WHERE false", &Limits::default()).unwrap();
    assert_eq!(written(&nothing, Format::Csv), "kind\n");
    assert_eq!(written(&nothing, Format::Json), "[]\n");
}
