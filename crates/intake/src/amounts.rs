//! Amounts as people and programs write them.

use fidance_domain::{amount::Amount, table::Column};

/// Which character separates the decimals of a column's amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum DecimalMark {
    /// `1,234.56`
    #[default]
    Dot,
    /// `1.234,56`
    Comma,
}

/// What a cell holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Nothing.
    Missing,
    /// An amount.
    Amount(Amount),
    /// Something that is no amount.
    Unreadable,
}

/// Counts of values that only one of the two marks explains.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct MarkEvidence {
    dot: u64,
    comma: u64,
    /// Values such as `1,234` that can be read either way.
    either: u64,
}

impl MarkEvidence {
    pub(crate) fn add(&mut self, text: &str) {
        match mark_of(text) {
            Some((DecimalMark::Dot, true)) => self.dot += 1,
            Some((DecimalMark::Comma, true)) => self.comma += 1,
            Some((_, false)) => self.either += 1,
            None => {}
        }
    }

    /// Puts what another file says behind.
    pub(crate) const fn merge(&mut self, other: Self) {
        self.dot += other.dot;
        self.comma += other.comma;
        self.either += other.either;
    }

    pub(crate) const fn mark(&self) -> DecimalMark {
        if self.comma > self.dot { DecimalMark::Comma } else { DecimalMark::Dot }
    }

    /// Whether nothing but values such as `1,234` was seen.
    pub(crate) const fn is_open(&self) -> bool {
        self.dot == 0 && self.comma == 0 && self.either > 0
    }
}

/// The mark a value uses, and whether that is certain; `None` where it has none.
fn mark_of(text: &str) -> Option<(DecimalMark, bool)> {
    let last = text.rfind(['.', ','])?;
    let is_comma = text.get(last..)?.starts_with(',');
    let mark = if is_comma { DecimalMark::Comma } else { DecimalMark::Dot };
    let other = if is_comma { DecimalMark::Dot } else { DecimalMark::Comma };
    let before = text.get(..last)?;
    let decimals = text.get(last + 1..)?.bytes().take_while(u8::is_ascii_digit).count();
    let same_before = before.contains(if is_comma { ',' } else { '.' });
    let other_before = before.contains(if is_comma { '.' } else { ',' });
    match (same_before, other_before, decimals) {
        (true, ..) => Some((other, true)),
        // One mark with three digits behind: a thousand, or three decimals. `1.234` is mostly the latter.
        (_, false, 3) if is_comma => Some((mark, false)),
        _ => Some((mark, true)),
    }
}

/// Whether a text is an amount at all, and if so, whether it has decimals.
pub(crate) fn decimals(text: &str) -> Option<bool> {
    let (mark, _) = mark_of(text).unwrap_or((DecimalMark::Dot, true));
    match read_text(text, mark) {
        Reading::Amount(_) => Some(text.rfind(['.', ',']).is_some_and(|at| text.len() - at <= 5)),
        _ => None,
    }
}

/// Reads the amount of a row.
pub(crate) fn read(column: &Column, row: usize, mark: DecimalMark) -> Reading {
    let of_float = |value: f64| match Amount::from_f64(value) {
        Some(amount) => Reading::Amount(amount),
        None => Reading::Unreadable,
    };
    match column {
        Column::Text(text) => read_text(text.get(row), mark),
        Column::Float(cells) => cells.get(row).copied().flatten().map_or(Reading::Missing, of_float),
        Column::Int(cells) => match cells.get(row).copied().flatten() {
            Some(units) => units
                .checked_mul(Amount::STEPS)
                .map_or(Reading::Unreadable, |steps| Reading::Amount(Amount::from_steps(steps))),
            None => Reading::Missing,
        },
        _ => Reading::Unreadable,
    }
}

fn read_text(text: &str, mark: DecimalMark) -> Reading {
    if mark == DecimalMark::Dot
        && let Some(amount) = plain(text.as_bytes())
    {
        return Reading::Amount(amount);
    }
    let text = text.trim();
    if text.is_empty() {
        return Reading::Missing;
    }
    cleaned(text, mark).map_or(Reading::Unreadable, Reading::Amount)
}

/// The usual case by hand: an optional minus, digits, and up to four decimals.
fn plain(bytes: &[u8]) -> Option<Amount> {
    let (negative, digits) = match bytes.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, bytes),
    };
    if digits.is_empty() || digits.len() > 15 {
        return None;
    }
    let (mut value, mut decimals, mut in_fraction) = (0_i64, 0_u32, false);
    for byte in digits {
        match byte {
            b'0'..=b'9' => {
                value = value * 10 + i64::from(byte - b'0');
                decimals += u32::from(in_fraction);
            }
            b'.' if !in_fraction => in_fraction = true,
            _ => return None,
        }
    }
    let scale = match decimals {
        0 if in_fraction => return None,
        0 => 10_000,
        1 => 1_000,
        2 => 100,
        3 => 10,
        4 => 1,
        _ => return None,
    };
    let steps = value.checked_mul(scale)?;
    Some(Amount::from_steps(if negative { -steps } else { steps }))
}

/// The others: currency signs, grouping, parentheses or a trailing minus for what is given back.
fn cleaned(text: &str, mark: DecimalMark) -> Option<Amount> {
    let (text, in_parentheses) = match text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => (inner, true),
        None => (text, false),
    };
    if is_scientific(text) {
        let number: f64 = text.parse().ok()?;
        return Amount::from_f64(if in_parentheses { -number } else { number });
    }
    let decimal = decimal_mark(text, mark)?;
    let mut number = String::with_capacity(text.len());
    let (mut letters, mut negative) = (0, in_parentheses);
    for c in text.chars() {
        match c {
            '0'..='9' => number.push(c),
            '-' | '−' if number.is_empty() || text.ends_with(c) => negative = true,
            '+' if number.is_empty() => {}
            _ if Some(c) == decimal => number.push('.'),
            // Grouping and currency signs; that it comes every three digits is not asked for: India groups otherwise.
            ',' | '.' | ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’' | '$' | '€' | '£' | '¥' | '₹' | '₽'
            | '₩' | '₺' | '₴' => {}
            _ if c.is_alphabetic() && letters < 3 => letters += 1,
            _ => return None,
        }
    }
    if !number.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole = number.trim_end_matches('.');
    let amount = plain(whole.as_bytes()).or_else(|| whole.parse().ok().and_then(Amount::from_f64))?;
    Some(if negative { Amount::from_steps(-amount.steps()) } else { amount })
}

/// The character before the decimals of one value, `Some(None)` where it has none; `None` where the value
/// does not fit the column's mark, which is better left unread than read a thousand times too large.
#[expect(clippy::option_option, reason = "a value without decimals and one that does not fit are two things")]
fn decimal_mark(text: &str, mark: DecimalMark) -> Option<Option<char>> {
    let count = |c: char| text.chars().filter(|other| *other == c).count();
    let column = if mark == DecimalMark::Dot { '.' } else { ',' };
    let other = if mark == DecimalMark::Dot { ',' } else { '.' };
    let groups_end = |c: char| {
        let last = text.rfind(c).and_then(|at| text.get(at + 1..)).unwrap_or("");
        last.bytes().take_while(u8::is_ascii_digit).count() == 3
    };
    match (count(column), count(other)) {
        (0, 0) => Some(None),
        (1, 0) => Some(Some(column)),
        (_, 0) => groups_end(column).then_some(None),
        (0, _) => groups_end(other).then_some(None),
        // Both: the last one has the decimals behind it, whatever the column's mark.
        _ => text.chars().rev().find(|c| matches!(c, '.' | ',')).filter(|last| count(*last) == 1).map(Some),
    }
}

fn is_scientific(text: &str) -> bool {
    let is_number = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    text.bytes().all(is_number) && text.contains(['e', 'E'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, mark: DecimalMark) -> String {
        match read_text(text, mark) {
            Reading::Missing => "missing".to_owned(),
            Reading::Unreadable => "unreadable".to_owned(),
            Reading::Amount(amount) => amount.steps().to_string(),
        }
    }

    #[test]
    fn amounts_are_read_in_all_usual_ways() {
        for (text, dot, comma) in [
            ("11.77", "117700", "unreadable"),
            ("-3.20", "-32000", "unreadable"),
            ("(3.20)", "-32000", "unreadable"),
            ("€12.50", "125000", "unreadable"),
            ("$ 1,234.56", "12345600", "12345600"),
            ("12,50 €", "unreadable", "125000"),
            ("1 234,56", "unreadable", "12345600"),
            ("1\u{202f}234,5 EUR", "unreadable", "12345000"),
            ("1.234,56", "12345600", "12345600"),
            ("1'234.5", "12345000", "unreadable"),
            ("1,234", "12340000", "12340"),
            ("1.234", "12340", "12340000"),
            ("1,234,567", "12345670000", "12345670000"),
            ("12,34,567.5", "12345675000", "12345675000"),
            ("7", "70000", "70000"),
            ("0.12345", "1235", "unreadable"),
            ("1.5e3", "15000000", "15000000"),
            ("3.20-", "-32000", "unreadable"),
            ("", "missing", "missing"),
            ("  ", "missing", "missing"),
            ("NaN", "unreadable", "unreadable"),
            ("inf", "unreadable", "unreadable"),
            ("1.2.3", "unreadable", "unreadable"),
            ("abc", "unreadable", "unreadable"),
            ("12 pieces", "unreadable", "unreadable"),
            ("1e300", "unreadable", "unreadable"),
        ] {
            assert_eq!(shown(text, DecimalMark::Dot), dot, "{text} with a dot");
            assert_eq!(shown(text, DecimalMark::Comma), comma, "{text} with a comma");
        }
    }

    #[test]
    fn the_mark_is_decided_on_the_column() {
        let mark = |values: &[&str]| {
            let mut evidence = MarkEvidence::default();
            values.iter().for_each(|value| evidence.add(value));
            (evidence.mark(), evidence.is_open())
        };
        assert_eq!(mark(&["1,234.56", "7"]), (DecimalMark::Dot, false));
        assert_eq!(mark(&["1.234,56", "12,5"]), (DecimalMark::Comma, false));
        assert_eq!(mark(&["1,234", "12,50"]), (DecimalMark::Comma, false));
        assert_eq!(mark(&["1,234"]), (DecimalMark::Dot, true));
        assert_eq!(mark(&["1.234"]), (DecimalMark::Dot, false));
        assert_eq!(mark(&["1.234.567"]), (DecimalMark::Comma, false));
    }
}
