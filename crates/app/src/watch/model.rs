//! What the watch over retention found, as plain data: the series, the evidence, and the alarms.
//!
//! Dates are civil dates of the business's zone, weeks begin on Monday, and `end` is exclusive. A figure that the data
//! cannot give is `null`, never 0. An estimate has an interval of 95 % wherever nothing else is said.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A figure with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Figure {
    /// The estimate.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Everything that one look at the data found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Watch {
    /// What was promised, and on which series.
    pub promise: Promise,
    /// Whether all is well.
    pub state: WatchState,
    /// Returns of each week against expected returns: the leading series.
    pub returns: WatchedSeries,
    /// The week after the last complete one, so far. It is no evidence: no alarm rests on it. Absent where the data end with a
    /// complete week, and where there is nothing to expect.
    pub running: Option<RunningWeek>,
    /// The retention rate of each week against its own past: the lagging series. It moves only when the window of
    /// activity has passed.
    pub retention: WatchedSeries,
    /// Alarms of both series, the latest first.
    pub alarms: Vec<Alarm>,
    /// Every value of every segment column against all other customers, those named first, then by evidence. Empty
    /// without segment columns, and while there is nothing to compare with.
    pub segments: Vec<SegmentWatch>,
}

impl Watch {
    /// The segments that stand out, the strongest evidence first.
    pub fn named(&self) -> impl Iterator<Item = &SegmentWatch> {
        self.segments.iter().filter(|segment| segment.raised)
    }
}

/// One segment against all other customers in the same weeks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SegmentWatch {
    /// The column.
    pub by: String,
    /// Its value.
    pub value: String,
    /// Place in this order, from 1.
    pub rank: u64,
    /// Whether it is named (e-BH): its returns fell against its own past, and against those of all others. At most one
    /// naming without cause in the years of the promise, over all segments together.
    pub raised: bool,
    /// Monday of the most likely first week of the fall; absent where it is not named.
    #[schemars(with = "Option<String>")]
    pub since: Option<Date>,
    /// Evidence of a fall. Ranked evidence: a higher figure is no higher probability, and no rate of false discoveries
    /// at a date follows.
    pub evidence: f64,
    /// Customers of the segment who could return in the last week.
    pub due: u64,
    /// Weeks that are added up: since the fall began, or the last eight.
    pub weeks: u64,
    /// Returns in these weeks.
    pub returned: u64,
    /// Returns that would have come, had the segment kept its usual place against the others in the same weeks.
    pub expected: f64,
    /// The difference of the two, relative to the second.
    pub relative: Figure,
}

/// "At most one false alarm in so many years."
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Promise {
    /// Years, on average and at least, between two alarms without cause, on each of the two series.
    pub years: f64,
    /// Evidence at which the alarm is raised.
    pub threshold: f64,
}

/// Whether all is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum WatchState {
    /// Watching; no alarm is open.
    Watching,
    /// At least one alarm is open.
    Raised,
    /// The past is too short for an expectation.
    Learning {
        /// Complete weeks in the data.
        weeks: u64,
        /// Weeks from which on there is an expectation.
        needed: u64,
    },
    /// Nobody, or everybody, came back: there is no rate to expect.
    NothingToExpect,
}

/// Which series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeriesName {
    /// Customers who came back in the week, of those who could: leads.
    Returns,
    /// Customers active at the start of the week who were still active at its end: lags by the window.
    Retention,
}

impl SeriesName {
    /// The word in ids and addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Returns => "returns",
            Self::Retention => "retention",
        }
    }
}

/// One series under watch.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct WatchedSeries {
    /// Which one.
    pub name: SeriesName,
    /// Weeks in order. Those before there was an expectation are left out.
    pub weeks: Vec<WatchedWeek>,
}

/// One complete week of a series.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct WatchedWeek {
    /// Its Monday.
    #[schemars(with = "String")]
    pub start: Date,
    /// Customers who could return, or were active at its start.
    pub due: u64,
    /// Those who did return, or stayed.
    pub observed: u64,
    /// How many of them were to be expected, from earlier weeks only, with the range in which 95 of 100 such weeks lie.
    pub expected: Figure,
    /// Evidence that fewer came than expected; the alarm is raised where it reaches the threshold.
    pub evidence: f64,
    /// The advisory chart (CUSUM of normal scores): above 4.39 worth a look, with no promise.
    pub advisory: f64,
    /// Whether an alarm was open during the week.
    pub alarm: bool,
}

/// Returns of the week that is not over.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RunningWeek {
    /// Its Monday.
    #[schemars(with = "String")]
    pub start: Date,
    /// Days of it that are over, from Monday: 1 to 6. What the data have of later days is not counted.
    pub days: u64,
    /// Customers who could return.
    pub due: u64,
    /// Those who did in these days.
    pub observed: u64,
    /// Part of a week's returns that has come after so many days, with the range in which 95 of 100 weeks lie: from the last 26
    /// complete weeks.
    pub completion: Figure,
    /// Returns that were to be expected in these days, from earlier weeks only, with the range in which 95 of 100 such weeks lie.
    pub expected: Figure,
    /// Returns of the whole week, given those so far.
    pub total: Figure,
}

impl RunningWeek {
    /// The last day that is over.
    #[must_use]
    pub fn last_day(&self) -> Date {
        self.start.saturating_add(jiff::Span::new().days(i64::try_from(self.days).unwrap_or(1) - 1))
    }
}

impl Alarm {
    /// The Monday since which the fall is over: as expected again, or taken as normal.
    #[must_use]
    pub fn over(&self) -> Option<Date> {
        self.recovered.or(self.lasting)
    }

    /// Whether the fall goes on.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.over().is_none()
    }
}

/// A fall that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alarm {
    /// Stable name: the series and the Monday of the week in which it was raised.
    pub id: String,
    /// Which series raised it.
    pub series: SeriesName,
    /// Monday of the week that raised it.
    #[schemars(with = "String")]
    pub raised: Date,
    /// The first day on which it could be known: that week was over.
    #[schemars(with = "String")]
    pub known: Date,
    /// When the fall most likely began.
    pub onset: Onset,
    /// How it began.
    pub shape: Shape,
    /// Evidence at the week that raised it.
    pub evidence: f64,
    /// Monday of the first of the weeks in which returns were as expected again; absent while they are not.
    #[schemars(with = "Option<String>")]
    pub recovered: Option<Date>,
    /// Monday of the first week in which the lower level was what is expected, half a year after the onset; absent while it
    /// is not, or where returns recovered.
    #[schemars(with = "Option<String>")]
    #[serde(default)]
    pub lasting: Option<Date>,
    /// How large it is, from the onset to the recovery or to the end of the data, against what the weeks before the
    /// onset let expect.
    pub fall: Fall,
    /// Who is mostly concerned; absent where no group of customers stands out.
    pub mostly: Option<Concerned>,
}

/// The most likely first week of a fall.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Onset {
    /// Monday of the most likely week.
    #[schemars(with = "String")]
    pub week: Date,
    /// Monday of the first week that comes into question (90 %).
    #[schemars(with = "String")]
    pub earliest: Date,
    /// Monday of the last one.
    #[schemars(with = "String")]
    pub latest: Date,
}

/// How a fall began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// From one week to the next.
    Sudden,
    /// Over two months or more.
    Gradual,
    /// Too early to say, or in between.
    Unclear,
}

/// The size of a fall.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fall {
    /// Complete weeks it is summed over.
    pub weeks: u64,
    /// Change of the number that came back (or stayed), relative to the expected one: -0.08 is 8 % fewer.
    pub relative: Figure,
    /// Returns (or stays) that did not happen, summed over the weeks.
    pub missing: Figure,
    /// What they would have been worth, at the mean amount of those who did come in the same weeks; absent without
    /// amounts.
    pub money: Option<Figure>,
}

/// The group of customers in which a fall is concentrated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Concerned {
    /// Conditions that hold together.
    pub conditions: Vec<Condition>,
    /// Chance that the search finds a group standing out as much where none does (parametric bootstrap).
    pub p_value: f64,
    /// Share of all customers who could return.
    pub share_of_customers: f64,
    /// Share of the missing returns; above 1 where others came more often than expected.
    pub share_of_missing: f64,
    /// Change within the group, relative to its expectation.
    pub relative: f64,
}

/// A restriction of one segment column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Condition {
    /// The column.
    pub by: String,
    /// The values.
    pub values: Vec<String>,
    /// Whether customers have one of these values, or none of them.
    pub excluded: bool,
}
