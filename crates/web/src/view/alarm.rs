//! The alarm page: the state in a sentence, the promise, the series, and every alarm so far.

use std::collections::BTreeMap;

use askama::Template;
use fidance_app::{
    alarms::{Kept, KnownEvent},
    watch::model::{Alarm, Promise, SeriesName, Watch, WatchState, WatchedSeries},
};
use i18n_embed_fl::fl;

use super::{
    estimate, fall,
    figure::Figure,
    headline::{Direction, Fact},
    method::Chapter,
    running,
    said::Said,
    segment_watch::{self, SegmentsWatch},
    shell::carried,
    watched,
};
use crate::text::Text;

/// The body of the page.
#[derive(Debug, Template)]
#[template(path = "alarm.html")]
pub(crate) struct Alarms<'a> {
    pub(super) t: &'a Text,
    pub(super) title: String,
    pub(super) lead: String,
    /// What else there is to know of the state.
    pub(super) remark: Option<String>,
    /// The week that is not over.
    pub(super) running: Option<String>,
    /// Which segments are named.
    pub(super) segment_remark: Option<String>,
    pub(super) promise: Option<String>,
    /// Where the open alarm is explained.
    pub(super) open: Option<String>,
    pub(super) facts: Vec<Fact>,
    pub(super) returns: Option<Figure<'a>>,
    pub(super) evidence: Option<Figure<'a>>,
    pub(super) retention: Option<Figure<'a>>,
    pub(super) items: Vec<Item>,
    pub(super) watching: bool,
    /// Segments against all other customers.
    pub(super) segments: Option<SegmentsWatch>,
}

/// One alarm of the list.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) href: String,
    /// Names the link.
    pub(crate) id: String,
    pub(crate) open: bool,
    pub(crate) standing: String,
    pub(crate) series: String,
    pub(crate) sentence: String,
    pub(crate) facts: Vec<String>,
    /// What people say of it, where a server keeps that.
    pub(crate) said: Option<Said>,
}

/// The line on the barometer.
#[derive(Debug)]
pub(crate) struct Notice {
    pub(crate) words: String,
    pub(crate) href: String,
}

impl Notice {
    /// Speaks of the latest alarm that is open, of returns where there is one: it is the series that leads.
    pub(crate) fn new(t: &Text, watch: &Watch, query: Option<&str>) -> Option<Self> {
        let alarm = open(watch)?;
        let words = fl!(t, "alarm-notice", sentence = fall::sentence(t, alarm));
        Some(Self { words, href: href(alarm, query) })
    }
}

/// Where an alarm is explained.
fn href(alarm: &Alarm, query: Option<&str>) -> String {
    format!("/alarm/{}{}", alarm.id, carried(query))
}

fn open(watch: &Watch) -> Option<&Alarm> {
    let mut open = watch.alarms.iter().filter(|alarm| alarm.is_open());
    let first = open.clone().next();
    open.find(|alarm| alarm.series == SeriesName::Returns).or(first)
}

impl<'a> Alarms<'a> {
    pub(crate) fn new(
        t: &'a Text,
        watch: Option<&Watch>,
        currency: Option<&str>,
        query: Option<&str>,
    ) -> Self {
        let Some(watch) = watch else { return Self::only_activities(t) };
        let (title, lead) = state(t, watch);
        let watching = matches!(watch.state, WatchState::Watching | WatchState::Raised);
        Self {
            t,
            title,
            lead,
            remark: remark(t, watch),
            running: watch.running.as_ref().map(|week| running::sentence(t, week)),
            segment_remark: segment_watch::remark(t, watch),
            promise: watching.then(|| promise(t, &watch.promise)),
            open: open(watch).map(|alarm| href(alarm, query)),
            facts: facts(t, watch),
            returns: watched::returns(t, &watch.returns, watch.running.as_ref()),
            evidence: watched::evidence(t, &watch.promise, &watch.returns, &watch.retention),
            retention: watched::retention(t, &watch.retention),
            items: watch.alarms.iter().map(|alarm| item(t, alarm, currency, query)).collect(),
            watching,
            segments: watching.then(|| SegmentsWatch::new(t, watch)),
        }
    }

    /// With what is kept of the alarms: those that a person has closed are not open any more, whatever the data say.
    pub(crate) fn with_kept(
        mut self,
        watch: &Watch,
        kept: &BTreeMap<String, Kept>,
        events: &[KnownEvent],
        query: Option<&str>,
    ) -> Self {
        let t = self.t;
        for (item, alarm) in self.items.iter_mut().zip(&watch.alarms) {
            let Some(kept) = kept.get(&alarm.id) else { continue };
            if alarm.is_open() && kept.closed.is_some() {
                item.open = false;
                item.standing = fl!(t, "alarm-still-below");
            }
            item.said = Some(Said::new(t, kept, events, query));
        }
        if watch.state == WatchState::Raised {
            let is_closed = |alarm: &Alarm| kept.get(&alarm.id).is_some_and(|kept| kept.closed.is_some());
            let mut left = watch.clone();
            left.alarms.retain(|alarm| !is_closed(alarm));
            (self.title, self.lead) = if left.alarms.iter().any(Alarm::is_open) {
                state(t, &left)
            } else {
                (fl!(t, "alarm-watching-title"), last_week(t, &watch.returns))
            };
            self.open = open(&left).map(|alarm| href(alarm, query));
        }
        self
    }

    fn only_activities(t: &'a Text) -> Self {
        Self {
            t,
            title: fl!(t, "alarm-only-activities-title"),
            lead: fl!(t, "alarm-only-activities"),
            remark: None,
            running: None,
            segment_remark: None,
            promise: None,
            open: None,
            facts: Vec::new(),
            returns: None,
            evidence: None,
            retention: None,
            items: Vec::new(),
            watching: false,
            segments: None,
        }
    }
}

/// The state, and the sentence that goes with it.
fn state(t: &Text, watch: &Watch) -> (String, String) {
    let lang = t.lang();
    match watch.state {
        WatchState::Watching => (fl!(t, "alarm-watching-title"), last_week(t, &watch.returns)),
        WatchState::Raised => {
            let count = watch.alarms.iter().filter(|alarm| alarm.is_open()).count();
            let title = fl!(t, "alarm-raised-title", n = count, count = lang.count(count as u64));
            (title, open(watch).map_or_else(String::new, |alarm| fall::sentence(t, alarm)))
        }
        WatchState::Learning { weeks, needed } => {
            let missing = needed.saturating_sub(weeks);
            let lead = fl!(
                t,
                "alarm-learning",
                n = weeks,
                weeks = lang.count(weeks),
                needed = lang.count(needed),
                m = missing,
                missing = lang.count(missing)
            );
            (fl!(t, "alarm-learning-title"), lead)
        }
        WatchState::NothingToExpect => (fl!(t, "alarm-nothing-title"), fl!(t, "alarm-nothing")),
    }
}

fn last_week(t: &Text, series: &WatchedSeries) -> String {
    let Some(week) = series.weeks.last() else { return fl!(t, "alarm-no-week") };
    fl!(
        t,
        "alarm-last-week",
        week = watched::week_name(t.lang(), week),
        n = week.observed,
        observed = t.lang().count(week.observed),
        range = estimate::count_interval(t, &week.expected)
    )
}

/// A last week that is worth a look although it raises nothing.
fn remark(t: &Text, watch: &Watch) -> Option<String> {
    let week = watch.returns.weeks.last()?;
    watched::worth_a_look(week).then(|| fl!(t, "alarm-worth-a-look"))
}

/// How rarely an alarm is false.
pub(super) fn promise(t: &Text, promise: &Promise) -> String {
    let years = promise.years;
    let decimals = usize::from(years.fract().abs() > 0.05);
    fl!(t, "alarm-promise", n = years, years = t.lang().decimal(years, decimals))
}

fn facts(t: &Text, watch: &Watch) -> Vec<Fact> {
    let lang = t.lang();
    let mut facts = Vec::new();
    let fact = |label, verdict, detail| Fact { label, verdict, detail, direction: Direction::None };
    if let Some(week) = watch.returns.weeks.last() {
        facts.push(fact(
            fl!(t, "alarm-fact-returns", week = watched::week_name(lang, week)),
            lang.count(week.observed),
            fl!(t, "alarm-fact-expected", range = estimate::count_interval(t, &week.expected)),
        ));
        facts.push(fact(
            fl!(t, "alarm-fact-evidence"),
            watched::written(t, Some(week.evidence)),
            fl!(t, "alarm-fact-threshold", threshold = watched::written(t, Some(watch.promise.threshold))),
        ));
    }
    if let Some(week) = watch.retention.weeks.last() {
        facts.push(fact(
            fl!(t, "alarm-fact-retention"),
            watched::rate_words(lang, week),
            fl!(t, "alarm-fact-expected", range = watched::rate_range(t, week)),
        ));
    }
    facts
}

fn item(t: &Text, alarm: &Alarm, currency: Option<&str>, query: Option<&str>) -> Item {
    let lang = t.lang();
    let mut facts = vec![fl!(t, "alarm-known", date = lang.date(alarm.known))];
    facts.push(fall::onset(t, &alarm.onset));
    facts.push(fall::shape(t, alarm.shape));
    facts.extend(size(t, alarm, currency));
    Item {
        href: href(alarm, query),
        id: alarm.id.clone(),
        open: alarm.is_open(),
        standing: match (alarm.recovered, alarm.lasting) {
            (Some(week), _) => fl!(t, "alarm-recovered", date = lang.date(week)),
            (None, Some(week)) => fl!(t, "alarm-lasting", date = lang.date(week)),
            (None, None) => fl!(t, "alarm-open"),
        },
        series: fall::series(t, alarm.series),
        sentence: fall::sentence(t, alarm),
        facts,
        said: None,
    }
}

/// What is missing, and what it is worth.
pub(super) fn size(t: &Text, alarm: &Alarm, currency: Option<&str>) -> Vec<String> {
    let mut facts = vec![missing(t, alarm)];
    if let Some(money) = &alarm.fall.money {
        let (amount, range) =
            (estimate::money(t.lang(), currency, money), estimate::money_interval(t, currency, money));
        facts.push(fl!(t, "alarm-money", amount = amount, range = range));
    }
    facts
}

fn missing(t: &Text, alarm: &Alarm) -> String {
    let missing = &alarm.fall.missing;
    let (number, range) = (estimate::count(t.lang(), missing), estimate::count_interval(t, missing));
    let weeks = weeks(t, alarm.fall.weeks);
    match alarm.series {
        SeriesName::Returns => fl!(t, "alarm-missing-returns", number = number, range = range, weeks = weeks),
        SeriesName::Retention => {
            fl!(t, "alarm-missing-retention", number = number, range = range, weeks = weeks)
        }
    }
}

/// So many weeks.
pub(super) fn weeks(t: &Text, n: u64) -> String {
    fl!(t, "weeks", n = n, count = t.lang().count(n))
}
