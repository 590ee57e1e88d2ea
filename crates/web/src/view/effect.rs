//! The effect of an event: one sentence, a small picture of its interval, and the figures behind it.
//!
//! What cannot be told is said in the same place and the same tone as what can.

use fidance_app::{
    diagnosis::model::{
        Effect, EffectSize, HalfLife, Kept, KeptEffect, Method, SecondOpinion, WhyNot, WhyNotKept,
    },
    watch::model::{Condition, Figure},
};
use i18n_embed_fl::fl;

use super::{
    alarm::weeks,
    estimate::{self, between, change, counted, fewer, points, signed_percent},
    facts::Line,
    method::{Chapter, each_once},
    scope,
};
use crate::text::{Text, plain_decimals};

/// Whose returns an effect is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose<'a> {
    /// Everybody's.
    Everybody,
    /// Those of the customers on the event's list.
    Listed,
    /// Those of the customers in its scope.
    Scoped(&'a [Condition]),
}

/// An effect, ready for a template.
#[derive(Debug)]
pub(crate) struct EffectView {
    pub(crate) label: String,
    pub(crate) sentence: String,
    pub(crate) picture: Option<Picture>,
    pub(crate) lines: Vec<Line>,
    /// What became of the retention rate where that is told, which stands among the lines too.
    pub(crate) kept: Option<String>,
    /// What other methods say, which stands among the lines too.
    pub(crate) beside: Option<String>,
    /// What the figures are and are not.
    pub(crate) caution: String,
    /// How it is computed.
    pub(crate) how: Vec<Chapter>,
    /// Shown fainter: nothing was found.
    pub(crate) faint: bool,
}

/// An interval as a line, its estimate as a dot, beside the line of no effect.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) zero: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) dot: Option<String>,
    pub(crate) words: String,
}

/// What every effect of a page is written with.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    pub(super) t: &'a Text,
    pub(super) currency: Option<&'a str>,
    pub(super) scale: Scale,
    pub(super) names: Names,
}

/// Titles of events by their ids.
#[derive(Debug)]
pub(super) struct Names(Vec<(String, String)>);

impl Names {
    pub(super) fn new<'e>(
        events: impl Iterator<Item = &'e fidance_app::diagnosis::model::KnownEvent>,
    ) -> Self {
        Self(events.map(|event| (event.id.clone(), event.title.clone())).collect())
    }

    /// The title; the id where the register knows none.
    pub(super) fn title<'n>(&'n self, id: &'n str) -> &'n str {
        self.0.iter().find(|(known, _)| known == id).map_or(id, |(_, title)| title.as_str())
    }

    /// The title in quotes.
    pub(super) fn quoted(&self, t: &Text, id: &str) -> String {
        fl!(t, "quoted", title = self.title(id))
    }

    /// Several titles: `“A”, “B” and “C”`.
    pub(super) fn all(&self, t: &Text, ids: &[String]) -> String {
        let names = ids.iter().map(|id| self.quoted(t, id)).collect::<Vec<_>>();
        match names.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            [first @ .., last] => fl!(t, "both", first = first.join(", "), last = last.as_str()),
        }
    }
}

/// The range of relative changes that all pictures of a page share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    const WIDTH: f64 = 240.0;
    const MARGIN: f64 = 8.0;
    /// Wider intervals run to the edge: one that says little must not hide the others.
    const MOST: f64 = 0.6;

    pub(super) fn of<'e>(effects: impl Iterator<Item = &'e Effect>) -> Self {
        Self::over(effects.filter_map(size).map(|size| &size.relative))
    }

    pub(super) fn over<'e>(changes: impl Iterator<Item = &'e Figure>) -> Self {
        let mut scale = Self { low: -0.02, high: 0.02 };
        for change in changes {
            scale.low = scale.low.min(change.low);
            scale.high = scale.high.max(change.high);
        }
        Self { low: scale.low.max(-Self::MOST), high: scale.high.min(Self::MOST) }
    }

    /// As narrow as the changes are, no change in the middle.
    pub(super) fn around<'e>(changes: impl Iterator<Item = &'e Figure>) -> Self {
        let farthest = changes.map(|change| change.high.max(-change.low)).fold(1e-6, f64::max);
        Self { low: -farthest, high: farthest }
    }

    fn place(self, share: f64) -> f64 {
        let along = (share - self.low) / (self.high - self.low);
        Self::MARGIN + along * (Self::WIDTH - 2.0 * Self::MARGIN)
    }

    pub(super) fn picture(self, words: String, change: &Figure) -> Picture {
        let clipped = |share: f64| {
            let edge = if share < self.low {
                0.0
            } else if share > self.high {
                Self::WIDTH
            } else {
                self.place(share)
            };
            format!("{edge:.1}")
        };
        let inside = (self.low..=self.high).contains(&change.value);
        Picture {
            zero: format!("{:.1}", self.place(0.0)),
            from: clipped(change.low),
            to: clipped(change.high),
            dot: inside.then(|| format!("{:.1}", self.place(change.value))),
            words,
        }
    }
}

fn size(effect: &Effect) -> Option<&EffectSize> {
    match effect {
        Effect::Found(size)
        | Effect::NotSeen { size, .. }
        | Effect::TooFew { size, .. }
        | Effect::Biased { size, .. } => Some(size),
        // That of all events of the same weeks together.
        Effect::NotSeparable { together, .. } => together.as_deref(),
        Effect::NotEstimated { .. } => None,
    }
}

/// What its sizes are, its own method, how it was tried, and the methods beside it, each once.
fn how(size: &EffectSize) -> Vec<Chapter> {
    let own = [Chapter::Sizes, size.method.into()];
    let tried = (size.placebos > 0).then_some(Chapter::Gates);
    let beside = size.second.iter().map(|second| second.method.into());
    each_once(own.into_iter().chain(tried).chain(beside))
}

impl Writer<'_> {
    pub(super) fn effect(&self, whose: Whose<'_>, effect: &Effect) -> EffectView {
        let t = self.t;
        let size = size(effect);
        EffectView {
            label: match whose {
                Whose::Everybody => fl!(t, "effect-everybody"),
                Whose::Listed => fl!(t, "effect-listed"),
                Whose::Scoped(conditions) => fl!(t, "effect-scoped", scope = scope::columns(t, conditions)),
            },
            sentence: self.sentence(whose, effect),
            picture: size.map(|size| self.scale.picture(change(t, &size.relative), &size.relative)),
            lines: size.map_or_else(Vec::new, |size| self.lines(effect, size)),
            kept: size.and_then(|size| match &size.kept {
                Some(Kept::Told(effect)) => {
                    let Line { name, words } = kept_line(t, effect);
                    Some(fl!(t, "passage-fact", label = name, what = words))
                }
                _ => None,
            }),
            beside: size.and_then(|size| self.beside(size)),
            caution: size.map_or_else(String::new, |size| match (size.method, whose) {
                (Method::DifferenceInDifferences, Whose::Scoped(_)) => fl!(t, "effect-caution-scope"),
                (Method::DifferenceInDifferences, _) => fl!(t, "effect-caution-list"),
                _ => fl!(t, "effect-caution-model"),
            }),
            how: size.map(how).unwrap_or_default(),
            faint: !matches!(effect, Effect::Found(_)),
        }
    }

    fn sentence(&self, whose: Whose<'_>, effect: &Effect) -> String {
        let t = self.t;
        match effect {
            Effect::Found(size) => {
                let (fewer, between, weeks) =
                    (fewer(t, &size.relative), between(t, &size.relative), weeks(t, size.weeks));
                match whose {
                    Whose::Everybody => {
                        fl!(t, "effect-found", change = fewer, between = between, weeks = weeks)
                    }
                    Whose::Listed => {
                        fl!(t, "effect-found-listed", change = fewer, between = between, weeks = weeks)
                    }
                    Whose::Scoped(_) => {
                        fl!(t, "effect-found-scoped", change = fewer, between = between, weeks = weeks)
                    }
                }
            }
            Effect::NotSeen { size, smallest } => {
                fl!(
                    t,
                    "effect-not-seen",
                    change = change(t, &size.relative),
                    smallest = self.least(*smallest)
                )
            }
            Effect::TooFew { size, .. } if !size.is_tried() => {
                let (n, dates) = (size.placebos, t.lang().count(size.placebos));
                fl!(t, "effect-short-past", change = change(t, &size.relative), n = n, dates = dates)
            }
            Effect::TooFew { size, needed } => {
                let change = change(t, &size.relative);
                format!("{} {}", fl!(t, "effect-too-few", change = change), self.needed(*needed))
            }
            Effect::Biased { bias, .. } => {
                let points = t.lang().signed(bias * 100.0, 1);
                fl!(t, "effect-biased", points = points, n = (bias * 100.0).abs())
            }
            Effect::NotSeparable { with, together } => {
                let alone = fl!(t, "effect-not-separable", n = with.len(), events = self.names.all(t, with));
                let Some(size) = together else { return alone };
                let (fewer, between, weeks) =
                    (fewer(t, &size.relative), between(t, &size.relative), weeks(t, size.weeks));
                let n = with.len();
                let both = fl!(t, "effect-together", n = n, change = fewer, between = between, weeks = weeks);
                format!("{alone} {both}")
            }
            Effect::NotEstimated { because: WhyNot::NothingToCompare }
                if matches!(whose, Whose::Scoped(_)) =>
            {
                fl!(t, "why-not-nothing-to-compare-scope")
            }
            Effect::NotEstimated { because } => self.why_not(*because),
        }
    }

    /// With how many customers it could be told.
    pub(super) fn needed(&self, needed: Option<u64>) -> String {
        match needed {
            Some(n) => fl!(self.t, "effect-needed", customers = self.t.lang().count(rounded_up(n))),
            None => fl!(self.t, "effect-needed-none"),
        }
    }

    fn least(&self, share: f64) -> String {
        let share = share.abs();
        self.t.lang().percent(share, usize::from(share < 0.1))
    }

    fn why_not(&self, because: WhyNot) -> String {
        let t = self.t;
        match because {
            WhyNot::ShortPast { weeks: past, needed } => {
                fl!(t, "why-not-short-past", weeks = weeks(t, past), needed = t.lang().count(needed))
            }
            WhyNot::NoWeekAfter => fl!(t, "why-not-no-week-after"),
            WhyNot::NothingToCompare => fl!(t, "why-not-nothing-to-compare"),
            WhyNot::NotDetermined => fl!(t, "why-not-not-determined"),
        }
    }

    fn lines(&self, effect: &Effect, size: &EffectSize) -> Vec<Line> {
        let t = self.t;
        let mut lines = size.kept.as_ref().map_or_else(Vec::new, |kept| kept_lines(t, kept));
        lines.push(Line { name: fl!(t, "effect-points"), words: points(t, &size.points) });
        let (name, lost) = if size.lost.value < 0.0 {
            (fl!(t, "effect-won"), opposite(&size.lost))
        } else {
            (fl!(t, "effect-lost"), size.lost)
        };
        lines.push(Line { name, words: counted(t, &lost) });
        if let Some(money) = &size.money {
            let money = if size.lost.value < 0.0 { opposite(money) } else { *money };
            let (amount, range) = (
                estimate::money(t.lang(), self.currency, &money),
                estimate::money_interval(t, self.currency, &money),
            );
            let words = fl!(t, "amount-with-range", amount = amount, range = range);
            lines.push(Line { name: fl!(t, "effect-money"), words });
        }
        let horizons = [fl!(t, "horizon-1"), fl!(t, "horizon-2"), fl!(t, "horizon-3")];
        for (name, figure) in horizons.into_iter().zip(&size.horizons) {
            lines.extend(figure.as_ref().map(|figure| Line { name, words: change(t, figure) }));
        }
        // An effect that was not found does not fade, and a design that finds effects anywhere has no chance to tell.
        if matches!(effect, Effect::Found(_)) {
            lines.push(Line { name: fl!(t, "half-life"), words: self.half_life(size.half_life) });
        }
        // Without dates to try it at there is no chance to tell either.
        if !matches!(effect, Effect::Biased { .. }) && size.placebos > 0 {
            lines.push(Line { name: fl!(t, "effect-chance"), words: self.chance(size) });
        }
        let mut how = match size.method {
            Method::DifferenceInDifferences => fl!(t, "method-did"),
            Method::ExpectedReturns => fl!(t, "method-expected"),
            Method::StructuralTimeSeries => fl!(t, "method-together"),
            other => capital(&method(t, other)),
        };
        if size.widened {
            how.push_str(&fl!(t, "method-widened"));
        }
        // The fit is surer than its fake dates allow; where they do not bear it out it is not said.
        if let (Some(inclusion), Effect::Found(_)) = (size.inclusion, effect) {
            lines.push(Line { name: fl!(t, "effect-inclusion"), words: t.lang().percent(inclusion, 0) });
        }
        lines.push(Line { name: fl!(t, "effect-method"), words: how });
        lines.extend(self.beside(size).map(|words| Line { name: fl!(t, "effect-second"), words }));
        lines
    }

    /// What other methods say of the same weeks, where any does.
    fn beside(&self, size: &EffectSize) -> Option<String> {
        let second = size.second.iter().map(|second| self.second(second));
        second.reduce(|said, next| fl!(self.t, "second-next", said = said, next = next))
    }

    /// What another method says: `synthetic control −14%`.
    fn second(&self, second: &SecondOpinion) -> String {
        let t = self.t;
        let value = second.relative;
        let words = match second.interval {
            Some(interval) => change(t, &Figure { value, low: interval.low, high: interval.high }),
            None => signed_percent(t.lang(), value, 0),
        };
        let says = fl!(t, "second-says", method = method(t, second.method), change = words);
        if second.agrees { says } else { fl!(t, "second-apart", says = says) }
    }

    fn half_life(&self, half_life: HalfLife) -> String {
        let t = self.t;
        let lang = t.lang();
        match half_life {
            HalfLife::NoDrop => fl!(t, "half-life-no-drop"),
            HalfLife::NotSeen { at_least } => {
                fl!(t, "half-life-not-seen", n = at_least, weeks = lang.decimal(at_least, 0))
            }
            HalfLife::Weeks(figure) => {
                let decimals = plain_decimals(figure.low, figure.high).min(1);
                let write = |weeks: f64| lang.decimal(weeks, decimals);
                fl!(
                    t,
                    "half-life-weeks",
                    n = figure.value,
                    weeks = write(figure.value),
                    low = write(figure.low),
                    high = write(figure.high)
                )
            }
        }
    }

    /// How often so large an effect arises where there is none: never finer than the placebos can show.
    fn chance(&self, size: &EffectSize) -> String {
        let (t, lang) = (self.t, self.t.lang());
        let (of, dates) = (lang.decimal(1.0 / size.resolution, 0), lang.count(size.placebos));
        if size.p_value <= size.resolution * 1.000_001 {
            return fl!(t, "chance-at-most", of = of, n = size.placebos, dates = dates);
        }
        let times = lang.decimal(size.p_value / size.resolution, 0);
        fl!(t, "chance-placebo", times = times, of = of, n = size.placebos, dates = dates)
    }
}

/// What became of the retention rate, or why that is not known.
fn kept_lines(t: &Text, kept: &Kept) -> Vec<Line> {
    let effect = match kept {
        Kept::Told(effect) => effect,
        Kept::NotTold { because } => {
            return vec![Line { name: fl!(t, "effect-kept-untold"), words: why_not_kept(t, *because) }];
        }
    };
    let (name, customers) = if effect.customers.value < 0.0 {
        (fl!(t, "effect-kept-won"), opposite(&effect.customers))
    } else {
        (fl!(t, "effect-kept-lost"), effect.customers)
    };
    vec![
        kept_line(t, effect),
        Line { name, words: counted(t, &customers) },
        Line { name: fl!(t, "effect-kept-everybody"), words: points(t, &effect.of_everybody) },
    ]
}

fn kept_line(t: &Text, effect: &KeptEffect) -> Line {
    let expected = t.lang().percent(effect.expected, 0);
    Line {
        name: fl!(t, "effect-kept", n = effect.days, days = t.lang().count(effect.days)),
        words: fl!(t, "effect-kept-words", points = points(t, &effect.points), expected = expected),
    }
}

fn why_not_kept(t: &Text, because: WhyNotKept) -> String {
    match because {
        WhyNotKept::NotOver => fl!(t, "kept-not-over"),
        WhyNotKept::ShortPast => fl!(t, "kept-short-past"),
        WhyNotKept::AnotherEvent => fl!(t, "kept-another-event"),
        WhyNotKept::Biased => fl!(t, "kept-biased"),
        WhyNotKept::NothingToCompare => fl!(t, "kept-nothing"),
    }
}

/// The name of a method within a sentence.
pub(super) fn method(t: &Text, method: Method) -> String {
    match method {
        Method::DifferenceInDifferences => fl!(t, "second-did"),
        Method::ExpectedReturns => fl!(t, "second-expected"),
        Method::StructuralTimeSeries => fl!(t, "second-bsts"),
        Method::SyntheticControl => fl!(t, "second-sc"),
        Method::SyntheticDifferenceInDifferences => fl!(t, "second-sdid"),
    }
}

/// A phrase that stands alone.
pub(super) fn capital(phrase: &str) -> String {
    let mut letters = phrase.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A loss as a gain.
fn opposite(figure: &Figure) -> Figure {
    Figure { value: -figure.value, low: -figure.high, high: -figure.low }
}

/// A number needed is a plan, not a measure: two digits, upwards.
fn rounded_up(n: u64) -> u64 {
    let unit = 10_u64.pow(n.max(1).ilog10().saturating_sub(1));
    n.div_ceil(unit) * unit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    fn size(p_value: f64) -> EffectSize {
        let figure = Figure { value: -0.1, low: -0.2, high: -0.02 };
        EffectSize {
            weeks: 12,
            points: figure,
            relative: figure,
            lost: figure,
            money: None,
            horizons: [None; 3],
            half_life: HalfLife::NoDrop,
            p_value,
            resolution: 1.0 / 13.0,
            placebos: 12,
            widened: false,
            method: Method::ExpectedReturns,
            inclusion: None,
            second: Vec::new(),
            kept: None,
        }
    }

    #[test]
    fn a_probability_is_never_finer_than_the_placebos() {
        let text = Text::new(Lang::En);
        let writer = Writer {
            t: &text,
            currency: None,
            scale: Scale { low: -0.3, high: 0.1 },
            names: Names(Vec::new()),
        };
        let least = writer.chance(&size(1.0 / 13.0));
        assert!(least.contains("at most 1 in 13") && least.contains("12 dates"), "{least}");
        assert!(writer.chance(&size(0.46)).contains("about 6 of 13"));
    }

    #[test]
    fn an_interval_beyond_the_picture_runs_to_its_edge() {
        let scale = Scale { low: -0.3, high: 0.1 };
        let picture = scale.picture(String::new(), &Figure { value: -0.1, low: -0.9, high: 0.05 });
        assert_eq!((picture.from.as_str(), picture.zero.as_str()), ("0.0", "176.0"));
        assert_eq!(picture.dot.as_deref(), Some("120.0"));
        let outside = scale.picture(String::new(), &Figure { value: 0.5, low: -0.1, high: 2.0 });
        assert_eq!((outside.dot, outside.to.as_str()), (None, "240.0"));
    }

    #[test]
    fn a_number_needed_is_rounded_upwards() {
        assert_eq!([0, 7, 41, 12_345, 99_100].map(rounded_up), [0, 7, 41, 13_000, 100_000]);
    }
}
