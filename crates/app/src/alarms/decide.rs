//! What becomes of the stored alarms after a look at the data: which are new, which go on, which are over.
//!
//! Pure: from what the watch found and what is stored to steps, in the order in which they are to be done. Data that come
//! late may move an alarm by some weeks; it stays the alarm that people were told of, under the id they know.

use std::collections::HashSet;

use fidance_store::{Alarm as Stored, AlarmKey, Closing};
use jiff::{Span, ToSpan as _, civil::Date};

use super::record::{Record, Told};
use crate::watch::model::{Alarm, SeriesName, Watch, WatchState};

/// An alarm that moves by at most so much is the same. One that follows another is raised at least five weeks later.
const MOVES_DAYS: i32 = 28;
/// Nobody is told of what was raised longer ago than this when it is first seen.
const OLD_WEEKS: i64 = 26;

/// One thing to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Store an alarm that was not known.
    Raise(AlarmKey, Record),
    /// Store what is found of one that is known.
    Update(AlarmKey, Record),
    /// Open one again that the data had closed, and do not any more.
    Reopen(AlarmKey, Record),
    /// Close one.
    Close(AlarmKey, Closing),
}

/// What is to be done, where `today` is the business's day.
pub fn decide(watch: &Watch, stored: &[Stored], today: Date) -> Vec<Step> {
    // Before there is an expectation, nothing can be said, of what was raised earlier either.
    if !matches!(watch.state, WatchState::Watching | WatchState::Raised) {
        return Vec::new();
    }
    let mut steps = Vec::new();
    let mut open: HashSet<&str> = stored.iter().filter(|one| one.closed.is_none()).map(series_of).collect();
    let (same, new) = pairs(watch, stored);
    for (one, alarm) in &same {
        let record = Record::read(one);
        match (one.closed.map(|closed| closed.why), over(alarm)) {
            (None, over) => {
                let found = record.found(alarm);
                if !found.is_in(one) {
                    steps.push(Step::Update(one.key.clone(), found));
                }
                if let Some(why) = over {
                    steps.push(Step::Close(one.key.clone(), why));
                    open.remove(series_of(one));
                }
            }
            // What a person closed stays closed; what the data closed, restated data can open.
            (Some(Closing::Restated | Closing::Recovered | Closing::Lasting), None) => {
                if reaches_end(watch, one, &record) && open.insert(series_of(one)) {
                    steps.push(Step::Reopen(one.key.clone(), record.reopened(alarm)));
                }
            }
            (Some(_), _) => {}
        }
    }
    let taken_back = stored.iter().filter(|one| {
        let is_known = same.iter().any(|(known, _)| known.key == one.key);
        one.closed.is_none() && !is_known && newest(watch, &one.key.series) >= Some(one.key.week)
    });
    for one in taken_back {
        steps.push(Step::Close(one.key.clone(), Closing::Restated));
        open.remove(series_of(one));
    }
    for alarm in new {
        let key = AlarmKey { week: alarm.raised, series: alarm.series.word().to_owned() };
        if let Some(why) = over(alarm) {
            steps.push(Step::Raise(key.clone(), Record::new(alarm, Told::Nobody)));
            steps.push(Step::Close(key, why));
        } else if open.insert(alarm.series.word()) {
            let newest = newest(watch, &key.series).map_or(today, |newest| newest.max(today));
            let is_old = alarm.raised.saturating_add(OLD_WEEKS.weeks()) < newest;
            let told = if is_old { Told::Nobody } else { Told::Due };
            steps.push(Step::Raise(key, Record::new(alarm, told)));
        }
    }
    steps
}

/// Stored alarms that the watch still finds, each with what it is there.
pub(super) fn known<'a>(watch: &'a Watch, stored: &'a [Stored]) -> Vec<(&'a Stored, &'a Alarm)> {
    pairs(watch, stored).0
}

/// The alarm of the watch that a stored one is.
pub(super) fn same<'a>(watch: &'a Watch, stored: &Stored) -> Option<&'a Alarm> {
    let record = Record::read(stored);
    let alike = watch.alarms.iter().filter(|alarm| is_same(stored, &record, alarm));
    alike.min_by_key(|alarm| days_between(stored.key.week, alarm.raised))
}

type Pairs<'a> = (Vec<(&'a Stored, &'a Alarm)>, Vec<&'a Alarm>);

/// Stored alarms with what they are now, and alarms that are none of them; the oldest first.
fn pairs<'a>(watch: &'a Watch, stored: &'a [Stored]) -> Pairs<'a> {
    let records: Vec<Record> = stored.iter().map(Record::read).collect();
    let (mut same, mut new): Pairs<'a> = (Vec::new(), Vec::new());
    let mut alarms: Vec<&Alarm> = watch.alarms.iter().collect();
    alarms.sort_by_key(|alarm| (alarm.raised, alarm.series));
    for alarm in alarms {
        let alike = stored.iter().zip(&records).filter(|(one, record)| {
            is_same(one, record, alarm) && !same.iter().any(|(known, _)| known.key == one.key)
        });
        // Of two, one that is open goes before one that is over.
        let nearest = alike
            .min_by_key(|(one, _)| (one.closed.is_some(), days_between(one.key.week, alarm.raised)))
            .map(|(one, _)| one);
        match nearest {
            Some(one) => same.push((one, alarm)),
            None => new.push(alarm),
        }
    }
    (same, new)
}

fn is_same(stored: &Stored, record: &Record, alarm: &Alarm) -> bool {
    let is_near = |one: Date, other: Date| days_between(one, other) <= MOVES_DAYS;
    let onset = record.alarm.as_ref().map_or(stored.key.week, |known| known.onset.week);
    let within = alarm.onset.earliest <= stored.key.week && stored.key.week < end(alarm);
    stored.key.series == alarm.series.word()
        && (is_near(stored.key.week, alarm.raised) || is_near(onset, alarm.onset.week) || within)
}

/// Whether the data still reach the week by which an alarm was over. Where they end before, as those of a lake that was put
/// back, they say nothing of it.
fn reaches_end(watch: &Watch, stored: &Stored, record: &Record) -> bool {
    let end = record.alarm.as_ref().and_then(|known| known.recovered.or(known.lasting));
    end.is_none_or(|end| newest(watch, &stored.key.series) >= Some(end))
}

/// Why an alarm is over; `None` while it is not.
fn over(alarm: &Alarm) -> Option<Closing> {
    if alarm.recovered.is_some() {
        return Some(Closing::Recovered);
    }
    alarm.lasting.map(|_| Closing::Lasting)
}

/// The Monday after the last week of a fall.
fn end(alarm: &Alarm) -> Date {
    let weeks = i64::try_from(alarm.fall.weeks).unwrap_or(i64::MAX);
    let weeks = Span::new().try_weeks(weeks).unwrap_or_default();
    alarm.onset.week.checked_add(weeks).unwrap_or(Date::MAX)
}

/// The Monday of the newest week that was judged.
fn newest(watch: &Watch, series: &str) -> Option<Date> {
    let of = |name: SeriesName| name.word() == series;
    [&watch.returns, &watch.retention]
        .into_iter()
        .find(|one| of(one.name))?
        .weeks
        .last()
        .map(|week| week.start)
}

fn series_of(stored: &Stored) -> &str {
    &stored.key.series
}

fn days_between(one: Date, other: Date) -> i32 {
    // Two dates of the calendar are at most four million days apart.
    (one - other).get_days().abs()
}
