//! A register in a terminal: what is known of each incident, what contradicts itself, what was not read.

use anstyle::Style;
use fidance_domain::incident::{
    Event, EventDate, EventKind, Incident, Milestone, Register, Score, Severity, Warning,
};
use fidance_intake::register::RegisterRead;
use i18n_embed_fl::fl;

use super::{
    Words,
    layout::{Cell, FAINT, Page, Table, WORSE},
};

/// Rows of the table; a collection of thousands is not read in a terminal.
const ROWS: usize = 40;
/// Warnings and refusals.
const LINES: usize = 20;
/// Fields without a meaning.
const NAMES: usize = 12;

/// Lays it out for a terminal of this width, with styles.
pub(crate) fn render(read: &RegisterRead, words: &Words, width: usize) -> String {
    let mut page = Page::new(width.clamp(40, 160));
    table(&mut page, &read.register, words);
    warnings(&mut page, &read.register, words);
    refused(&mut page, read, words);
    files(&mut page, read, words);
    page.finish()
}

fn table(page: &mut Page, register: &Register, words: &Words) {
    let (lang, loader) = (words.lang, &words.loader);
    page.heading(&fl!(loader, "incidents"));
    let mut table = Table::default()
        .left(fl!(loader, "col-could-know"), 0)
        .left(fl!(loader, "col-id"), 0)
        .left(fl!(loader, "col-kind"), 1)
        .left(fl!(loader, "col-severity"), 2)
        .right(fl!(loader, "col-affected"), 3)
        .right(fl!(loader, "col-told"), 4)
        .left(fl!(loader, "col-title"), 5);
    let events = register.events();
    for event in events.iter().take(ROWS) {
        let incident = register.incidents.iter().find(|incident| incident.id == event.id);
        let severity = incident.and_then(|incident| incident.severity).map(|assessed| assessed.severity);
        let affected = incident.and_then(|incident| incident.affected.customers);
        let score = incident.and_then(|incident| incident.communication?.score()).map(Score::value);
        table.row(vec![
            day(event, words),
            Cell::plain(shortened(event.id.as_str(), 24)),
            Cell::plain(kind(event, incident, words)),
            Cell::plain(severity.map(|severity| severity_name(severity, words)).unwrap_or_default()),
            Cell::plain(affected.map(|n| lang.count(n)).unwrap_or_default()),
            Cell::plain(score.map(signed).unwrap_or_default()),
            Cell::plain(shortened(&event.title, 44)),
        ]);
    }
    page.table(&table);
    if events.len() > ROWS {
        page.paragraph(FAINT, &fl!(loader, "more-incidents", n = lang.count((events.len() - ROWS) as u64)));
    }
    page.paragraph(FAINT, &fl!(loader, "incidents-legend"));
}

fn day(event: &Event, words: &Words) -> Cell {
    match event.date {
        EventDate::On(date) => Cell::plain(date.to_string()),
        EventDate::Imprecise(date) => Cell::styled(WORSE, format!("{date}?")),
        EventDate::Unknown => Cell::styled(WORSE, fl!(words.loader, "undated")),
    }
}

fn shortened(text: &str, most: usize) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.chars().count() <= most {
        return line;
    }
    let kept: String = line.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

fn signed(score: i8) -> String {
    match score {
        1.. => format!("+{score}"),
        0 => "0".to_owned(),
        _ => format!("−{}", score.unsigned_abs()),
    }
}

fn kind(event: &Event, incident: Option<&Incident>, words: &Words) -> String {
    let loader = &words.loader;
    let name = match &event.kind {
        EventKind::Incident(kind) => match kind.name() {
            "expired_certificate" => fl!(loader, "kind-certificate"),
            "outage" => fl!(loader, "kind-outage"),
            _ if incident.is_some_and(|incident| incident.attributes.confidentiality.is_some()) => {
                fl!(loader, "kind-breach")
            }
            _ => fl!(loader, "kind-security"),
        },
        EventKind::Change(kind) => match kind.name() {
            "price_change" => fl!(loader, "kind-price"),
            "release" => fl!(loader, "kind-release"),
            "authentication_step" => fl!(loader, "kind-step"),
            "campaign" => fl!(loader, "kind-campaign"),
            other => shortened(other, 20),
        },
    };
    let actions: Vec<&str> =
        incident.into_iter().flat_map(|incident| &incident.actions).map(|action| action.name()).collect();
    if actions.is_empty() { name } else { format!("{name} ({})", actions.join(", ")) }
}

fn severity_name(severity: Severity, words: &Words) -> String {
    let name = match severity {
        Severity::Low => fl!(words.loader, "severity-low"),
        Severity::Medium => fl!(words.loader, "severity-medium"),
        Severity::High => fl!(words.loader, "severity-high"),
        Severity::Critical => fl!(words.loader, "severity-critical"),
    };
    format!("{} {name}", severity.level())
}

/// Contradictions, then what is imprecise, then a count of what has no day at all: the table marks those.
fn warnings(page: &mut Page, register: &Register, words: &Words) {
    let incidents = register.incidents.iter().map(|incident| (&incident.id, incident.warnings()));
    let changes = register.changes.iter().map(|change| (&change.id, change.warnings()));
    let (mut contradictions, mut imprecise, mut undated) = (Vec::new(), Vec::new(), 0_u64);
    for (id, warnings) in incidents.chain(changes) {
        for warning in warnings {
            let line = || format!("{}: {}", shortened(id.as_str(), 40), warning_text(warning, words));
            match warning {
                Warning::Undated => undated += 1,
                Warning::Imprecise { .. } => imprecise.push(line()),
                Warning::Order { .. } | Warning::Delay { .. } | Warning::EndsBefore { .. } => {
                    contradictions.push(line());
                }
            }
        }
    }
    contradictions.append(&mut imprecise);
    if undated > 0 {
        // In front, as the list may be cut.
        contradictions.insert(0, fl!(words.loader, "warning-undated-all", n = undated));
    }
    lines(page, &fl!(words.loader, "warnings"), &contradictions, words);
}

fn warning_text(warning: Warning, words: &Words) -> String {
    let loader = &words.loader;
    match warning {
        Warning::Order { first, first_date, then, then_date } => fl!(
            loader,
            "warning-order",
            then = milestone(then, words),
            thendate = then_date.to_string(),
            first = milestone(first, words),
            firstdate = first_date.to_string()
        ),
        Warning::Delay { given, counted } => fl!(loader, "warning-delay", given = given, counted = counted),
        Warning::Imprecise { date } => fl!(loader, "warning-imprecise", date = date.to_string()),
        Warning::Undated => fl!(loader, "warning-undated"),
        Warning::EndsBefore { from, until } => {
            fl!(loader, "warning-ends", from = from.to_string(), until = until.to_string())
        }
    }
}

fn milestone(milestone: Milestone, words: &Words) -> String {
    match milestone {
        Milestone::Started => fl!(words.loader, "milestone-started"),
        Milestone::Discovered => fl!(words.loader, "milestone-discovered"),
        Milestone::Contained => fl!(words.loader, "milestone-contained"),
        Milestone::Disclosed => fl!(words.loader, "milestone-disclosed"),
    }
}

fn refused(page: &mut Page, read: &RegisterRead, words: &Words) {
    let all: Vec<String> = read.refused.iter().map(ToString::to_string).collect();
    lines(page, &fl!(words.loader, "refused"), &all, words);
}

fn lines(page: &mut Page, heading: &str, all: &[String], words: &Words) {
    if all.is_empty() {
        return;
    }
    page.heading(heading);
    for line in all.iter().take(LINES) {
        page.paragraph(Style::new(), line);
    }
    if all.len() > LINES {
        let n = words.lang.count((all.len() - LINES) as u64);
        page.paragraph(FAINT, &fl!(words.loader, "more-lines", n = n));
    }
}

fn files(page: &mut Page, read: &RegisterRead, words: &Words) {
    let (lang, loader) = (words.lang, &words.loader);
    page.heading(&fl!(loader, "read"));
    let (all, n) = (read.files.len(), read.refused.len() as u64);
    page.paragraph(
        Style::new(),
        &fl!(
            loader,
            "read-incidents",
            read = lang.count(read.entries()),
            refused = lang.count(n),
            files = all
        ),
    );
    for file in read.files.iter().take(LINES) {
        let form = file.form.map_or_else(String::new, |form| format!(" ({})", form.name()));
        let counts =
            fl!(loader, "read-file", read = lang.count(file.read), refused = lang.count(file.refused));
        page.paragraph(FAINT, &format!("{}{form}: {counts}", file.file));
    }
    if !read.unknown.is_empty() {
        let mut names: Vec<&str> = Vec::new();
        for field in &read.unknown {
            if !names.contains(&field.name.as_str()) {
                names.push(&field.name);
            }
        }
        let more = if names.len() > NAMES { ", …" } else { "" };
        let names: Vec<String> = names.into_iter().take(NAMES).map(|name| shortened(name, 40)).collect();
        page.paragraph(FAINT, &fl!(loader, "read-unknown", names = format!("{}{more}", names.join(", "))));
    }
}
