//! `truth.json`: the sums as a person and a test read them.

use serde::Serialize;
use serde_json::{Value, json};

use crate::{calendar::Calendar, change::Change, scenario::Scenario};

use super::{
    GroupTally, HORIZONS, Returns, Truth,
    periods::{Count, Periods},
};

#[derive(Serialize)]
struct Row {
    start: String,
    end: String,
    complete: bool,
    #[serde(flatten)]
    figures: Figures,
    /// The world as it is minus the world of this row.
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<Figures>,
}

#[derive(Serialize)]
struct Figures {
    orders: i64,
    value: f64,
    customers: i64,
    returning: i64,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    retention: Option<Retention>,
}

#[derive(Serialize)]
struct Retention {
    s: i64,
    e: i64,
    k: i64,
    n: i64,
    r: i64,
    l: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    trc: Option<f64>,
}

/// The whole report.
pub(crate) fn report(
    truth: &Truth,
    scenario: &Scenario,
    seed: u64,
    changes: &[Change],
    calendar: &Calendar,
) -> Value {
    let page = Page { truth, calendar };
    let parameters = parameters(scenario);
    let effect = |(number, change): (usize, &Change)| {
        let begins = jiff::Timestamp::from_microsecond(change.begins())
            .map_or_else(|_| String::new(), |at| at.to_string());
        let (groups, without) = (truth.groups.get(number)?, truth.without.get(number)?);
        Some(json!({
            "id": change.id,
            "kind": change.kind(),
            "begins": begins,
            "parameters": parameters.get(&change.id),
            "attempts_lost_at_step": groups.lost_at_step,
            "exposed": page.group(&groups.exposed),
            "unexposed": page.group(&groups.unexposed),
            "without": page.world(&without.months, &without.weeks),
        }))
    };
    let as_it_was = &truth.as_it_was;
    let mut report = json!({
        "format": 1,
        "shop": scenario.shop.name,
        "seed": seed,
        "time_zone": scenario.shop.time_zone,
        "start": scenario.shop.start,
        "end": scenario.shop.end,
        "currency": scenario.shop.currency,
        "window_days": scenario.truth.window_days,
        "as_it_was": {
            "months": page.rows(&truth.diary.months, &as_it_was.months, None, true),
            "weeks": page.rows(&truth.diary.weeks, &as_it_was.weeks, None, false),
        },
        "effects": changes.iter().enumerate().filter_map(|(number, change)| effect((number, change))).collect::<Vec<_>>(),
        "without_any": page.world(&truth.without_any.months, &truth.without_any.weeks),
    });
    if let (false, Some(whole)) = (scenario.identity.is_plain(), report.as_object_mut()) {
        whole.insert("identities".to_owned(), json!(truth.identities));
    }
    report
}

/// The tables of all changes, by id.
fn parameters(scenario: &Scenario) -> serde_json::Map<String, Value> {
    let whole = json!(scenario);
    let lists = ["breaches", "certificates", "authentication_steps", "announcements", "drifts"];
    let tables = lists.into_iter().filter_map(|list| whole.get(list)?.as_array()).flatten();
    let named = |table: &Value| Some((table.get("id")?.as_str()?.to_owned(), table.clone()));
    tables.filter_map(named).collect()
}

/// Weeks since an exposure that are told one by one.
const WEEKS: usize = 27;

struct Page<'a> {
    truth: &'a Truth,
    calendar: &'a Calendar,
}

impl Page<'_> {
    /// A world given by its differences from the world as it is.
    fn world(&self, months: &[Count], weeks: &[Count]) -> Value {
        let (diary, was) = (&self.truth.diary, &self.truth.as_it_was);
        json!({
            "months": self.rows(&diary.months, months, Some(&was.months), true),
            "weeks": self.rows(&diary.weeks, weeks, Some(&was.weeks), false),
        })
    }

    fn rows(&self, periods: &Periods, counts: &[Count], base: Option<&[Count]>, retention: bool) -> Vec<Row> {
        let date = |day: u32| self.calendar.date(day as usize).to_string();
        let row = |(index, count): (usize, &Count)| {
            let was = base.and_then(|base| base.get(index)).copied();
            let here = was.map_or(*count, |was| was + *count);
            let difference = was.map(|_| negated(*count));
            Some(Row {
                start: date(*periods.edges.get(index)?),
                end: date(*periods.edges.get(index + 1)?),
                complete: *periods.complete.get(index)?,
                figures: figures(here, retention, true),
                difference: difference.map(|count| figures(count, retention, false)),
            })
        };
        counts.iter().enumerate().filter_map(row).collect()
    }

    fn group(&self, tally: &GroupTally) -> Value {
        let returns = |returns: &Returns, customers: u64| {
            let rate = (customers > 0).then(|| rounded(returns.returned as f64 / customers as f64));
            let value = returns.cents as f64 / 100.0;
            json!({ "returned": returns.returned, "rate": rate, "orders": returns.orders, "value": value })
        };
        let horizons = tally.horizons.iter().zip(HORIZONS).map(|(horizon, days)| {
            json!({
                "days": days,
                "customers": horizon.customers,
                "as_it_was": returns(&horizon.with, horizon.customers),
                "without": returns(&horizon.without, horizon.customers),
            })
        });
        let edges = &self.truth.diary.weeks.edges;
        let begun =
            tally.weeks.iter().position(|week| week.with + week.without > 0).unwrap_or(tally.weeks.len());
        let weeks = tally.weeks.iter().zip(edges).skip(begun).take(WEEKS).map(|(week, start)| {
            json!({
                "start": self.calendar.date(*start as usize).to_string(),
                "as_it_was": week.with,
                "without": week.without,
            })
        });
        json!({
            "customers": tally.customers,
            "active_before": tally.active_before,
            "left_for_good": tally.left_for_good,
            "within": horizons.collect::<Vec<_>>(),
            "bought_before": tally.bought_before,
            "weeks": weeks.collect::<Vec<_>>(),
        })
    }
}

fn negated(count: Count) -> Count {
    Count {
        orders: -count.orders,
        cents: -count.cents,
        customers: -count.customers,
        returning: -count.returning,
        s: -count.s,
        k: -count.k,
        e: -count.e,
        n: -count.n,
        r: -count.r,
    }
}

fn figures(count: Count, retention: bool, rate: bool) -> Figures {
    let trc = (rate && count.s > 0).then(|| rounded(count.k as f64 / count.s as f64));
    let retention = retention.then_some(Retention {
        s: count.s,
        e: count.e,
        k: count.k,
        n: count.n,
        r: count.r,
        l: count.s - count.k,
        trc,
    });
    Figures {
        orders: count.orders,
        value: count.cents as f64 / 100.0,
        customers: count.customers,
        returning: count.returning,
        retention,
    }
}

fn rounded(share: f64) -> f64 {
    (share * 1e6).round() / 1e6
}
