//! Retention rates: now, by period, by segment.

use anstyle::Style;
use fidance_app::report::model::{Comparison, Headline, Mode, PeriodRow, Report};
use fidance_web::text::percent_decimals;
use i18n_embed_fl::fl;

use super::{
    Words,
    layout::{BETTER, Cell, FAINT, Page, STRONG, Table, WORSE, bar, styled},
};

/// Periods shown in a terminal; files list all.
const MAX_PERIODS: usize = 24;
/// Values shown per segment column.
const MAX_SEGMENTS: usize = 12;
/// Values named of those that moved the rate most.
const MAX_MOVED: usize = 3;

pub(super) fn title(page: &mut Page, report: &Report, words: &Words) {
    let files = report.input.files.join(", ");
    page.line(&format!("{}  {}", styled(STRONG, &fl!(words.loader, "title")), styled(FAINT, &files)));
}

pub(super) fn headline(page: &mut Page, report: &Report, words: &Words) {
    let lang = words.lang;
    if report.definition.mode == Mode::Lifetimes {
        return;
    }
    let now =
        report.headline.as_ref().and_then(|headline| Some((headline, report.periods.get(headline.period)?)));
    let Some((headline, row)) = now else {
        page.line("");
        page.paragraph(STRONG, &fl!(words.loader, "no-headline"));
        return;
    };
    let period = lang.period(row.start, report.definition.every);
    let trc = rate(words, row);
    page.heading(&fl!(words.loader, "headline", period = period, trc = trc));
    let sentence = fl!(
        words.loader,
        "headline-sentence",
        s = lang.count(row.s),
        start = lang.date(row.start),
        k = lang.count(row.k),
        kept = row.k,
        end = lang.date(row.end)
    );
    page.paragraph(Style::new(), &sentence);
    if let Some((low, high)) = interval(words, row) {
        page.paragraph(FAINT, &fl!(words.loader, "headline-interval", low = low, high = high));
    }
    let mut table = Table::default().left("", 0).left("", 0);
    for (name, comparison) in [
        (fl!(words.loader, "year-ago"), &headline.year_ago),
        (fl!(words.loader, "previous"), &headline.previous),
    ] {
        if let Some(comparison) = comparison {
            let text = difference(words, comparison);
            table
                .row(vec![Cell::plain(name), Cell::styled(direction(comparison.low, comparison.high), text)]);
        }
    }
    if let Some(trend) = &headline.trend {
        let text = fl!(
            words.loader,
            "points-per-year",
            slope = lang.signed(trend.per_year * 100.0, 1),
            low = lang.signed(trend.low * 100.0, 1),
            high = lang.signed(trend.high * 100.0, 1)
        );
        let style = direction(trend.low, trend.high);
        table.row(vec![Cell::plain(fl!(words.loader, "trend")), Cell::styled(style, text)]);
    }
    page.table(&table);
}

fn difference(words: &Words, comparison: &Comparison) -> String {
    let points = |share: f64| words.lang.signed(share * 100.0, 1);
    fl!(
        words.loader,
        "points",
        difference = points(comparison.difference),
        low = points(comparison.low),
        high = points(comparison.high)
    )
}

/// Coloured only where the interval leaves no doubt about the direction.
fn direction(low: f64, high: f64) -> Style {
    if low > 0.0 {
        BETTER
    } else if high < 0.0 {
        WORSE
    } else {
        Style::new()
    }
}

fn rate(words: &Words, row: &PeriodRow) -> String {
    match (row.trc, row.trc_low, row.trc_high) {
        (Some(trc), Some(low), Some(high)) => words.lang.percent(trc, percent_decimals(low, high)),
        _ => String::new(),
    }
}

fn interval(words: &Words, row: &PeriodRow) -> Option<(String, String)> {
    let (low, high) = (row.trc_low?, row.trc_high?);
    let decimals = percent_decimals(low, high);
    Some((words.lang.percent(low, decimals), words.lang.percent(high, decimals)))
}

/// Rate and interval for a table, where all rows have the same decimals.
fn rate_cells(words: &Words, row: &PeriodRow) -> (String, String) {
    let percent = |share: f64| words.lang.percent(share, 1);
    let range =
        row.trc_low.zip(row.trc_high).map(|(low, high)| format!("{}–{}", percent(low), percent(high)));
    (row.trc.map(percent).unwrap_or_default(), range.unwrap_or_default())
}

pub(super) fn periods(page: &mut Page, report: &Report, words: &Words) {
    if report.periods.is_empty() {
        return;
    }
    let lang = words.lang;
    let loader = &words.loader;
    page.heading(&fl!(loader, "periods"));
    let mut table = Table::default()
        .left(fl!(loader, "col-period"), 0)
        .left("", 6)
        .right(fl!(loader, "col-trc"), 0)
        .right(fl!(loader, "col-interval"), 4)
        .right(fl!(loader, "col-formula"), 7)
        .right(fl!(loader, "col-start"), 1)
        .right(fl!(loader, "col-kept"), 1)
        .right(fl!(loader, "col-lost"), 1)
        .right(fl!(loader, "col-new"), 2)
        .right(fl!(loader, "col-back"), 2)
        .right(fl!(loader, "col-end"), 3)
        .right(fl!(loader, "col-nrr"), 8)
        .right(fl!(loader, "col-grr"), 8);
    let earlier = report.periods.len().saturating_sub(MAX_PERIODS);
    for row in report.periods.iter().skip(earlier) {
        let flag = if !row.complete {
            "*"
        } else if row.warming_up {
            "~"
        } else {
            ""
        };
        let style = if row.is_settled() { Style::new() } else { FAINT };
        let share = |share: Option<f64>| share.map_or_else(String::new, |share| lang.percent(share, 0));
        let (rate, range) = rate_cells(words, row);
        let cells = [
            format!("{}{flag}", lang.period_short(row.start, report.definition.every)),
            row.trc.map_or_else(String::new, |trc| bar(trc, 10)),
            rate,
            range,
            row.trc_formula.map_or_else(String::new, |formula| lang.percent(formula, 1)),
            lang.count(row.s),
            lang.count(row.k),
            lang.count(row.l),
            lang.count(row.n),
            lang.count(row.r),
            lang.count(row.e),
            share(row.nrr),
            share(row.grr),
        ];
        table.row(cells.into_iter().map(|cell| Cell::styled(style, cell)).collect());
    }
    page.table(&table);
    if earlier > 0 {
        page.paragraph(FAINT, &fl!(loader, "earlier-periods", n = lang.count(earlier as u64)));
    }
    page.paragraph(FAINT, &fl!(loader, "legend"));
    if report.periods.iter().any(|row| !row.complete || row.warming_up) {
        page.paragraph(FAINT, &fl!(loader, "legend-flags"));
    }
    reconciliation(page, report, words);
}

fn reconciliation(page: &mut Page, report: &Report, words: &Words) {
    let row = report.headline.as_ref().and_then(|headline| report.periods.get(headline.period));
    let Some((row, trc, formula)) = row.and_then(|row| Some((row, row.trc?, row.trc_formula?))) else {
        return;
    };
    let lang = words.lang;
    let line = fl!(
        words.loader,
        "reconciliation",
        period = lang.period(row.start, report.definition.every),
        formula = lang.percent(formula, 2),
        trc = lang.percent(trc, 2),
        r = lang.count(row.r),
        n_lost = lang.count(row.n_lost),
        s = lang.count(row.s)
    );
    page.paragraph(FAINT, &line);
}

pub(super) fn segments(page: &mut Page, report: &Report, words: &Words) {
    let Some(headline) = &report.headline else { return };
    let Some(all) = report.periods.get(headline.period) else { return };
    if report.segments.is_empty() {
        return;
    }
    let lang = words.lang;
    let loader = &words.loader;
    let period = lang.period(all.start, report.definition.every);
    page.heading(&fl!(loader, "segments", period = period));
    let mut dimensions: Vec<&str> =
        report.segments.iter().map(|segment| segment.segment.by.as_str()).collect();
    dimensions.dedup();
    for by in dimensions {
        let mut table = Table::default()
            .left(by, 0)
            .right(fl!(loader, "col-trc"), 0)
            .right(fl!(loader, "col-interval"), 2)
            .right(fl!(loader, "col-difference"), 1)
            .right(fl!(loader, "col-start"), 1)
            .right(fl!(loader, "col-customers"), 3);
        let mut own: Vec<_> = report.segments.iter().filter(|segment| segment.segment.by == by).collect();
        own.sort_by_key(|segment| std::cmp::Reverse(segment.customers));
        for segment in own.iter().take(MAX_SEGMENTS) {
            let Some(row) = segment.periods.get(headline.period) else { continue };
            let (rate, range) = rate_cells(words, row);
            let against = row
                .trc
                .zip(all.trc)
                .map_or_else(String::new, |(own, all)| lang.signed((own - all) * 100.0, 1));
            // Only a segment whose own interval leaves out the rate of all is coloured.
            let style = match (row.trc_low, row.trc_high, all.trc) {
                (Some(low), Some(high), Some(all)) => direction(low - all, high - all),
                _ => Style::new(),
            };
            table.row(vec![
                Cell::plain(segment.segment.value.clone()),
                Cell::plain(rate),
                Cell::plain(range),
                Cell::styled(style, against),
                Cell::plain(lang.count(row.s)),
                Cell::plain(lang.count(segment.customers)),
            ]);
        }
        page.table(&table);
        if own.len() > MAX_SEGMENTS {
            page.paragraph(
                FAINT,
                &fl!(loader, "more-segments", n = lang.count((own.len() - MAX_SEGMENTS) as u64)),
            );
        }
        if let Some(moved) = moved(report, headline, by, words) {
            page.paragraph(Style::new(), &moved);
        }
    }
}

/// What moved the rate since a year before, or since the period before where that is all there is.
fn moved(report: &Report, headline: &Headline, by: &str, words: &Words) -> Option<String> {
    let past = headline.year_ago.as_ref().or(headline.previous.as_ref())?;
    let drivers = past.drivers.iter().find(|drivers| drivers.by == by)?;
    let points = |share: f64| words.lang.signed(share * 100.0, 2);
    let most = drivers.parts.iter().take(MAX_MOVED);
    let most: Vec<String> = most.map(|part| format!("{} {}", part.value, points(part.total()))).collect();
    Some(fl!(
        words.loader,
        "moved",
        period = words.lang.period(report.periods.get(past.period)?.start, report.definition.every),
        change = points(past.difference),
        rate = points(drivers.rate),
        mix = points(drivers.mix),
        most = most.join(", ")
    ))
}
