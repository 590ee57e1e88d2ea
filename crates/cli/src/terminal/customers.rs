//! Customers over their own time: cohorts, survival, chances to return, reasons for leaving.

use anstyle::Style;
use fidance_app::report::model::{Mode, Report, SurvivalCurve};
use fidance_web::text::{PValue, percent_decimals};
use i18n_embed_fl::fl;

use super::{
    Words,
    layout::{Cell, FAINT, Page, STRONG, Table},
};

/// Curves shown beside the one of all customers.
const MAX_CURVES: usize = 12;

pub(super) fn cohorts(page: &mut Page, report: &Report, words: &Words) {
    let Some(cohorts) = report.cohorts.as_ref().filter(|cohorts| !cohorts.rows.is_empty()) else { return };
    let lang = words.lang;
    page.heading(&fl!(words.loader, "cohorts"));
    let columns = (page.width().saturating_sub(24) / 6).clamp(3, 13);
    let mut table = Table::default().left("", 0).right(fl!(words.loader, "col-customers"), 0);
    for k in 0..columns {
        table = table.right(k.to_string(), 0);
    }
    let earlier = cohorts.rows.len().saturating_sub(12);
    for row in cohorts.rows.iter().skip(earlier) {
        let mut cells =
            vec![Cell::plain(lang.period_short(row.start, cohorts.every)), Cell::plain(lang.count(row.size))];
        cells.extend(row.n_day.iter().take(columns).map(|cell| {
            Cell::plain(cell.map_or_else(String::new, |cell| lang.percent(cell as f64 / row.size as f64, 0)))
        }));
        table.row(cells);
    }
    let customers = cohorts.pooled.n_day.first().and_then(Option::as_ref).map_or(0, |mean| mean.customers);
    let mut pooled =
        vec![Cell::styled(STRONG, fl!(words.loader, "pooled")), Cell::styled(STRONG, lang.count(customers))];
    pooled.extend(cohorts.pooled.n_day.iter().take(columns).map(|mean| {
        Cell::styled(STRONG, mean.as_ref().map_or_else(String::new, |mean| lang.percent(mean.rate, 0)))
    }));
    table.row(pooled);
    page.table(&table);
    page.paragraph(FAINT, &fl!(words.loader, "cohort-note"));
}

pub(super) fn survival(page: &mut Page, report: &Report, words: &Words) {
    let Some(everybody) = report.survival.first() else { return };
    let lang = words.lang;
    let loader = &words.loader;
    let by_day = report.definition.mode != Mode::Lifetimes;
    page.heading(&fl!(loader, "survival"));
    let last = everybody.observed_until;
    let times: Vec<u32> = if by_day {
        // Nobody is lost within the window: times before the first loss say nothing.
        let first = everybody.points.first().map_or(0, |point| point.t);
        [30, 60, 90, 120, 180, 270, 365, 540, 730].into_iter().filter(|&t| first <= t && t <= last).collect()
    } else {
        [1, 3, 6, 12, 24, 36, 48, 60, 72].into_iter().filter(|&t| t <= last.max(1)).collect()
    };
    let mut table = Table::default().left("", 0).right(fl!(loader, "col-customers"), 1);
    for &t in &times {
        table = table.right(if by_day { fl!(loader, "days", n = t.to_string()) } else { t.to_string() }, 0);
    }
    for curve in report.survival.iter().take(MAX_CURVES + 1) {
        let name = curve
            .segment
            .as_ref()
            .map_or_else(|| fl!(loader, "everybody"), |segment| format!("{} {}", segment.by, segment.value));
        let mut cells = vec![Cell::plain(name), Cell::plain(lang.count(curve.customers))];
        cells.extend(
            times.iter().map(|&t| {
                Cell::plain(kept_at(curve, t).map_or_else(String::new, |kept| lang.percent(kept, 1)))
            }),
        );
        table.row(cells);
    }
    page.table(&table);
    let median = match everybody.median {
        Some(n) if by_day => fl!(loader, "median-days", n = lang.count(u64::from(n))),
        Some(n) => fl!(loader, "median-units", n = lang.count(u64::from(n))),
        None => fl!(loader, "no-median"),
    };
    page.paragraph(Style::new(), &median);
    for test in &report.log_rank {
        let p = match lang.p_value(test.p_value) {
            PValue::BelowOneIn(n) => format!("p < 1/{}", lang.count(n)),
            PValue::About(_) => {
                format!("p = {}", lang.decimal(test.p_value, if test.p_value < 0.1 { 3 } else { 2 }))
            }
        };
        let (by, chi) = (test.by.clone(), lang.decimal(test.chi_square, 1));
        let line = if test.p_value < 0.05 {
            fl!(loader, "log-rank", by = by, chi = chi, p = p)
        } else {
            fl!(loader, "log-rank-same", by = by, chi = chi, p = p)
        };
        page.paragraph(Style::new(), &line);
    }
    returns(page, report, words);
    incidence(page, report, words);
}

fn kept_at(curve: &SurvivalCurve, t: u32) -> Option<f64> {
    if t > curve.observed_until {
        return None;
    }
    let passed = curve.points.partition_point(|point| point.t <= t);
    passed.checked_sub(1).map_or(Some(1.0), |index| curve.points.get(index).map(|point| point.survival))
}

fn returns(page: &mut Page, report: &Report, words: &Words) {
    if report.returns.is_empty() {
        return;
    }
    page.heading(&fl!(words.loader, "returns"));
    let mut table = Table::default();
    let mut cells = Vec::new();
    // Each column takes at most nine characters.
    let columns = (page.width() / 9).max(3);
    for chance in report.returns.iter().take(columns) {
        table = table.right(fl!(words.loader, "days", n = chance.silent_days.to_string()), 0);
        cells.push(Cell::plain(
            words.lang.percent(chance.probability, percent_decimals(chance.low, chance.high)),
        ));
    }
    table.row(cells);
    page.table(&table);
}

fn incidence(page: &mut Page, report: &Report, words: &Words) {
    if report.incidence.is_empty() {
        return;
    }
    page.heading(&fl!(words.loader, "incidence"));
    let mut table = Table::default().left("", 0).right(fl!(words.loader, "col-lost"), 1).right("", 0);
    for curve in &report.incidence {
        let share = curve.points.last().map_or(0.0, |point| point.probability);
        let lost = words.lang.count(curve.lost);
        table.row(vec![
            Cell::plain(curve.reason.clone()),
            Cell::plain(lost),
            Cell::plain(words.lang.percent(share, 1)),
        ]);
    }
    page.table(&table);
}
