//! A study in parts: which of them the command line asks for, and tables as Markdown has them.

use std::time::Instant;

/// A table and its name.
pub(crate) type Part<P> = (&'static str, fn(P));

/// The number that follows a flag.
#[allow(dead_code, reason = "one study has no numbers to choose")]
pub(crate) fn number(flag: &str, otherwise: u64) -> u64 {
    text(flag).and_then(|number| number.parse().ok()).unwrap_or(otherwise)
}

/// What follows a flag.
fn text(flag: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != flag).nth(1)
}

/// Runs the part that follows `--only`, or all of them; how long it took goes to standard error.
pub(crate) fn run<P: Copy>(plan: P, parts: &[Part<P>]) {
    let start = Instant::now();
    let only = text("--only");
    for (name, part) in parts.iter().filter(|(name, _)| only.as_ref().is_none_or(|only| only == name)) {
        part(plan);
        eprintln!("{:>6.1} s  {name}", start.elapsed().as_secs_f64());
    }
}

/// A row of a table.
pub(crate) fn row(cells: impl IntoIterator<Item = String>) {
    println!("| {} |", cells.into_iter().collect::<Vec<_>>().join(" | "));
}

/// A title, and the head of the table under it.
pub(crate) fn head<const N: usize>(title: &str, columns: [&str; N]) {
    println!("\n## {title}\n");
    row(columns.map(str::to_owned));
    row(columns.map(|_| "---".to_owned()));
}
