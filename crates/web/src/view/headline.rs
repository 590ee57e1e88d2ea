//! The rate now, in words: how large, how sure, and whether it is better or worse than before.

use fidance_app::report::model::{Comparison, Headline, PeriodLength, PeriodRow, Report, Trend};
use i18n_embed_fl::fl;
use jiff::ToSpan;

use crate::text::{Lang, Text, percent_decimals};

/// The top of the barometer.
#[derive(Debug)]
pub(crate) struct HeadlineView {
    pub(crate) period: String,
    pub(crate) rate: String,
    pub(crate) sentence: String,
    pub(crate) interval: String,
    pub(crate) counted: String,
    pub(crate) facts: Vec<Fact>,
    pub(crate) money: Vec<Fact>,
}

/// One comparison: a verdict in words, and the figures behind it.
#[derive(Debug)]
pub(crate) struct Fact {
    pub(crate) label: String,
    pub(crate) verdict: String,
    pub(crate) detail: String,
    pub(crate) direction: Direction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Up,
    Down,
    Unclear,
    None,
}

impl Direction {
    /// Clear only where the interval excludes no change.
    fn of(low: f64, high: f64) -> Self {
        if low > 0.0 {
            Self::Up
        } else if high < 0.0 {
            Self::Down
        } else {
            Self::Unclear
        }
    }

    /// Class of the sign beside the verdict.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Unclear => "unclear",
            Self::None => "plain",
        }
    }
}

impl HeadlineView {
    pub(crate) fn new(t: &Text, report: &Report) -> Option<Self> {
        let headline = report.headline.as_ref()?;
        let row = report.periods.get(headline.period)?;
        let (trc, low, high) = (row.trc?, row.trc_low?, row.trc_high?);
        let lang = t.lang();
        let every = report.definition.every;
        let decimals = percent_decimals(low, high);
        let (of, scale) = if decimals == 0 { ("100", 100.0) } else { ("1000", 1000.0) };
        let of = lang.count(of.parse().unwrap_or_default());
        let per = |share: f64| lang.decimal(share * scale, 0);
        let end = row.end.saturating_sub(1.day());
        Some(Self {
            period: lang.period(row.start, every),
            rate: lang.percent(trc, decimals),
            sentence: fl!(
                t,
                "headline-sentence",
                of = of,
                kept = per(trc),
                start = lang.day_and_month(row.start),
                end = lang.date(end)
            ),
            interval: fl!(t, "headline-interval", low = per(low), high = per(high)),
            counted: fl!(t, "headline-counted", kept = lang.count(row.k), start = lang.count(row.s)),
            facts: facts(t, report, headline),
            money: money(t, row),
        })
    }
}

fn facts(t: &Text, report: &Report, headline: &Headline) -> Vec<Fact> {
    let mut facts = Vec::new();
    let every = report.definition.every;
    if let Some(fact) = headline.year_ago.as_ref().and_then(|past| against(t, report, past, every)) {
        facts.push(fact);
    }
    if let Some(fact) = headline.previous.as_ref().and_then(|past| against(t, report, past, every)) {
        facts.push(fact);
    }
    facts.extend(headline.trend.as_ref().map(|trend| trend_fact(t, trend)));
    facts
}

fn against(t: &Text, report: &Report, past: &Comparison, every: PeriodLength) -> Option<Fact> {
    let lang = t.lang();
    let other = report.periods.get(past.period)?;
    let points = Points::new(lang, past.difference, past.low, past.high);
    let verdict = match points.direction {
        Direction::Up => fl!(t, "against-higher", points = points.size.clone(), n = points.n),
        Direction::Down => fl!(t, "against-lower", points = points.size.clone(), n = points.n),
        Direction::Unclear | Direction::None => fl!(t, "against-unclear"),
    };
    Some(Fact {
        label: fl!(t, "against-period", period = lang.period(other.start, every)),
        verdict,
        detail: points.detail(t),
        direction: points.direction,
    })
}

fn trend_fact(t: &Text, trend: &Trend) -> Fact {
    let points = Points::new(t.lang(), trend.per_year, trend.low, trend.high);
    let verdict = match points.direction {
        Direction::Up => fl!(t, "trend-rising", points = points.size.clone(), n = points.n),
        Direction::Down => fl!(t, "trend-falling", points = points.size.clone(), n = points.n),
        Direction::Unclear | Direction::None => fl!(t, "trend-unclear"),
    };
    Fact {
        label: fl!(t, "trend-label", periods = t.lang().count(trend.periods as u64)),
        verdict,
        detail: points.detail(t),
        direction: points.direction,
    }
}

/// A difference in points, written with the decimals that its interval supports.
struct Points {
    direction: Direction,
    size: String,
    n: f64,
    signed: String,
    low: String,
    high: String,
}

impl Points {
    fn new(lang: Lang, difference: f64, low: f64, high: f64) -> Self {
        let decimals = percent_decimals(low, high);
        let direction = Direction::of(low, high);
        let (nearer, farther) = match direction {
            Direction::Down => (-high, -low),
            Direction::Up | Direction::Unclear | Direction::None => (low, high),
        };
        let write = |share: f64| match direction {
            Direction::Unclear => lang.signed(share * 100.0, decimals),
            Direction::Up | Direction::Down | Direction::None => lang.decimal(share * 100.0, decimals),
        };
        Self {
            direction,
            size: lang.decimal(difference.abs() * 100.0, decimals),
            n: difference.abs() * 100.0,
            signed: lang.signed(difference * 100.0, decimals),
            low: write(nearer),
            high: write(farther),
        }
    }

    fn detail(&self, t: &Text) -> String {
        let (low, high) = (self.low.clone(), self.high.clone());
        match self.direction {
            Direction::Unclear => {
                fl!(t, "points-unclear", points = self.signed.clone(), low = low, high = high)
            }
            Direction::Up | Direction::Down | Direction::None => {
                fl!(t, "points-between", low = low, high = high)
            }
        }
    }
}

fn money(t: &Text, row: &PeriodRow) -> Vec<Fact> {
    let fact = |label, share, detail| Fact {
        label,
        verdict: t.lang().percent(share, 0),
        detail,
        direction: Direction::None,
    };
    let net = row.nrr.map(|share| fact(fl!(t, "nrr-label"), share, fl!(t, "nrr-detail")));
    let gross = row.grr.map(|share| fact(fl!(t, "grr-label"), share, fl!(t, "grr-detail")));
    net.into_iter().chain(gross).collect()
}
