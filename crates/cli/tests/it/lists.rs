//! Who was affected by an incident: a lake and its files say the same of the customers on a list, those who are known
//! under two ids included.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::Path,
};

use fidance_domain::{
    amount::Amount,
    history::{DayVisitor, Histories, Profile},
    list::CustomerLists,
    retention::{
        Groups,
        coverage::Edges,
        exposure::{ExposureKernel, ExposureSummary},
        returns::{Chance, Chances, Returns, ReturnsKernel},
        risk::Cell,
    },
    table::{ReadError, TableReader},
    time::Day,
};
use fidance_intake::{ListColumns, Mapping, Options, TextOptions, read_activities, read_lists};
use fidance_lake::{Lake, Reading};
use jiff::tz::TimeZone;

use crate::support::run;

fn no_parquet(_: &Path) -> Result<Box<dyn TableReader>, ReadError> {
    Err("no Parquet in this test".into())
}

fn lists(path: &Path) -> CustomerLists {
    let lists = read_lists(path, &ListColumns::default(), &TextOptions::default(), &no_parquet).unwrap();
    CustomerLists::new(lists).unwrap()
}

/// What a source says, by the names of values and lists: their numbers are its own affair.
#[derive(Debug, PartialEq)]
struct Said {
    weeks: Vec<String>,
    lists: Vec<String>,
    unknown: Vec<u64>,
    exposure: ExposureSummary,
    returns: BTreeMap<(Vec<String>, Vec<String>), Vec<Returns>>,
}

struct Both<'a> {
    groups: &'a Groups,
    exposure: ExposureKernel<'a>,
    returns: ReturnsKernel<'a>,
}

impl DayVisitor for Both<'_> {
    fn begin(&mut self, profile: Profile) {
        self.exposure.begin(self.groups.of(profile));
        self.returns.begin(profile);
    }

    fn days(&mut self, days: &[Day], amounts: &[Amount]) {
        for (&day, &amount) in days.iter().zip(amounts) {
            self.exposure.observe(day);
            self.returns.observe(day, amount);
        }
    }

    fn end(&mut self) {
        self.exposure.end();
        self.returns.end();
    }
}

fn ask(source: &dyn Histories) -> Said {
    let (extent, segments) = (source.extent().unwrap(), source.segments());
    let days = Edges::table(&TimeZone::get("Europe/Paris").unwrap(), extent.first, extent.until - 1);
    let weeks = Edges::complete_weeks(&days, extent.first, extent.until).unwrap();
    let mut chances = Chances::new(weeks.periods());
    for (number, cell) in (1..).zip(Cell::all()) {
        let chance = Chance::from_f64(1.0 / f64::from(number)).unwrap();
        (0..weeks.periods()).for_each(|week| chances.set(week, cell, chance));
    }
    let groups = Groups::of_lists(segments);
    let mut both = Both {
        groups: &groups,
        exposure: ExposureKernel::new(&weeks, groups.len()),
        returns: ReturnsKernel::new(&weeks, &chances),
    };
    for part in 0..source.parts() {
        source.visit_days(part, &days, extent.until, &mut both).unwrap();
    }
    let mut returns: BTreeMap<_, Vec<Returns>> = BTreeMap::new();
    for (profile, periods) in both.returns.finish().profiles() {
        let numbers = segments.profiles[profile.0 as usize].iter().zip(&segments.values);
        let values: Vec<_> = numbers.map(|(number, values)| values[*number as usize].clone()).collect();
        let on = segments.lists.iter().enumerate().filter(|(list, _)| segments.is_on(profile, *list));
        let sums = returns.entry((values, on.map(|(_, name)| name.clone()).collect()));
        let sums = sums.or_insert_with(|| vec![Returns::default(); periods.len()]);
        sums.iter_mut().zip(periods).for_each(|(sum, returns)| sum.add(returns));
    }
    Said {
        weeks: (0..weeks.len()).map(|edge| days.date(weeks.day(edge)).to_string()).collect(),
        lists: segments.lists.clone(),
        unknown: segments.unknown.clone(),
        exposure: both.exposure.finish(),
        returns,
    }
}

/// A file with other ids in its column of customers.
fn renamed(text: &str, column: &str, names: &HashMap<String, String>) -> String {
    let at = text.lines().next().unwrap().split(',').position(|name| name == column).unwrap();
    let rename = |line: &str| {
        let mut cells: Vec<&str> = line.split(',').collect();
        if let Some(name) = names.get(cells[at]) {
            cells[at] = name;
        }
        cells.join(",") + "\n"
    };
    text.lines().map(rename).collect()
}

#[test]
fn a_lake_and_its_files_agree_on_who_was_affected() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let succeed = |arguments: &[&str]| {
        let (code, _, stderr) = run(folder, arguments);
        assert_eq!(code, 0, "{arguments:?}: {stderr}");
    };
    succeed(&["simulate", "--customers", "3000", "--seed", "5", "--events", "csv", "--out", "shop"]);
    let events = fs::read_to_string(folder.join("shop/events.csv")).unwrap();
    let mut affected = fs::read_to_string(folder.join("shop/affected.csv")).unwrap();
    let pairs: Vec<(&str, &str)> =
        affected.lines().skip(1).map(|line| line.split_once(',').unwrap()).collect();
    let on: BTreeSet<&str> = pairs.iter().map(|(_, customer)| *customer).collect();
    let at = events.lines().next().unwrap().split(',').position(|name| name == "customer_id").unwrap();
    let buyers = events.lines().skip(1).filter(|line| line.contains("Order Completed"));
    let buyers: BTreeSet<&str> = buyers.map(|line| line.split(',').nth(at).unwrap()).collect();
    let (on, off): (Vec<&str>, Vec<&str>) =
        buyers.into_iter().filter(|id| !id.is_empty()).partition(|id| on.contains(id));
    assert!(on.len() > 100 && off.len() > 100, "{} affected, {} not", on.len(), off.len());
    // Every third pair of an affected customer and one who is not turns out to be one person: whichever of the two ids
    // is listed, and whichever the person goes by.
    let same = on.iter().zip(&off).enumerate().filter(|(n, _)| n % 3 == 0);
    let same: HashMap<String, String> = same
        .map(|(n, (on, off))| if n % 2 == 0 { (*off, *on) } else { (*on, *off) })
        .map(|(from, into)| (from.to_owned(), into.to_owned()))
        .collect();
    let incident = pairs[0].0.to_owned();
    affected += &format!("{incident},never-bought-1\n{incident},never-bought-2\n");
    fs::write(folder.join("shop/affected.csv"), &affected).unwrap();

    let columns = "customer = \"customer_id\"\nat = \"at\"\nevent = \"event\"\nvalue = \"order_value\"\n\
                   activity = [\"Order Completed\"]\nsegments = [\"country\"]\n";
    fs::write(folder.join("mapping.toml"), columns).unwrap();
    let import = ["import", "shop/events.csv", "--lake", "lake", "--time-zone", "Europe/Paris"];
    succeed(&[&import[..], &["--mapping", "mapping.toml"]].concat());
    let mut links = String::from("at,action,from,into\n");
    same.iter().for_each(|(from, into)| links += &format!("2026-01-01T00:00:00Z,merge,{from},{into}\n"));
    fs::write(folder.join("links.csv"), links).unwrap();
    succeed(&["link", "links.csv", "--lake", "lake"]);

    // In files that already know who is who.
    fs::write(folder.join("events.csv"), renamed(&events, "customer_id", &same)).unwrap();
    fs::write(folder.join("affected.csv"), renamed(&affected, "customer_id", &same)).unwrap();
    let now = "2026-12-01T00:00:00Z".parse::<jiff::Timestamp>().unwrap().as_microsecond();
    let mut options = Options::new(TimeZone::get("Europe/Paris").unwrap(), now, std::env::temp_dir());
    options.mapping = Mapping::from_toml(columns, "mapping").unwrap();
    let intake = read_activities(&[folder.join("events.csv")], &options, &no_parquet, &mut |_| {}).unwrap();
    let files = intake.histories.with_lists(&lists(&folder.join("affected.csv"))).unwrap();
    let expected = ask(&files);
    assert!(expected.weeks.len() > 100 && !expected.lists.is_empty());
    assert!(expected.unknown[0] >= 2);
    let members = expected.exposure.totals(1).last().unwrap().at_risk;
    assert!(members > 100, "{members} members at risk in the last week");

    let ask_lake = |what: &str| {
        for reading in [Reading::Masks, Reading::Events] {
            let mut lake = Lake::open(&*folder.join("lake")).unwrap();
            let pseudonyms = lake.pseudonyms().unwrap();
            let source = lake.histories(reading).unwrap();
            let source = source.with_lists(&lists(&folder.join("shop/affected.csv")), &pseudonyms).unwrap();
            assert_eq!(ask(&source), expected, "{what}, {reading:?}");
        }
    };
    ask_lake("merged, in a part of their own");
    succeed(&["compact", "--lake", "lake", "--everything"]);
    ask_lake("merged, put together");
}
