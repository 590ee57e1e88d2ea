//! One event of the register that comes into question: what is known of it, what it did, what speaks for and against.

use fidance_app::{
    diagnosis::model::{Cause, Direction, EventKind, Evidence, Finding, KnownEvent, Standing},
    watch::model::Shape,
};
use i18n_embed_fl::fl;

use super::{
    effect::{self, EffectView, Whose, Writer},
    estimate::{between, change, fewer, signed_percent},
    scope,
};
use crate::text::{PValue, Text};

/// A cause, ready for a template.
#[derive(Debug)]
pub(crate) struct CauseView {
    pub(crate) title: String,
    pub(crate) facts: Vec<String>,
    pub(crate) standing: String,
    pub(crate) standing_detail: String,
    /// Class of the standing.
    pub(crate) tone: &'static str,
    pub(crate) effects: Vec<EffectView>,
    pub(crate) evidence: Vec<(String, Vec<String>)>,
}

impl CauseView {
    pub(super) fn new(writer: &Writer<'_>, cause: &Cause) -> Self {
        let t = writer.t;
        let mut effects = vec![writer.effect(Whose::Everybody, &cause.total)];
        let compared = scope::compared(&cause.event);
        effects.extend(cause.exposed.as_ref().map(|effect| writer.effect(compared, effect)));
        let evidence = [
            (fl!(t, "evidence-for"), Direction::For),
            (fl!(t, "evidence-against"), Direction::Against),
            (fl!(t, "evidence-neither"), Direction::Neither),
        ];
        let evidence = evidence.into_iter().filter_map(|(name, direction)| {
            let found = cause.evidence.iter().filter(|one| one.points == direction);
            let found = found.map(|one| finding(t, one, compared)).collect::<Vec<_>>();
            (!found.is_empty()).then_some((name, found))
        });
        Self {
            title: cause.event.title.clone(),
            facts: facts(t, &cause.event),
            standing: standing(t, cause.standing),
            standing_detail: standing_detail(t, cause),
            tone: match cause.standing {
                Standing::Shown => "shown",
                Standing::Likely | Standing::Felt => "likely",
                Standing::NotSeparable | Standing::CannotTell => "open-question",
                Standing::Unlikely => "unlikely",
            },
            effects,
            evidence: evidence.collect(),
        }
    }
}

/// Where a cause stands, in a word or two.
pub(super) fn standing(t: &Text, standing: Standing) -> String {
    match standing {
        Standing::Shown => fl!(t, "standing-shown"),
        Standing::Likely => fl!(t, "standing-likely"),
        Standing::Felt => fl!(t, "standing-felt"),
        Standing::NotSeparable => fl!(t, "standing-not-separable"),
        Standing::CannotTell => fl!(t, "standing-cannot-tell"),
        Standing::Unlikely => fl!(t, "standing-unlikely"),
    }
}

/// What that means.
pub(super) fn standing_detail(t: &Text, cause: &Cause) -> String {
    match cause.standing {
        Standing::Shown if matches!(scope::compared(&cause.event), Whose::Scoped(_)) => {
            fl!(t, "standing-shown-detail-scope")
        }
        Standing::Shown => fl!(t, "standing-shown-detail"),
        Standing::Likely if cause.exposed.is_some() => fl!(t, "standing-likely-detail-compared"),
        Standing::Likely => fl!(t, "standing-likely-detail"),
        Standing::Felt => fl!(t, "standing-felt-detail"),
        Standing::NotSeparable => fl!(t, "standing-not-separable-detail"),
        Standing::CannotTell => fl!(t, "standing-cannot-tell-detail"),
        Standing::Unlikely => fl!(t, "standing-unlikely-detail"),
    }
}

/// What the register says of an event.
pub(super) fn facts(t: &Text, event: &KnownEvent) -> Vec<String> {
    let lang = t.lang();
    let date = lang.date(event.date);
    let mut facts = vec![match event.kind {
        EventKind::Incident => fl!(t, "event-incident"),
        EventKind::VisibleFailure => fl!(t, "event-visible-failure"),
        EventKind::AuthenticationStep => fl!(t, "event-authentication-step"),
        EventKind::PriceChange => fl!(t, "event-price-change"),
        EventKind::Campaign => fl!(t, "event-campaign"),
        EventKind::Other => fl!(t, "event-other"),
    }];
    facts.push(match (event.kind, event.until) {
        (_, Some(until)) if until > event.date => fl!(t, "event-from-to", from = date, to = lang.date(until)),
        (EventKind::Incident, _) => fl!(t, "event-disclosed", date = date),
        _ => fl!(t, "event-on", date = date),
    });
    facts.extend(event.days_to_disclose.map(|days| {
        let (n, count) = (days.unsigned_abs(), lang.count(days.unsigned_abs()));
        match days {
            1.. => fl!(t, "event-days-to-disclose", n = n, count = count),
            0 => fl!(t, "event-disclosed-at-once"),
            ..0 => fl!(t, "event-disclosed-before", n = n, count = count),
        }
    }));
    facts.extend(event.severity.map(|severity| fl!(t, "event-severity", severity = i64::from(severity))));
    facts.extend(event.communication.map(|told| match told {
        2.. => fl!(t, "event-told-well"),
        1 => fl!(t, "event-told-rather-well"),
        0 => fl!(t, "event-told-neither"),
        -1 => fl!(t, "event-told-rather-badly"),
        ..-1 => fl!(t, "event-told-badly"),
    }));
    facts.extend(event.listed.map(|listed| fl!(t, "event-listed", n = listed, count = lang.count(listed))));
    facts.extend(event.scope.iter().flat_map(|known| scope::facts(t, known)));
    facts
}

fn finding(t: &Text, evidence: &Evidence, compared: Whose<'_>) -> String {
    let lang = t.lang();
    let is_scope = matches!(compared, Whose::Scoped(_));
    match &evidence.finding {
        Finding::Time { weeks, fits } => time(t, *weeks, *fits),
        Finding::Shape { shape } => match shape {
            Shape::Sudden => fl!(t, "finding-sudden"),
            Shape::Gradual => fl!(t, "finding-gradual"),
            Shape::Unclear => fl!(t, "finding-shape-unclear"),
        },
        Finding::Exposure { relative } => {
            let (change, between) = (fewer(t, relative), between(t, relative));
            if is_scope {
                fl!(t, "finding-exposure-scope", change = change, between = between)
            } else {
                fl!(t, "finding-exposure", change = change, between = between)
            }
        }
        Finding::PreTrend { p_value } => {
            let chance = chance(t, *p_value);
            match (evidence.points, is_scope) {
                (Direction::Against, false) => fl!(t, "finding-pre-trend-apart", chance = chance),
                (Direction::Against, true) => fl!(t, "finding-pre-trend-apart-scope", chance = chance),
                (_, false) => fl!(t, "finding-pre-trend-alike", chance = chance),
                (_, true) => fl!(t, "finding-pre-trend-alike-scope", chance = chance),
            }
        }
        Finding::Felt { relative } => {
            let (change, between) = (fewer(t, relative), between(t, relative));
            if is_scope {
                fl!(t, "finding-felt-scope", change = change, between = between)
            } else {
                fl!(t, "finding-felt-list", change = change, between = between)
            }
        }
        Finding::Level { relative } => fl!(t, "finding-level", change = change(t, relative)),
        Finding::Placebo { dates, as_large } => {
            let (dates, large) = (lang.count(*dates), lang.count(*as_large));
            fl!(t, "finding-placebo", dates = dates, n = as_large, large = large)
        }
        Finding::SecondOpinion { method, relative } => fl!(
            t,
            "finding-second",
            method = effect::method(t, *method),
            change = signed_percent(lang, *relative, 0)
        ),
        Finding::Overlap { listed, everybody } => fl!(
            t,
            "finding-overlap",
            listed = lang.percent(*listed, 0),
            everybody = lang.percent(*everybody, usize::from(*everybody < 0.1))
        ),
    }
}

fn time(t: &Text, weeks: i64, fits: bool) -> String {
    let n = weeks.unsigned_abs();
    let count = t.lang().count(n);
    let when = match weeks {
        0 => fl!(t, "finding-time-same"),
        1.. => fl!(t, "finding-time-after", n = n, count = count),
        ..0 => fl!(t, "finding-time-before", n = n, count = count),
    };
    if fits { fl!(t, "finding-time-fits", when = when) } else { fl!(t, "finding-time-no-fit", when = when) }
}

/// How often, where there is nothing to find.
pub(super) fn chance(t: &Text, p_value: f64) -> String {
    match t.lang().p_value(p_value) {
        PValue::BelowOneIn(n) => fl!(t, "chance-below", n = t.lang().count(n)),
        PValue::About(share) => fl!(t, "chance-about", share = share),
    }
}
