//! Errors of the query engine as sentences, with the place in the query where it is known.

use datafusion::error::DataFusionError;

/// What the engine puts before the names of tables that are given without.
const DEFAULT_SCHEMA: &str = "datafusion.public.";

/// What a person can do something with.
pub(super) fn of(error: &DataFusionError) -> String {
    let place = error
        .diagnostic()
        .and_then(|diagnostic| diagnostic.span)
        .map(|span| format!("line {}, column {}: ", span.start.line, span.start.column));
    let text = match error.find_root() {
        DataFusionError::SQL(e, _) => e.to_string(),
        root => root.message().into_owned(),
    };
    let text = plain(&text);
    // The parser says the place itself, in its own way.
    match place {
        Some(place) => format!("{place}{}", text.split(" at Line: ").next().unwrap_or(&text)),
        None => text,
    }
}

/// Without the names of the engine's own errors and its request to file a report about them.
fn plain(text: &str) -> String {
    let text = text.split("\nThis issue was likely caused").next().unwrap_or(text);
    let own = [
        "sql parser error: ",
        "Schema error: ",
        "Error during planning: ",
        "External error: ",
        "Execution error: ",
        "ParserError(\"",
        "TokenizerError(\"",
    ];
    let mut text = text.trim();
    while let Some(rest) = own.iter().find_map(|prefix| text.strip_prefix(prefix)) {
        text = rest;
    }
    let text = text.trim_end_matches("\")").trim_end_matches('.');
    text.lines()
        .map(|line| line.trim().trim_end_matches('.'))
        .collect::<Vec<_>>()
        .join("; ")
        .replace(DEFAULT_SCHEMA, "")
}
