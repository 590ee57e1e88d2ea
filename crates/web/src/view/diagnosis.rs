//! The page of one alarm: what fell, where, which events come into question, what can be said, and what to do.

use askama::Template;
use fidance_app::{
    diagnosis::model::{Diagnosis, FrozenWeek, NextStep, SegmentFall, Standing, Verdict, WouldChange},
    report::model::PeriodLength,
    watch::model::{Concerned, SeriesName},
};
use i18n_embed_fl::fl;

use super::{
    cause::{self, CauseView},
    effect::{Names, Scale, Writer, capital},
    estimate::{self, change, count, count_interval},
    fall,
    figure::{Chart, Figure, Key, Series, Table, TableRow, embed},
    headline::{Direction, Fact},
    method::{Chapter, each_once},
    said::Saying,
    segments::segment_name,
    shell::{carried, columns},
};
use crate::text::{Lang, Text};

/// Rows of a segment table; the others are in the JSON.
const MOST_SEGMENTS: usize = 10;

/// The body of the page.
#[derive(Debug, Template)]
#[template(path = "diagnosis.html")]
pub(crate) struct DiagnosisView<'a> {
    pub(super) t: &'a Text,
    pub(super) back: String,
    pub(super) eyebrow: String,
    pub(super) title: String,
    pub(super) verdict: String,
    pub(super) verdict_detail: String,
    pub(super) facts: Vec<Fact>,
    pub(super) lead: String,
    pub(super) weeks: Option<Figure<'a>>,
    pub(super) weeks_words: String,
    pub(super) place: String,
    pub(super) place_chance: Option<String>,
    pub(super) segments: Vec<Segment>,
    pub(super) causes: Vec<CauseView>,
    pub(super) would_change: Vec<String>,
    pub(super) next: Vec<String>,
    /// What its weeks are held against.
    pub(super) expected: Chapter,
    /// How a group was looked for, where one was.
    pub(super) how_place: Option<Chapter>,
    /// How all of it is computed.
    pub(super) how: Vec<Chapter>,
    pub(super) seed: String,
    /// What people say of it, where a server keeps that.
    pub(crate) saying: Option<Saying>,
}

/// The fall by one segment column.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) table: Table,
    pub(crate) left_out: Option<String>,
}

impl<'a> DiagnosisView<'a> {
    pub(crate) fn new(
        t: &'a Text,
        diagnosis: &Diagnosis,
        currency: Option<&'a str>,
        query: Option<&str>,
    ) -> Self {
        let alarm = &diagnosis.alarm;
        let effects =
            || diagnosis.causes.iter().flat_map(|cause| [Some(&cause.total), cause.exposed.as_ref()]);
        let writer = Writer {
            t,
            currency,
            scale: Scale::of(effects().flatten()),
            names: Names::new(diagnosis.causes.iter().map(|cause| &cause.event)),
        };
        let (verdict, verdict_detail) = verdict(&writer, diagnosis);
        let causes = diagnosis.causes.iter().map(|one| CauseView::new(&writer, one)).collect::<Vec<_>>();
        let series = fall::series(t, alarm.series);
        Self {
            t,
            back: format!("/alarm{}", carried(query)),
            eyebrow: fl!(t, "diagnosis-eyebrow", date = t.lang().date(alarm.known), series = series),
            title: fall::title(t, alarm),
            verdict,
            verdict_detail,
            facts: facts(t, diagnosis, currency),
            lead: fall::lead(t, alarm),
            weeks: weeks_figure(t, diagnosis),
            weeks_words: match alarm.series {
                SeriesName::Returns => fl!(t, "frozen-words"),
                SeriesName::Retention => fl!(t, "frozen-words-retention"),
            },
            place: match alarm.series {
                SeriesName::Returns => place(t, alarm.mostly.as_ref()),
                SeriesName::Retention => fl!(t, "where-not-looked"),
            },
            place_chance: alarm
                .mostly
                .as_ref()
                .map(|concerned| fl!(t, "where-chance", chance = cause::chance(t, concerned.p_value))),
            segments: segments(t, diagnosis),
            expected: Chapter::of_series(alarm.series),
            how_place: how_place(alarm.series),
            how: chapters(alarm.series, &causes),
            causes,
            would_change: diagnosis.would_change.iter().map(|one| would_change(&writer, one)).collect(),
            next: diagnosis.next.iter().map(|one| next_step(&writer, one)).collect(),
            seed: fl!(t, "method-seed", seed = diagnosis.seed.to_string()),
            saying: None,
        }
    }

    fn how_expected(&self) -> [Chapter; 1] {
        [self.expected]
    }

    /// What is missing is told against what was expected, the beginning and the shape by the alarm.
    fn how_large(&self) -> [Chapter; 3] {
        [self.expected, Chapter::Sizes, Chapter::Alarm]
    }
}

/// What can be said, and why not more.
fn verdict(writer: &Writer<'_>, diagnosis: &Diagnosis) -> (String, String) {
    let t = writer.t;
    match &diagnosis.verdict {
        Verdict::Explained { event, standing, share } => {
            let cause = diagnosis.causes.iter().find(|cause| cause.event.id == *event);
            let detail = cause.map_or_else(String::new, |cause| cause::standing_detail(t, cause));
            let event = writer.names.quoted(t, event);
            let title = match standing {
                Standing::Shown => fl!(t, "verdict-shown", event = event),
                Standing::Likely => fl!(t, "verdict-likely", event = event),
                Standing::Felt => fl!(t, "verdict-felt", event = event),
                other => fl!(t, "verdict-other", standing = cause::standing(t, *other), event = event),
            };
            let share =
                share.as_ref().map(|share| fl!(t, "verdict-share", share = estimate::share(t, share)));
            (title, share.map_or_else(|| detail.clone(), |share| format!("{detail} {share}")))
        }
        Verdict::NotSeparable { events } => {
            let events = writer.names.all(t, events);
            (fl!(t, "verdict-not-separable"), fl!(t, "verdict-not-separable-detail", events = events))
        }
        Verdict::NoKnownCause => (fl!(t, "verdict-no-known"), fl!(t, "verdict-no-known-detail")),
        Verdict::CannotTell { events, needed } => {
            let (n, events) = (events.len(), writer.names.all(t, events));
            let detail = fl!(t, "verdict-cannot-tell-detail", n = n, events = events);
            (fl!(t, "verdict-cannot-tell"), format!("{detail} {}", writer.needed(*needed)))
        }
    }
}

fn facts(t: &Text, diagnosis: &Diagnosis, currency: Option<&str>) -> Vec<Fact> {
    let lang = t.lang();
    let alarm = &diagnosis.alarm;
    let weeks = super::alarm::weeks(t, alarm.fall.weeks);
    let fact = |label, verdict, detail| Fact { label, verdict, detail, direction: Direction::None };
    let state = if alarm.is_open() { "open" } else { "over" };
    let missing = match alarm.series {
        SeriesName::Returns => fl!(t, "fact-missing-returns", state = state, weeks = weeks),
        SeriesName::Retention => fl!(t, "fact-missing-retention", state = state, weeks = weeks),
    };
    let mut facts =
        vec![fact(missing, count(lang, &alarm.fall.missing), count_interval(t, &alarm.fall.missing))];
    if let Some(money) = &alarm.fall.money {
        let range = estimate::money_interval(t, currency, money);
        facts.push(fact(fl!(t, "fact-money"), estimate::money(lang, currency, money), range));
    }
    facts.push(fact(
        fl!(t, "fact-began"),
        capital(&lang.period(alarm.onset.week, PeriodLength::Week)),
        fall::onset(t, &alarm.onset),
    ));
    facts.push(fact(fl!(t, "fact-shape"), fall::shape(t, alarm.shape), fall::shape_detail(t, alarm.shape)));
    facts
}

fn weeks_figure<'a>(t: &'a Text, diagnosis: &Diagnosis) -> Option<Figure<'a>> {
    let lang = t.lang();
    let weeks = &diagnosis.weeks;
    weeks.first()?;
    let name = |week: &FrozenWeek| lang.period(week.start, PeriodLength::Week);
    let of = |end: fn(&FrozenWeek) -> f64| weeks.iter().map(|week| Some(end(week).round())).collect();
    let expected_name = fl!(t, "frozen-expected");
    let expected = Series {
        name: expected_name.clone(),
        tone: "past",
        values: of(|week| week.expected.value),
        low: Some(of(|week| week.expected.low)),
        high: Some(of(|week| week.expected.high)),
        written: Some(weeks.iter().map(|week| estimate::counted(t, &week.expected)).collect()),
        ..Series::default()
    };
    let observed = Series {
        name: fl!(t, "watch-observed-key"),
        tone: "accent",
        values: weeks.iter().map(|week| Some(week.observed as f64)).collect(),
        written: Some(weeks.iter().map(|week| lang.count(week.observed)).collect()),
        ..Series::default()
    };
    let rows = weeks.iter().map(|week| TableRow {
        name: name(week),
        cells: vec![
            lang.count(week.observed),
            count(lang, &week.expected),
            count_interval(t, &week.expected),
            if week.fallen { fl!(t, "frozen-fallen") } else { fl!(t, "frozen-before") },
        ],
        faint: false,
    });
    Some(Figure {
        t,
        id: "chart-weeks".to_owned(),
        summary: fall::sentence(t, &diagnosis.alarm),
        keys: vec![
            Key::new("line accent", fl!(t, "watch-observed-key")),
            Key::new("line past", expected_name.clone()),
            Key::new("band past", fl!(t, "watch-range")),
            Key::new("band lost", fl!(t, "frozen-fallen")),
        ],
        size: "tall",
        table: Table {
            caption: fl!(t, "frozen-table"),
            columns: vec![
                fl!(t, "week"),
                fl!(t, "watch-observed-key"),
                expected_name,
                fl!(t, "watch-range"),
                fl!(t, "state"),
            ],
            rows: rows.collect(),
            words_at_end: 1,
        },
        data: embed(&Chart {
            lang: lang.tag(),
            labels: Some(
                weeks.iter().map(|week| lang.period_short(week.start, PeriodLength::Week)).collect(),
            ),
            titles: Some(weeks.iter().map(name).collect()),
            marked: Some(weeks.iter().map(|week| week.fallen).collect()),
            series: vec![expected, observed],
            ..Chart::default()
        }),
    })
}

/// Who is mostly concerned, in words.
pub(super) fn place(t: &Text, concerned: Option<&Concerned>) -> String {
    let Some(concerned) = concerned else { return fl!(t, "where-nobody") };
    let lang = t.lang();
    let change = lang.percent(concerned.relative.abs(), 0);
    let group = fall::group(t, &concerned.conditions);
    let customers = lang.percent(concerned.share_of_customers, 0);
    if concerned.share_of_missing > 1.0 {
        fl!(t, "where-group-all", group = group, customers = customers, change = change)
    } else {
        let missing = lang.percent(concerned.share_of_missing, 0);
        fl!(t, "where-group", group = group, customers = customers, missing = missing, change = change)
    }
}

fn segments(t: &Text, diagnosis: &Diagnosis) -> Vec<Segment> {
    let columns = columns(diagnosis.segments.iter().map(|segment| segment.by.as_str()));
    columns
        .into_iter()
        .map(|column| {
            let mut rows = diagnosis.segments.iter().filter(|one| one.by == column).collect::<Vec<_>>();
            rows.sort_by(|a, b| {
                b.share_of_missing.total_cmp(&a.share_of_missing).then_with(|| a.value.cmp(&b.value))
            });
            let left_out = rows.len().saturating_sub(MOST_SEGMENTS);
            rows.truncate(MOST_SEGMENTS);
            Segment {
                table: Table {
                    caption: fl!(t, "where-table", column = column),
                    columns: vec![
                        column.to_owned(),
                        fl!(t, "where-share"),
                        fl!(t, "where-change"),
                        fl!(t, "watch-observed"),
                        fl!(t, "watch-expected"),
                        fl!(t, "watch-due"),
                    ],
                    rows: rows.iter().map(|one| segment_row(t, one)).collect(),
                    words_at_end: 0,
                },
                left_out: (left_out > 0).then(|| {
                    fl!(t, "segments-left-out", n = left_out, count = t.lang().count(left_out as u64))
                }),
            }
        })
        .collect()
}

fn segment_row(t: &Text, segment: &SegmentFall) -> TableRow {
    let lang: Lang = t.lang();
    TableRow {
        name: segment_name(t, &segment.value),
        cells: vec![
            lang.percent(segment.share_of_missing, 0),
            change(t, &segment.relative),
            lang.count(segment.observed),
            lang.decimal(segment.expected, 0),
            lang.count(segment.due),
        ],
        faint: false,
    }
}

fn would_change(writer: &Writer<'_>, what: &WouldChange) -> String {
    let t = writer.t;
    match what {
        WouldChange::AffectedList { event } => {
            fl!(t, "change-affected-list", event = writer.names.quoted(t, event))
        }
        WouldChange::MoreWeeks { weeks } => {
            fl!(t, "change-more-weeks", n = weeks, count = t.lang().count(*weeks))
        }
        WouldChange::BetterDate { event } => {
            fl!(t, "change-better-date", event = writer.names.quoted(t, event))
        }
        WouldChange::MissingEvent { from, to } => {
            let to = fall::last_day(*to);
            fl!(t, "change-missing-event", from = fall::from(t.lang(), *from, to), to = t.lang().date(to))
        }
    }
}

fn next_step(writer: &Writer<'_>, step: &NextStep) -> String {
    let t = writer.t;
    let event = |id: &str| writer.names.quoted(t, id);
    match step {
        NextStep::AskAround { from, to } => {
            let to = fall::last_day(*to);
            fl!(t, "next-ask-around", from = fall::from(t.lang(), *from, to), to = t.lang().date(to))
        }
        NextStep::AskCustomers { conditions } => {
            fl!(t, "next-ask-customers", group = fall::group(t, conditions))
        }
        NextStep::AddList { event: id } => fl!(t, "next-add-list", event = event(id)),
        NextStep::TellCustomers { event: id } => fl!(t, "next-tell", event = event(id)),
        NextStep::EaseStep { event: id } => fl!(t, "next-ease", event = event(id)),
        NextStep::Wait { weeks } => fl!(t, "next-wait", n = weeks, count = t.lang().count(*weeks)),
    }
}

/// How a group was looked for: in falls of returns alone.
fn how_place(series: SeriesName) -> Option<Chapter> {
    (series == SeriesName::Returns).then_some(Chapter::Drivers)
}

/// The methods behind a diagnosis.
fn chapters(series: SeriesName, causes: &[CauseView]) -> Vec<Chapter> {
    let always = [Chapter::Diagnosis, Chapter::Alarm, Chapter::of_series(series), Chapter::Sizes];
    let place = how_place(series);
    let effects =
        causes.iter().flat_map(|cause| &cause.effects).flat_map(|effect| effect.how.iter().copied());
    let gates = causes.first().map(|_| Chapter::Gates);
    each_once(always.into_iter().chain(place).chain(effects).chain(gates))
}
