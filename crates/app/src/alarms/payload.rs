//! What a webhook is told of an alarm: the form that Standard Webhooks recommends, `type`, `timestamp` and `data`.

use fidance_store::{AlarmKey, Closed};
use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::Serialize;

use crate::watch::model::{Alarm, Concerned, Fall, Onset, Promise, SegmentWatch, SeriesName, Shape, Watch};

/// What a webhook is sent of an alarm.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Payload<'a> {
    /// `alarm.raised` or `alarm.closed`.
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    /// When it came to that.
    #[schemars(with = "String")]
    pub(super) timestamp: Timestamp,
    /// The alarm.
    pub(super) data: Data<'a>,
}

/// The alarm. What is not known is null.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Data<'a> {
    /// What it is known by, for good: the series, and the week that raised it first.
    id: String,
    /// Which series raised it.
    series: SeriesName,
    /// Monday of the week that raised it first.
    #[schemars(with = "String")]
    raised: Date,
    /// It in one sentence, as in the mail and on its page: since when, how much fewer, who mostly. In the language of
    /// `alarm.language`.
    sentence: String,
    /// When the fall most likely began.
    onset: Onset,
    /// How it began.
    shape: Shape,
    /// How large it is.
    fall: Fall,
    /// The group of customers in which the fall is concentrated; null where no group stands out.
    mostly: Option<&'a Concerned>,
    /// Segments that stand out against all other customers when this is written, the strongest evidence first: they fell beyond
    /// everybody's fall. Empty where none does.
    segments: Vec<&'a SegmentWatch>,
    /// Monday of the first of the weeks in which returns were as expected again.
    #[schemars(with = "Option<String>")]
    recovered: Option<Date>,
    /// What was promised.
    promise: Promise,
    /// Why it is closed: `recovered`, `lasting`, `restated` or `person`; null while it is open.
    closed: Option<&'static str>,
}

impl<'a> Data<'a> {
    pub(super) fn new(
        key: &AlarmKey,
        alarm: &'a Alarm,
        sentence: String,
        watch: &'a Watch,
        closed: Option<Closed>,
    ) -> Self {
        Self {
            id: key.to_string(),
            series: alarm.series,
            raised: key.week,
            sentence,
            onset: alarm.onset,
            shape: alarm.shape,
            fall: alarm.fall,
            mostly: alarm.mostly.as_ref(),
            segments: watch.named().collect(),
            recovered: alarm.recovered,
            promise: watch.promise,
            closed: closed.map(|closed| closed.why.as_str()),
        }
    }
}
