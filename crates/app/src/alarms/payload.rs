//! What a webhook is told of an alarm: the form that Standard Webhooks recommends, `type`, `timestamp` and `data`.

use fidance_store::{AlarmKey, Closed};
use jiff::{Timestamp, civil::Date};
use serde::Serialize;

use crate::watch::model::{Alarm, Concerned, Fall, Onset, Promise, Shape};

/// The body.
#[derive(Debug, Serialize)]
pub(super) struct Payload<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    /// When it came to that.
    pub(super) timestamp: Timestamp,
    pub(super) data: Data<'a>,
}

/// The alarm. What is not known is null.
#[derive(Debug, Serialize)]
pub(super) struct Data<'a> {
    id: String,
    series: &'a str,
    /// Monday of the week that raised it.
    raised: Date,
    onset: Option<Onset>,
    shape: Option<Shape>,
    fall: Option<Fall>,
    mostly: Option<&'a Concerned>,
    recovered: Option<Date>,
    promise: Promise,
    /// Why it is closed.
    closed: Option<&'static str>,
}

impl<'a> Data<'a> {
    pub(super) fn new(
        key: &'a AlarmKey,
        alarm: Option<&'a Alarm>,
        promise: Promise,
        closed: Option<Closed>,
    ) -> Self {
        Self {
            id: key.to_string(),
            series: &key.series,
            raised: key.week,
            onset: alarm.map(|alarm| alarm.onset),
            shape: alarm.map(|alarm| alarm.shape),
            fall: alarm.map(|alarm| alarm.fall),
            mostly: alarm.and_then(|alarm| alarm.mostly.as_ref()),
            recovered: alarm.and_then(|alarm| alarm.recovered),
            promise,
            closed: closed.map(|closed| closed.why.as_str()),
        }
    }
}
