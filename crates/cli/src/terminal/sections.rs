//! The sections of the terminal report, one function each.

use anstyle::Style;
use fidance_app::report::model::{
    Comparison, Estimate, Mode, Note, PeriodRow, Report, SurvivalCurve, ValueUnit,
};
use fidance_domain::time::Window;
use fidance_web::text::{PValue, percent_decimals, plain_decimals, rounding_unit};
use i18n_embed_fl::fl;

use super::{
    Words,
    layout::{BETTER, Cell, FAINT, Page, STRONG, Table, WORSE, bar, styled},
};

/// Periods shown in a terminal; files list all.
const MAX_PERIODS: usize = 24;
/// Values shown per segment column.
const MAX_SEGMENTS: usize = 12;

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
    }
}

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
    let last = everybody.points.last().map_or(0, |point| point.t);
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
    for curve in report.survival.iter().take(MAX_SEGMENTS + 1) {
        let name = curve
            .segment
            .as_ref()
            .map_or_else(|| fl!(loader, "pooled"), |segment| format!("{} {}", segment.by, segment.value));
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
            PValue::About(p) => format!("p = {p}"),
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
    let after_the_data = curve.points.last().is_some_and(|last| t > last.t && last.at_risk == last.lost);
    let passed = curve.points.partition_point(|point| point.t <= t);
    match passed.checked_sub(1) {
        _ if after_the_data => None,
        None => Some(1.0),
        Some(index) => curve.points.get(index).map(|point| point.survival),
    }
}

fn returns(page: &mut Page, report: &Report, words: &Words) {
    if report.returns.is_empty() {
        return;
    }
    page.heading(&fl!(words.loader, "returns"));
    let mut table = Table::default();
    let mut cells = Vec::new();
    for chance in &report.returns {
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

pub(super) fn value(page: &mut Page, report: &Report, words: &Words) {
    let Some(value) = &report.value else { return };
    let lang = words.lang;
    let loader = &words.loader;
    page.heading(&fl!(loader, "value"));
    let amount = |estimate: &Estimate, x: f64| match value.unit {
        ValueUnit::Money => {
            lang.money(x, report.definition.currency.as_deref(), rounding_unit(estimate.low, estimate.high))
        }
        ValueUnit::Purchases => lang.decimal(x, plain_decimals(estimate.low, estimate.high)),
    };
    let mut table = Table::default().left("", 0).right("", 0).left("", 1).left("", 2);
    let customers = lang.decimal(value.point_customers, usize::from(value.point_customers < 100.0));
    let detail = fl!(loader, "value-point-detail", customers = customers);
    for (name, estimate, detail) in [
        (fl!(loader, "value-active"), &value.active_customer_year, String::new()),
        (fl!(loader, "value-lost"), &value.lost_customer_year, String::new()),
        (fl!(loader, "value-point"), &value.point_year, detail),
    ] {
        let range = format!("({} – {})", amount(estimate, estimate.low), amount(estimate, estimate.high));
        table.row(vec![
            Cell::plain(name),
            Cell::styled(STRONG, amount(estimate, estimate.estimate)),
            Cell::plain(range),
            Cell::styled(FAINT, detail),
        ]);
    }
    page.table(&table);
    if value.unit == ValueUnit::Purchases {
        page.paragraph(FAINT, &fl!(loader, "value-purchases"));
    }
    page.paragraph(FAINT, &fl!(loader, "rules"));
}

pub(super) fn read(page: &mut Page, report: &Report, words: &Words) {
    let lang = words.lang;
    let loader = &words.loader;
    let input = &report.input;
    page.heading(&fl!(loader, "read"));
    let (rows, used) = (lang.count(input.rows), lang.count(input.rows_used));
    let customers = lang.count(input.customers);
    let last = report.definition.data_until.and_then(|end| end.yesterday().ok());
    let line = match report.definition.data_from.zip(last) {
        Some((from, until)) => fl!(
            loader,
            "read-rows",
            rows = rows,
            used = used,
            customers = customers,
            from = lang.date(from),
            until = lang.date(until)
        ),
        None => fl!(loader, "read-rows-undated", rows = rows, used = used, customers = customers),
    };
    page.paragraph(Style::new(), &line);
    if input.rows_filtered > 0 {
        page.paragraph(Style::new(), &fl!(loader, "read-filtered", n = lang.count(input.rows_filtered)));
    }
    rejected(page, report, words);
    let columns = input.columns.iter().map(|(role, choice)| {
        let format = choice.format.as_ref().map_or_else(String::new, |format| format!(", {format}"));
        let guessed =
            if choice.guessed { format!(" ({}{format})", fl!(loader, "guessed")) } else { String::new() };
        format!("{} = {}{guessed}", role_name(words, role), choice.column)
    });
    page.paragraph(FAINT, &fl!(loader, "read-columns", columns = columns.collect::<Vec<_>>().join(" · ")));
    definition(page, report, words);
    window_choice(page, report, words);
}

fn definition(page: &mut Page, report: &Report, words: &Words) {
    let loader = &words.loader;
    let definition = &report.definition;
    let activity = match definition.activity.as_str() {
        "every row" => fl!(loader, "every-row"),
        named => named.to_owned(),
    };
    let zone = definition.time_zone.clone();
    let line = match definition.mode {
        Mode::Activities => {
            fl!(
                loader,
                "definition",
                activity = activity,
                window = window_words(words, &definition.window),
                zone = zone
            )
        }
        Mode::Subscriptions => {
            let grace = definition
                .grace
                .as_ref()
                .map_or_else(|| fl!(loader, "no-grace"), |grace| window_words(words, grace));
            fl!(loader, "definition-contracts", grace = grace, zone = zone)
        }
        Mode::Lifetimes => return,
    };
    page.paragraph(FAINT, &line);
}

/// `90d` as `90 days`.
fn window_words(words: &Words, window: &str) -> String {
    match window.parse() {
        Ok(Window::Days(n)) => fl!(words.loader, "n-days", n = n.get()),
        Ok(Window::Months(n)) => fl!(words.loader, "n-months", n = n.get()),
        Err(_) => window.to_owned(),
    }
}

fn rejected(page: &mut Page, report: &Report, words: &Words) {
    let (lang, loader) = (words.lang, &words.loader);
    if report.rejected.rows == 0 {
        return;
    }
    let n = lang.count(report.rejected.rows);
    let line = match &report.rejected.file {
        Some(file) => fl!(loader, "read-rejected-file", n = n, file = file.clone()),
        None => fl!(loader, "read-rejected", n = n),
    };
    page.paragraph(WORSE, &line);
    for reason in &report.rejected.reasons {
        let line = fl!(
            loader,
            "read-reason",
            reason = fidance_web::words::reason_words(&words.pages, &reason.reason),
            n = lang.count(reason.rows),
            line = reason.first_line.to_string()
        );
        page.paragraph(Style::new(), &format!("  {line}"));
    }
}

fn window_choice(page: &mut Page, report: &Report, words: &Words) {
    let Some(choice) = &report.definition.window_choice else { return };
    let (lang, loader) = (words.lang, &words.loader);
    let window = window_words(words, &report.definition.window);
    let (gaps, p95) = (lang.count(choice.gaps), choice.p95_days.to_string());
    let line = if choice.limited_by_data {
        fl!(loader, "window-auto-limited", window = window, gaps = gaps, p95 = p95)
    } else {
        fl!(loader, "window-auto", window = window, gaps = gaps, p95 = p95, p50 = choice.p50_days.to_string())
    };
    page.paragraph(FAINT, &line);
}

fn role_name(words: &Words, role: &str) -> String {
    let loader = &words.loader;
    match role.split(' ').next().unwrap_or(role) {
        "customer" => fl!(loader, "role-customer"),
        "at" => fl!(loader, "role-at"),
        "event" => fl!(loader, "role-event"),
        "value" => fl!(loader, "role-value"),
        "currency" => fl!(loader, "role-currency"),
        "segment" => fl!(loader, "role-segment"),
        "start" => fl!(loader, "role-start"),
        "end" => fl!(loader, "role-end"),
        "reason" => fl!(loader, "role-reason"),
        "duration" => fl!(loader, "role-duration"),
        "ended" => fl!(loader, "role-ended"),
        "entry" => fl!(loader, "role-entry"),
        other => other.to_owned(),
    }
}

pub(super) fn notes(page: &mut Page, report: &Report, words: &Words) {
    let mut notes = fidance_web::words::notes(&words.pages, report);
    if report.value.is_none() && report.notes.iter().any(|note| matches!(note, Note::NoValue { .. })) {
        notes.push(fidance_web::words::no_value(&words.pages, report));
    }
    if notes.is_empty() {
        return;
    }
    page.heading(&fl!(words.loader, "notes"));
    for note in &notes {
        page.paragraph(Style::new(), &format!("· {note}"));
    }
}
