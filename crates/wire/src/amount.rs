//! Amounts as programs send them: numbers, or texts of numbers.

use fidance_domain::amount::Amount;

use crate::json::Value;

/// The amount in a value; `Ok(None)` where there is none, `Err` where it is something else.
///
/// Texts may have white space and one currency sign around the number; grouping and decimal commas are not guessed at,
/// since a thousandfold error is worse than a refused message.
pub(crate) fn of_value(value: &Value<'_>) -> Result<Option<Amount>, ()> {
    if value.is_empty() {
        return Ok(None);
    }
    let text = value.text().ok_or(())?;
    if let Some(amount) = plain(text.as_bytes()) {
        return Ok(Some(amount));
    }
    let text = text.trim();
    let text = text.strip_prefix(SIGNS).or_else(|| text.strip_suffix(SIGNS)).unwrap_or(text).trim();
    plain(text.as_bytes()).or_else(|| general(text)).map(Some).ok_or(())
}

const SIGNS: [char; 5] = ['€', '$', '£', '¥', '₹'];

/// The usual case by hand: an optional minus, digits, and up to four decimals.
fn plain(bytes: &[u8]) -> Option<Amount> {
    let (sign, digits) = bytes.strip_prefix(b"-").map_or((1, bytes), |rest| (-1, rest));
    let point = digits.iter().position(|byte| *byte == b'.');
    let decimals = point.map_or(0, |point| digits.len() - point - 1);
    if digits.is_empty()
        || digits.len() > 15
        || decimals > 4
        || point == Some(0)
        || point.is_some_and(|_| decimals == 0)
    {
        return None;
    }
    let mut value = 0_i64;
    for (at, byte) in digits.iter().enumerate() {
        if Some(at) == point {
            continue;
        }
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(byte - b'0');
    }
    let scale = [10_000, 1_000, 100, 10, 1].get(decimals)?;
    value.checked_mul(*scale).map(|steps| Amount::from_steps(sign * steps))
}

/// Other ways to write a decimal number; not `inf`, `nan` or words.
fn general(text: &str) -> Option<Amount> {
    let is_number = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    (text.bytes().all(is_number) && text.bytes().any(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok().and_then(Amount::from_f64))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_read_or_refused() {
        for (text, steps) in [
            ("9.9", Ok(Some(99_000))),
            ("-3.20", Ok(Some(-32_000))),
            ("12", Ok(Some(120_000))),
            (" €12.50 ", Ok(Some(125_000))),
            ("12.50 €", Ok(Some(125_000))),
            ("0.12345", Ok(Some(1_235))),
            ("1e3", Ok(Some(10_000_000))),
            (".5", Ok(Some(5_000))),
            ("5.", Ok(Some(50_000))),
            ("", Ok(None)),
            (" ", Ok(None)),
            ("12,50", Err(())),
            ("1,234.56", Err(())),
            ("1.2.3", Err(())),
            ("free", Err(())),
            ("NaN", Err(())),
            ("inf", Err(())),
            ("1e300", Err(())),
            ("-", Err(())),
        ] {
            let read = of_value(&Value::Text(text.into())).map(|amount| amount.map(Amount::steps));
            assert_eq!(read, steps, "{text}");
        }
        assert_eq!(of_value(&Value::Null), Ok(None));
        assert_eq!(of_value(&Value::Bool(true)), Err(()));
        assert_eq!(of_value(&Value::Object("{}".into())), Err(()));
    }

    proptest! {
        #[test]
        fn cents_are_exact(cents in -1_000_000_000_000_i64..1_000_000_000_000) {
            let text = format!("{}{}.{:02}", if cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100);
            prop_assert_eq!(plain(text.as_bytes()).map(Amount::steps), Some(cents * 100));
        }
    }
}
