//! How an estimate is written: its value with no finer digit than its interval supports, and the interval beside it.

use fidance_app::watch::model::Figure;
use i18n_embed_fl::fl;

use crate::text::{Lang, Text, percent_decimals, rounding_unit};

/// The change of a number of customers in words: `8.1% fewer customers`.
pub(super) fn customers(t: &Text, change: &Figure) -> String {
    let size = size(t.lang(), change);
    if change.value > 0.0 {
        fl!(t, "customers-more", size = size)
    } else {
        fl!(t, "customers-fewer", size = size)
    }
}

/// The same without naming who: `8.1% fewer`.
pub(super) fn fewer(t: &Text, change: &Figure) -> String {
    let size = size(t.lang(), change);
    if change.value > 0.0 { fl!(t, "change-more", size = size) } else { fl!(t, "change-fewer", size = size) }
}

fn size(lang: Lang, change: &Figure) -> String {
    lang.percent(change.value.abs(), percent_decimals(change.low, change.high))
}

/// The interval of a change in words: `between 6.1 and 10.2%`, and who is fewer or more where it goes both ways.
pub(super) fn between(t: &Text, change: &Figure) -> String {
    let lang = t.lang();
    let decimals = percent_decimals(change.low, change.high);
    let percent = |share: f64| lang.percent(share.abs(), decimals);
    if change.low < 0.0 && change.high > 0.0 {
        return fl!(t, "between-both", less = percent(change.low), more = percent(change.high));
    }
    let nearer = change.low.abs().min(change.high.abs());
    let farther = change.low.abs().max(change.high.abs());
    fl!(t, "between", low = lang.decimal(nearer * 100.0, decimals), high = percent(farther))
}

/// A share with its sign: `−8.1%`.
pub(super) fn signed_percent(lang: Lang, share: f64, decimals: usize) -> String {
    let text = lang.percent(share, decimals);
    if share > 0.0 && text.bytes().any(|byte| matches!(byte, b'1'..=b'9')) {
        format!("+{text}")
    } else {
        text
    }
}

/// A change with its interval: `−8.1% (−10.2% to −6.1%)`.
pub(super) fn change(t: &Text, change: &Figure) -> String {
    let decimals = percent_decimals(change.low, change.high);
    let write = |share: f64| signed_percent(t.lang(), share, decimals);
    with_interval(t, write(change.value), write(change.low), write(change.high))
}

/// A change of a share in points, with its interval.
pub(super) fn points(t: &Text, change: &Figure) -> String {
    let decimals = percent_decimals(change.low, change.high);
    let write = |share: f64| t.lang().signed(share * 100.0, decimals);
    with_interval(t, write(change.value), write(change.low), write(change.high))
}

/// A share with its interval: `84% (61% to 107%)`.
pub(super) fn share(t: &Text, figure: &Figure) -> String {
    let decimals = percent_decimals(figure.low, figure.high);
    let write = |share: f64| t.lang().percent(share, decimals);
    with_interval(t, write(figure.value), write(figure.low), write(figure.high))
}

/// A number of customers, alone.
pub(super) fn count(lang: Lang, figure: &Figure) -> String {
    count_at(lang, figure.value, figure)
}

/// Its interval: `980 to 1,500`.
pub(super) fn count_interval(t: &Text, figure: &Figure) -> String {
    let write = |n: f64| count_at(t.lang(), n, figure);
    fl!(t, "from-to", low = write(figure.low), high = write(figure.high))
}

/// A number of customers with its interval.
pub(super) fn counted(t: &Text, figure: &Figure) -> String {
    let write = |n: f64| count_at(t.lang(), n, figure);
    with_interval(t, write(figure.value), write(figure.low), write(figure.high))
}

fn count_at(lang: Lang, n: f64, figure: &Figure) -> String {
    lang.money(n, None, rounding_unit(figure.low, figure.high).max(1.0))
}

/// An amount, alone.
pub(super) fn money(lang: Lang, currency: Option<&str>, figure: &Figure) -> String {
    lang.money(figure.value, currency, rounding_unit(figure.low, figure.high))
}

/// Its interval.
pub(super) fn money_interval(t: &Text, currency: Option<&str>, figure: &Figure) -> String {
    let unit = rounding_unit(figure.low, figure.high);
    let write = |amount: f64| t.lang().money(amount, currency, unit);
    fl!(t, "from-to", low = write(figure.low), high = write(figure.high))
}

fn with_interval(t: &Text, value: String, low: String, high: String) -> String {
    fl!(t, "rate-with-interval", rate = value, low = low, high = high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        text.replace(['\u{a0}', '\u{202f}'], " ")
    }

    #[test]
    fn a_fall_is_said_without_a_sign_and_with_its_interval() {
        let (en, fr) = (Text::new(Lang::En), Text::new(Lang::Fr));
        let fall = Figure { value: -0.0812, low: -0.102, high: -0.0608 };
        assert_eq!(customers(&en, &fall), "8.1% fewer customers");
        assert_eq!(between(&en, &fall), "between 6.1 and 10.2%");
        assert_eq!(plain(&customers(&fr, &fall)), "8,1 % de clients de moins");
        assert_eq!(plain(&between(&fr, &fall)), "entre 6,1 et 10,2 %");
        assert_eq!(change(&en, &fall), "\u{2212}8.1% (\u{2212}10.2% to \u{2212}6.1%)");
    }

    #[test]
    fn an_interval_that_goes_both_ways_says_which_end_is_which() {
        let unclear = Figure { value: 0.012, low: -0.03, high: 0.054 };
        assert_eq!(customers(&Text::new(Lang::En), &unclear), "1% more customers");
        assert_eq!(between(&Text::new(Lang::En), &unclear), "between 3% fewer and 5% more");
        assert_eq!(plain(&between(&Text::new(Lang::Fr), &unclear)), "entre 3 % de moins et 5 % de plus");
        assert_eq!(change(&Text::new(Lang::En), &unclear), "+1% (\u{2212}3% to +5%)");
    }

    #[test]
    fn customers_are_rounded_as_their_interval_allows() {
        let missing = Figure { value: 1_243.4, low: 979.0, high: 1_507.0 };
        assert_eq!(counted(&Text::new(Lang::En), &missing), "1,240 (980 to 1,510)");
    }
}
