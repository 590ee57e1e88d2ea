//! A diagnosis as plain data: what fell, who is concerned, which events come into question and what speaks for and
//! against each, what can be said and what cannot.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    dose::model::DoseResponse,
    watch::model::{Alarm, Condition, Figure},
};

/// One page per alarm.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Diagnosis {
    /// The alarm.
    pub alarm: Alarm,
    /// The weeks around it, against what the weeks before the onset let expect.
    pub weeks: Vec<FrozenWeek>,
    /// How the fall is spread over the values of each segment column: shares of the missing returns.
    pub segments: Vec<SegmentFall>,
    /// Events that come into question, the strongest first.
    pub causes: Vec<Cause>,
    /// What can be said.
    pub verdict: Verdict,
    /// What would change it.
    pub would_change: Vec<WouldChange>,
    /// What to do next, the most useful first.
    pub next: Vec<NextStep>,
    /// Seed of the draws; the same data and seed give the same diagnosis.
    pub seed: u64,
}

/// A week against an expectation that did not learn from the fall.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct FrozenWeek {
    /// Its Monday.
    #[schemars(with = "String")]
    pub start: Date,
    /// Customers who came back (or stayed).
    pub observed: u64,
    /// How many were to be expected. Before the onset: the rolling expectation.
    pub expected: Figure,
    /// Whether the fall had begun.
    pub fallen: bool,
}

/// The fall within one segment value.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SegmentFall {
    /// The column.
    pub by: String,
    /// The value.
    pub value: String,
    /// Customers who could return, summed over the weeks.
    pub due: u64,
    /// Those who did.
    pub observed: u64,
    /// Those who were to be expected to.
    pub expected: f64,
    /// Relative change with its interval.
    pub relative: Figure,
    /// Share of the missing returns of everybody.
    pub share_of_missing: f64,
}

/// What is known of an event from the register.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct KnownEvent {
    /// Its id in the register.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it is.
    pub kind: EventKind,
    /// The day from which customers could know or feel it: the disclosure, not the breach.
    #[schemars(with = "String")]
    pub date: Date,
    /// The last day, where it ended.
    #[schemars(with = "Option<String>")]
    pub until: Option<Date>,
    /// How serious, 0 to 3; incidents only.
    pub severity: Option<u8>,
    /// Days from discovery to disclosure; incidents only.
    pub days_to_disclose: Option<i64>,
    /// How well it was told, −2 to 2; incidents only.
    pub communication: Option<i8>,
    /// Whether anything was offered to those concerned; incidents only.
    pub remedy: Option<bool>,
    /// Customers on its list, where there is one.
    pub listed: Option<u64>,
    /// Whom it concerns by segment values, where the register says so.
    pub scope: Option<KnownScope>,
}

/// Whom an event concerns by segment values, and what the comparison makes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KnownScope {
    /// Those who meet all of them are concerned.
    pub conditions: Vec<Condition>,
    /// Whether they could be compared with the others.
    pub state: ScopeState,
}

impl KnownEvent {
    /// Whether it is an incident, and no change that somebody made.
    pub fn is_incident(&self) -> bool {
        matches!(self.kind, EventKind::Incident | EventKind::VisibleFailure)
    }
}

impl KnownScope {
    /// Whether customers in scope are compared with alike ones who are not.
    pub fn is_compared(&self) -> bool {
        self.state == ScopeState::Compared
    }
}

/// What becomes of a scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ScopeState {
    /// Customers in scope are compared with alike ones who are not.
    Compared,
    /// The event has a list too, and those on it are compared with the others.
    ListInstead,
    /// The data have no such column: only the effect on everybody is estimated.
    UnknownColumn {
        /// The column.
        by: String,
    },
    /// No customer has this value: only the effect on everybody is estimated.
    UnknownValue {
        /// The column.
        by: String,
        /// The value.
        value: String,
    },
}

/// What an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A security incident.
    Incident,
    /// An expired certificate, or another failure that customers see.
    VisibleFailure,
    /// A step of authentication was added or removed.
    AuthenticationStep,
    /// Prices changed.
    PriceChange,
    /// A campaign.
    Campaign,
    /// Anything else of the register.
    Other,
}

/// An event and what is known of its effect.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Cause {
    /// The event.
    pub event: KnownEvent,
    /// Where it stands.
    pub standing: Standing,
    /// What it did to everybody's returns.
    pub total: Effect,
    /// What being on its list, or in its scope, did, against alike customers who are not; absent without either.
    pub exposed: Option<Effect>,
    /// What speaks for and against it.
    pub evidence: Vec<Evidence>,
}

/// Where a cause stands, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Customers on its list or in its scope fell, alike ones who are not did not or less; the time fits; the design passed its checks.
    Shown,
    /// An effect at its date, without a list or a scope to compare; the time fits; the design passed its checks.
    Likely,
    /// It is older than the fall, and what it did was not over then: everybody still lost as much by it as is missing.
    Felt,
    /// Another event falls into the same weeks: the effect is one of them or both.
    NotSeparable,
    /// The data cannot tell.
    CannotTell,
    /// An effect of notable size would have been seen, and was not; or the time does not fit.
    Unlikely,
}

/// What is known of an effect.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Effect {
    /// The interval, widened by the placebos, leaves 0 out.
    Found(Box<EffectSize>),
    /// It covers 0, and an effect of `smallest` would most likely have been seen.
    NotSeen {
        /// The estimate all the same.
        size: Box<EffectSize>,
        /// Relative change that would have been seen in 80 of 100 such cases.
        smallest: f64,
    },
    /// It covers 0, and an effect of notable size could have been missed; or the past is too short to try the design at
    /// dates where nothing happened.
    TooFew {
        /// The estimate all the same.
        size: Box<EffectSize>,
        /// Customers with which it would be seen; absent where no number is enough.
        needed: Option<u64>,
    },
    /// The design finds effects at dates where nothing happened.
    Biased {
        /// The estimate all the same.
        size: Box<EffectSize>,
        /// Mean of the effects found there, in points.
        bias: f64,
    },
    /// The register has other events in the same weeks.
    NotSeparable {
        /// Their ids.
        with: Vec<String>,
        /// What all of them did together, this one included; absent where that is not known either.
        together: Option<Box<EffectSize>>,
    },
    /// Not estimated.
    NotEstimated {
        /// Why.
        because: WhyNot,
    },
}

/// Why an effect is not estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum WhyNot {
    /// Fewer weeks before the event than the model and its checks need.
    ShortPast {
        /// Weeks before it.
        weeks: u64,
        /// Weeks needed.
        needed: u64,
    },
    /// It lies after the data, or less than a week before their end.
    NoWeekAfter,
    /// None of the customers, or all of them, are on the list or in scope.
    NothingToCompare,
    /// The data do not determine it.
    NotDetermined,
}

/// How large an effect is, and how sure.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct EffectSize {
    /// Weeks from the event on that were used.
    pub weeks: u64,
    /// Change of the weekly share that returns, in shares: -0.01 is one point.
    pub points: Figure,
    /// Change of the number that returned, relative to what it would have been.
    pub relative: Figure,
    /// Returns lost (negative where won).
    pub lost: Figure,
    /// What they would have been worth; absent without amounts.
    pub money: Option<Figure>,
    /// Relative change over weeks 1–5, 6–13 and 14 on; absent where there are none.
    pub horizons: [Option<Figure>; 3],
    /// Weeks until half of it was gone.
    pub half_life: HalfLife,
    /// Two-sided probability of "no effect", never finer than the placebos can tell.
    pub p_value: f64,
    /// The smallest that so many placebos can show.
    pub resolution: f64,
    /// Fake dates at which the design was tried.
    pub placebos: u64,
    /// Whether the interval is that of the placebos, wider than the model's own.
    pub widened: bool,
    /// Standing of the estimator.
    pub method: Method,
    /// Probability that it had an effect at all, where it was weighed against others in one fit.
    pub inclusion: Option<f64>,
    /// What other methods say of the same weeks.
    pub second: Vec<SecondOpinion>,
    /// What it did to the retention rate; absent for an effect on everybody, which no others can be compared with.
    pub kept: Option<Kept>,
}

/// What an event did to the retention rate of those on its list or in its scope, where that can be told.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Kept {
    /// So much.
    Told(KeptEffect),
    /// Not known.
    NotTold {
        /// Why.
        because: WhyNotKept,
    },
}

/// Customers when the event became known who were customers no more when the window of activity was over.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct KeptEffect {
    /// Days of that window.
    pub days: u64,
    /// Change of the share of them that was kept: -0.01 is one point of the retention rate.
    pub points: Figure,
    /// The share that would have been kept without the event.
    pub expected: f64,
    /// Customers lost by it (negative where won).
    pub customers: Figure,
    /// Share of all customers of that time who were concerned.
    pub share: f64,
    /// The same as points of the rate of all customers of that time: what others lost by the news is not in it.
    pub of_everybody: Figure,
}

/// Why it is not known what an event did to the retention rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum WhyNotKept {
    /// The window after the event is not over.
    NotOver,
    /// The past is too short to know how those concerned differ from the others anyway.
    ShortPast,
    /// Another event begins within the window.
    AnotherEvent,
    /// The comparison finds effects at dates where nothing happened.
    Biased,
    /// Nobody alike is there to compare with.
    NothingToCompare,
}

/// The same effect by another method, shown beside and never instead.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct SecondOpinion {
    /// By which.
    pub method: Method,
    /// Change of the number that returned, relative to what it would have been.
    pub relative: f64,
    /// Its interval at 95 %; absent where the method has none.
    pub interval: Option<Range>,
    /// Share of comparisons without an event in which the method finds as much; absent where it has an interval.
    pub p_value: Option<f64>,
    /// Whether it can be reconciled with the estimate it stands beside.
    pub agrees: bool,
}

/// Two ends.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Range {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl EffectSize {
    /// Returns that were to be expected of those compared, a week.
    pub(crate) fn expected_a_week(&self) -> f64 {
        let width = |figure: Figure| figure.high - figure.low;
        width(self.lost) / width(self.relative) / self.weeks as f64
    }

    /// Whether the design was tried at enough fake dates for the effect to be told.
    pub fn is_tried(&self) -> bool {
        self.placebos >= fidance_stats::causal::gate::MIN_FAKE_DATES as u64
    }
}

/// Whether and how fast an effect fades.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum HalfLife {
    /// There is no drop to recover from.
    NoDrop,
    /// No recovery is seen so far: at least this many weeks.
    NotSeen {
        /// Weeks.
        at_least: f64,
    },
    /// Half of it was gone after so many weeks.
    Weeks(Figure),
}

/// How an effect was estimated; each has a page in `docs/statistics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Customers on a list, or in a scope, against alike customers who are not, before and after.
    DifferenceInDifferences,
    /// Everybody against expected returns that were learned before the event.
    ExpectedReturns,
    /// Everybody's weekly share as a structural time series.
    StructuralTimeSeries,
    /// A weighted mean of groups that are not on the list.
    SyntheticControl,
    /// The same, with weighted weeks too, and differences of both.
    SyntheticDifferenceInDifferences,
}

/// One observation about an event. Journeys and voices bring further ones.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Evidence {
    /// What was observed.
    pub finding: Finding,
    /// Which way it points.
    pub points: Direction,
}

/// Which way an observation points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Towards the event being the cause.
    For,
    /// Away from it.
    Against,
    /// Neither.
    Neither,
}

/// What was observed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Finding {
    /// Weeks from the event to the most likely onset; negative where the fall came first.
    Time {
        /// Weeks.
        weeks: i64,
        /// Whether the event lies among the weeks that come into question for the onset, or up to two weeks before.
        fits: bool,
    },
    /// The fall was sudden or gradual, and such an event makes a sudden one.
    Shape {
        /// How the fall began.
        shape: crate::watch::model::Shape,
    },
    /// Customers on its list, or in its scope, against alike ones who are not.
    Exposure {
        /// Relative change of those concerned, beside the others.
        relative: Figure,
    },
    /// Before the event, those concerned moved like the others, or did not.
    PreTrend {
        /// Two-sided probability of such differences where both move alike.
        p_value: f64,
    },
    /// The whole series at its date.
    Level {
        /// Relative change of everybody's returns.
        relative: Figure,
    },
    /// What an older event still did in the weeks in which the fall began.
    Felt {
        /// Relative change of those on its list or in its scope, beside the others.
        relative: Figure,
    },
    /// The design at dates where nothing happened.
    Placebo {
        /// Fake dates.
        dates: u64,
        /// How many showed an effect at least as large.
        as_large: u64,
    },
    /// Another method contradicts the estimate.
    SecondOpinion {
        /// Which.
        method: Method,
        /// What it says.
        relative: f64,
    },
    /// The group in which the fall is concentrated, and the share of it on the event's list.
    Overlap {
        /// Share of the concerned group on the list.
        listed: f64,
        /// Share of everybody on the list.
        everybody: f64,
    },
}

/// What can be said about the alarm.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Verdict {
    /// One event explains it.
    Explained {
        /// Its id.
        event: String,
        /// How strongly.
        standing: Standing,
        /// Share of the missing returns that its effect accounts for; absent where the alarm is of another series than
        /// the effect.
        share: Option<Figure>,
    },
    /// Several events of the same weeks; the data cannot share the fall out.
    NotSeparable {
        /// Their ids.
        events: Vec<String>,
    },
    /// No event of the register comes into question.
    NoKnownCause,
    /// Events come into question, and the data cannot tell.
    CannotTell {
        /// Their ids.
        events: Vec<String>,
        /// Customers with which it could be told; absent where no number is enough.
        needed: Option<u64>,
    },
}

/// What would change the verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum WouldChange {
    /// The list of the customers affected by an incident.
    AffectedList {
        /// The incident.
        event: String,
    },
    /// More weeks after the onset.
    MoreWeeks {
        /// How many.
        weeks: u64,
    },
    /// A better date of an event.
    BetterDate {
        /// The event.
        event: String,
    },
    /// An event that nobody has entered into the register.
    MissingEvent {
        /// Monday of the first week that comes into question.
        #[schemars(with = "String")]
        from: Date,
        /// Monday of the last one.
        #[schemars(with = "String")]
        to: Date,
    },
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum NextStep {
    /// Look at the weeks of the onset with those who run the shop: releases, prices, payment, delivery.
    AskAround {
        /// Monday of the first week that comes into question.
        #[schemars(with = "String")]
        from: Date,
        /// Monday of the last one.
        #[schemars(with = "String")]
        to: Date,
    },
    /// Ask the customers in whom the fall is concentrated.
    AskCustomers {
        /// Which ones.
        conditions: Vec<Condition>,
    },
    /// Bring in the list of affected customers.
    AddList {
        /// The incident.
        event: String,
    },
    /// Tell the affected customers, plainly and in person.
    TellCustomers {
        /// The incident.
        event: String,
    },
    /// Take the step back for those to whom it costs more than it protects.
    EaseStep {
        /// The change.
        event: String,
    },
    /// Wait for more weeks.
    Wait {
        /// How many.
        weeks: u64,
    },
}

/// What every event of the register did, alarm or not.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct EventEffects {
    /// In order of date.
    pub events: Vec<EventEffect>,
    /// What the incidents among them tell together, of those whose effect on the retention rate is told; absent without incidents.
    pub across: Option<DoseResponse>,
}

/// What one event did.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct EventEffect {
    /// The event.
    pub event: KnownEvent,
    /// On everybody's returns.
    pub total: Effect,
    /// On those on its list, or in its scope, against alike customers who are not.
    pub exposed: Option<Effect>,
}
