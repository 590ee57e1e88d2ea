//! What was read, how it was understood, and what must be known when reading the figures.

use anstyle::Style;
use fidance_app::report::model::{Mode, Note, Report};
use fidance_domain::time::Window;
use i18n_embed_fl::fl;

use super::{
    Words,
    layout::{FAINT, Page, WORSE},
};

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
        format!("{} = {}{guessed}", fidance_web::words::role_name(&words.pages, role), choice.column)
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
