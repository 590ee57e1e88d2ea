//! What was counted and how, which rows could not be used, and what to keep in mind: all in words.

use fidance_app::report::model::{Definition, Mode, NoValueReason, Note, PeriodLength, Report, WindowChoice};
use fidance_domain::time::Window;
use i18n_embed_fl::fl;
use jiff::ToSpan;

use super::figure::{Table, TableRow};
use crate::text::{Lang, NBSP, Text};

/// One line of a list of facts.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) words: String,
}

/// A window in words: `90 days`, `3 months`.
pub(crate) fn window_words(t: &Text, window: &str) -> String {
    match window.parse() {
        Ok(Window::Days(n)) => fl!(t, "days", n = n.get(), count = t.lang().count(u64::from(n.get()))),
        Ok(Window::Months(n)) => fl!(t, "months", n = n.get(), count = t.lang().count(u64::from(n.get()))),
        Err(_) => window.to_owned(),
    }
}

/// The definition behind the figures.
pub(crate) fn definition(t: &Text, report: &Report) -> Vec<Line> {
    let lang = t.lang();
    let definition = &report.definition;
    let mut lines = vec![Line { name: fl!(t, "def-active"), words: active_words(t, definition) }];
    if let Some(choice) = &definition.window_choice {
        lines.push(Line { name: fl!(t, "def-why"), words: choice_words(t, choice) });
    }
    lines.push(Line {
        name: fl!(t, "def-periods"),
        words: fl!(
            t,
            "def-periods-words",
            every = periods_words(t, definition.every),
            zone = definition.time_zone.as_str()
        ),
    });
    if let (Some(from), Some(until)) = (definition.data_from, definition.data_until) {
        let last = until.saturating_sub(1.day());
        let words = fl!(t, "def-data-words", first = lang.date(from), last = lang.date(last));
        lines.push(Line { name: fl!(t, "def-data"), words });
    }
    let input = &report.input;
    lines.push(Line {
        name: fl!(t, "def-rows"),
        words: fl!(
            t,
            "def-rows-words",
            rows = lang.count(input.rows),
            used = lang.count(input.rows_used),
            customers = lang.count(input.customers)
        ),
    });
    if input.rows_filtered > 0 {
        let words =
            fl!(t, "def-filtered-words", rows = lang.count(input.rows_filtered), n = input.rows_filtered);
        lines.push(Line { name: fl!(t, "def-filtered"), words });
    }
    if !input.columns.is_empty() {
        lines.push(Line { name: fl!(t, "def-columns"), words: columns_words(t, report) });
    }
    if !input.files.is_empty() {
        lines.push(Line { name: fl!(t, "def-files"), words: input.files.join(", ") });
    }
    lines
}

fn periods_words(t: &Text, every: PeriodLength) -> String {
    match every {
        PeriodLength::Day => fl!(t, "def-periods-day"),
        PeriodLength::Week => fl!(t, "def-periods-week"),
        PeriodLength::Month => fl!(t, "def-periods-month"),
        PeriodLength::Quarter => fl!(t, "def-periods-quarter"),
    }
}

fn active_words(t: &Text, definition: &Definition) -> String {
    match definition.mode {
        Mode::Activities if definition.activity == "every row" => {
            fl!(t, "def-active-every-row", window = window_words(t, &definition.window))
        }
        Mode::Activities => fl!(
            t,
            "def-active-activity",
            activity = definition.activity.as_str(),
            window = window_words(t, &definition.window)
        ),
        Mode::Subscriptions => match &definition.grace {
            Some(grace) => fl!(t, "def-active-grace", grace = window_words(t, grace)),
            None => fl!(t, "def-active-contract"),
        },
        Mode::Lifetimes => fl!(t, "def-active-lifetime"),
    }
}

fn choice_words(t: &Text, choice: &WindowChoice) -> String {
    let days = |n: u32| fl!(t, "days", n = n, count = t.lang().count(u64::from(n)));
    let why = fl!(
        t,
        "def-why-words",
        gaps = t.lang().count(choice.gaps),
        half = days(choice.p50_days),
        most = days(choice.p95_days),
        window = days(choice.days)
    );
    if choice.limited_by_data { format!("{why} {}", fl!(t, "def-why-limited")) } else { why }
}

fn columns_words(t: &Text, report: &Report) -> String {
    let columns = report.input.columns.iter().map(|(role, choice)| {
        let mut words = format!("{}{NBSP}= {}", role_name(t, role), choice.column);
        let format = choice.format.clone();
        let guessed = choice.guessed.then(|| fl!(t, "column-guessed"));
        let remarks = format.into_iter().chain(guessed).collect::<Vec<_>>();
        if !remarks.is_empty() {
            words.push_str(" (");
            words.push_str(&remarks.join(", "));
            words.push(')');
        }
        words
    });
    columns.collect::<Vec<_>>().join(" · ")
}

/// The role of a column in words; several columns of one role are numbered, as in `segment 2`.
pub fn role_name(t: &Text, role: &str) -> String {
    let (role, number) = role.rsplit_once(' ').unwrap_or((role, ""));
    let name = match role {
        "customer" => fl!(t, "role-customer"),
        "at" => fl!(t, "role-at"),
        "event" => fl!(t, "role-event"),
        "value" => fl!(t, "role-value"),
        "currency" => fl!(t, "role-currency"),
        "start" => fl!(t, "role-start"),
        "end" => fl!(t, "role-end"),
        "duration" => fl!(t, "role-duration"),
        "reason" => fl!(t, "role-reason"),
        "segment" => fl!(t, "role-segment"),
        "ended" => fl!(t, "role-ended"),
        "entry" => fl!(t, "role-entry"),
        other => other.replace('_', " "),
    };
    if number.is_empty() { name } else { format!("{name}{NBSP}{number}") }
}

/// The rows that could not be used, by reason.
pub(crate) fn rejected(t: &Text, report: &Report) -> Option<Table> {
    let lang = t.lang();
    let rows = report.rejected.reasons.iter().map(|reason| TableRow {
        name: reason_words(t, &reason.reason),
        cells: vec![lang.count(reason.rows), lang.count(reason.first_line)],
        faint: false,
    });
    (report.rejected.rows > 0).then(|| Table {
        caption: fl!(t, "rejected-caption"),
        columns: vec![fl!(t, "reason"), fl!(t, "rows"), fl!(t, "first-line")],
        rows: rows.collect(),
        words_at_end: 0,
    })
}

/// How many rows were left aside, in one sentence.
pub(crate) fn rejected_sentence(t: &Text, report: &Report) -> String {
    let lang = t.lang();
    let (rejected, rows) = (report.rejected.rows, report.input.rows);
    if rejected == 0 {
        return fl!(t, "rejected-none", rows = lang.count(rows));
    }
    let share = if rows > 0 { rejected as f64 / rows as f64 } else { 0.0 };
    let share = if share < 0.001 {
        fl!(t, "less-than", share = lang.percent(0.001, 1))
    } else {
        lang.percent(share, 1)
    };
    fl!(
        t,
        "rejected-some",
        n = rejected,
        rejected = lang.count(rejected),
        rows = lang.count(rows),
        share = share
    )
}

/// Why rows were rejected, in words.
pub fn reason_words(t: &Text, reason: &str) -> String {
    match reason {
        "no_customer" => fl!(t, "reason-no-customer"),
        "reserved_customer" => fl!(t, "reason-reserved-customer"),
        "no_date" => fl!(t, "reason-no-date"),
        "unreadable_date" => fl!(t, "reason-unreadable-date"),
        "date_out_of_range" => fl!(t, "reason-date-out-of-range"),
        "ends_before_start" => fl!(t, "reason-ends-before-start"),
        "no_duration" => fl!(t, "reason-no-duration"),
        "unreadable_duration" => fl!(t, "reason-unreadable-duration"),
        "enters_after_end" => fl!(t, "reason-enters-after-end"),
        "unreadable_ended" => fl!(t, "reason-unreadable-ended"),
        "wrong_field_count" => fl!(t, "reason-wrong-field-count"),
        "line_too_long" => fl!(t, "reason-line-too-long"),
        "unclosed_quote" => fl!(t, "reason-unclosed-quote"),
        "invalid_utf8" => fl!(t, "reason-invalid-utf8"),
        "nul_byte" => fl!(t, "reason-nul-byte"),
        "invalid_json" => fl!(t, "reason-invalid-json"),
        other => other.replace('_', " "),
    }
}

/// What a reader must keep in mind.
pub fn notes(t: &Text, report: &Report) -> Vec<String> {
    let lang = t.lang();
    let words = report.notes.iter().filter_map(|note| match note {
        Note::Input { text, text_fr } => Some(if lang == Lang::Fr { text_fr } else { text }.clone()),
        Note::NoValue { because: NoValueReason::AmountsNotEstimable } => Some(fl!(t, "note-amounts")),
        // Both have their own place in the page.
        Note::NoSettledPeriod | Note::NoValue { .. } => None,
        Note::FirstCohortMixed => Some(fl!(t, "note-first-cohort")),
        Note::SingleAcquisitionCohort { share } => {
            Some(fl!(t, "note-single-cohort", share = lang.percent(*share, 0)))
        }
        Note::ValueFromSample { customers } => {
            Some(fl!(t, "note-value-sample", customers = lang.count(*customers)))
        }
        Note::FrequencyValueCorrelation { correlation } => {
            Some(fl!(t, "note-correlation", correlation = lang.decimal(*correlation, 2)))
        }
        Note::OverlappingWindows => Some(fl!(t, "note-overlap")),
    });
    words.collect()
}
