//! How each language writes counts, shares, points and money, and how many decimals an interval supports.

use super::{Lang, NBSP, NNBSP};

/// Minus sign, as wide as a plus.
const MINUS: char = '\u{2212}';

impl Lang {
    /// A whole number: `12 345` in French, `12,345` in English.
    pub fn count(self, n: u64) -> String {
        self.group(&n.to_string())
    }

    /// A number with a fixed number of decimals and a true minus sign.
    pub fn decimal(self, x: f64, decimals: usize) -> String {
        let written = format!("{:.decimals$}", x.abs());
        let (whole, fraction) = written.split_once('.').unwrap_or((written.as_str(), ""));
        let is_zero = written.bytes().all(|byte| matches!(byte, b'0' | b'.'));
        let mut text = String::new();
        if x < 0.0 && !is_zero {
            text.push(MINUS);
        }
        text.push_str(&self.group(whole));
        if !fraction.is_empty() {
            text.push(self.decimal_mark());
            text.push_str(fraction);
        }
        text
    }

    /// The same with a plus before positive numbers.
    pub fn signed(self, x: f64, decimals: usize) -> String {
        let text = self.decimal(x, decimals);
        let is_zero = !text.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
        if x > 0.0 && !is_zero { format!("+{text}") } else { text }
    }

    /// A share between 0 and 1: `73,8 %` in French, `73.8%` in English.
    pub fn percent(self, share: f64, decimals: usize) -> String {
        let number = self.decimal(share * 100.0, decimals);
        match self {
            Self::Fr => format!("{number}{NNBSP}%"),
            Self::En => format!("{number}%"),
        }
    }

    /// An amount rounded to a multiple of `unit`: `1 230 €` in French, `€1,230` in English. Currencies
    /// without a sign of their own keep their code; without a currency it is a plain number.
    pub fn money(self, amount: f64, currency: Option<&str>, unit: f64) -> String {
        let decimals = if unit >= 1.0 { 0 } else { 2 };
        let rounded = if unit > 0.0 { (amount / unit).round() * unit } else { amount };
        let number = self.decimal(rounded, decimals);
        let Some(code) = currency.map(str::trim).filter(|code| !code.is_empty()) else { return number };
        let sign = match code.to_ascii_uppercase().as_str() {
            "EUR" => "€",
            "GBP" => "£",
            "JPY" => "¥",
            "USD" => "$",
            _ => code,
        };
        match self {
            Self::Fr => format!("{number}{NBSP}{sign}"),
            Self::En if sign == code && code.chars().any(char::is_alphanumeric) => {
                format!("{sign}{NBSP}{number}")
            }
            Self::En => match number.strip_prefix(MINUS) {
                Some(positive) => format!("{MINUS}{sign}{positive}"),
                None => format!("{sign}{number}"),
            },
        }
    }

    /// A probability that tests report: never finer than is honest.
    pub fn p_value(self, p: f64) -> PValue {
        if p < 0.0001 {
            PValue::BelowOneIn(10_000)
        } else if p < 0.001 {
            PValue::BelowOneIn(1_000)
        } else {
            PValue::About(self.percent(p, usize::from(p < 0.1)))
        }
    }

    fn decimal_mark(self) -> char {
        match self {
            Self::Fr => ',',
            Self::En => '.',
        }
    }

    fn group(self, digits: &str) -> String {
        let mark = match self {
            Self::Fr => NNBSP,
            Self::En => ',',
        };
        let mut text = String::with_capacity(digits.len() + digits.len());
        for (position, digit) in digits.chars().enumerate() {
            if position > 0 && (digits.len() - position).is_multiple_of(3) {
                text.push(mark);
            }
            text.push(digit);
        }
        text
    }
}

/// How a p-value is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PValue {
    /// Less than one in so many.
    BelowOneIn(u64),
    /// A share, written out.
    About(String),
}

/// Decimals of a percentage that its 95 % interval supports: the last digit printed must not be pure noise.
pub fn percent_decimals(low: f64, high: f64) -> usize {
    let half_width_in_points = (high - low).abs() * 50.0;
    if half_width_in_points >= 2.5 {
        0
    } else if half_width_in_points >= 0.05 {
        1
    } else {
        2
    }
}

/// The unit to which an amount is rounded, so that the half-width of its interval keeps two digits where it
/// begins with a small one and one digit otherwise; cents where the interval is narrower than one unit.
pub fn rounding_unit(low: f64, high: f64) -> f64 {
    let half_width = (high - low).abs() / 2.0;
    if !half_width.is_finite() || half_width < 1.0 {
        return 0.01;
    }
    let magnitude = 10_f64.powf(half_width.log10().floor());
    let unit = if half_width / magnitude < 3.55 { magnitude / 10.0 } else { magnitude };
    unit.max(1.0)
}

/// Decimals for a plain number whose interval is given, such as expected purchases.
pub fn plain_decimals(low: f64, high: f64) -> usize {
    let half_width = (high - low).abs() / 2.0;
    if half_width >= 10.0 {
        0
    } else if half_width >= 0.5 {
        1
    } else {
        2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_as_each_language_does() {
        for (n, fr, en) in [
            (0, "0", "0"),
            (999, "999", "999"),
            (1_000, "1\u{202f}000", "1,000"),
            (12_345, "12\u{202f}345", "12,345"),
            (1_234_567, "1\u{202f}234\u{202f}567", "1,234,567"),
        ] {
            assert_eq!(Lang::Fr.count(n), fr);
            assert_eq!(Lang::En.count(n), en);
        }
    }

    #[test]
    fn decimals_have_their_mark_and_a_true_minus() {
        assert_eq!(Lang::Fr.decimal(-1_234.56, 1), "\u{2212}1\u{202f}234,6");
        assert_eq!(Lang::En.decimal(-1_234.56, 1), "\u{2212}1,234.6");
        assert_eq!(Lang::En.decimal(-0.04, 1), "0.0");
        assert_eq!(Lang::En.signed(0.04, 1), "0.0");
        assert_eq!(Lang::En.signed(2.06, 1), "+2.1");
        assert_eq!(Lang::Fr.signed(-2.06, 1), "\u{2212}2,1");
    }

    #[test]
    fn shares_are_percentages() {
        assert_eq!(Lang::Fr.percent(0.738, 1), "73,8\u{202f}%");
        assert_eq!(Lang::En.percent(0.738, 1), "73.8%");
        assert_eq!(Lang::En.percent(1.0, 0), "100%");
    }

    #[test]
    fn money_stands_where_each_language_puts_it() {
        assert_eq!(Lang::Fr.money(1_234.0, Some("EUR"), 1.0), "1\u{202f}234\u{a0}€");
        assert_eq!(Lang::En.money(1_234.0, Some("eur"), 1.0), "€1,234");
        assert_eq!(Lang::En.money(-1_234.0, Some("USD"), 10.0), "\u{2212}$1,230");
        assert_eq!(Lang::En.money(1_234.0, Some("CHF"), 1.0), "CHF\u{a0}1,234");
        assert_eq!(Lang::Fr.money(1_234.0, Some("CHF"), 1.0), "1\u{202f}234\u{a0}CHF");
        assert_eq!(Lang::En.money(12.5, None, 0.01), "12.50");
        assert_eq!(Lang::En.money(12_345.0, Some("EUR"), 100.0), "€12,300");
    }

    #[test]
    fn an_interval_decides_the_decimals() {
        assert_eq!(percent_decimals(0.60, 0.80), 0);
        assert_eq!(percent_decimals(0.72, 0.75), 1);
        assert_eq!(percent_decimals(0.73801, 0.73809), 2);
        for (low, high, unit) in [
            (10_800.0, 14_100.0, 100.0),
            (80.0, 120.0, 1.0),
            (1.0, 3.0, 1.0),
            (1.0, 1.5, 0.01),
            (5.0, 5.0, 0.01),
        ] {
            assert!((rounding_unit(low, high) - unit).abs() < 1e-9, "{low} {high}");
        }
        assert!(rounding_unit(0.0, f64::INFINITY) < 0.1);
    }

    #[test]
    fn a_p_value_is_not_finer_than_honest() {
        assert_eq!(Lang::En.p_value(1e-30), PValue::BelowOneIn(10_000));
        assert_eq!(Lang::En.p_value(0.0005), PValue::BelowOneIn(1_000));
        assert_eq!(Lang::Fr.p_value(0.034), PValue::About("3,4\u{202f}%".to_owned()));
        assert_eq!(Lang::En.p_value(0.34), PValue::About("34%".to_owned()));
    }
}
