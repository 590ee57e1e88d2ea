//! What becomes of alarms from one look at the data to the next, and who is told how often.

use std::sync::Arc;

use fidance_app::{
    alarms::{MailText, Receivers, Record, Step, Told, Watchman, Words, decide},
    diagnosis::model::{Diagnosis, EventEffects},
    ingest::Clock,
    watch::{
        WatchError, WatchSource,
        model::{
            Alarm, Fall, Figure, Onset, Promise, SeriesName, Shape, Watch, WatchState, WatchedSeries,
            WatchedWeek,
        },
    },
};
use fidance_store::{
    Alarm as Stored, AlarmKey, Closed, Closing, NewNotice, NoticeKind, OpenOptions, Store, StoreLocation,
};
use jiff::{
    ToSpan,
    civil::{Date, date},
    tz::TimeZone,
};

use crate::{segment_watch, support::at};

/// The Monday of the newest complete week.
const NEWEST: Date = date(2026, 6, 1);
/// 9 June 2026, by when that week is known.
const NOW: i64 = 1_780_992_000_000_000;
const TODAY: Date = date(2026, 6, 9);
const MINUTE: i64 = 60_000_000;

fn ago(weeks: i32) -> Date {
    NEWEST.saturating_sub(weeks.weeks())
}

fn figure(value: f64) -> Figure {
    Figure { value, low: value - 0.02, high: value + 0.02 }
}

/// An alarm of returns that was raised so many weeks ago, two weeks after the fall began, and is open.
fn alarm(raised: i32) -> Alarm {
    let onset = raised + 2;
    Alarm {
        id: format!("returns-{}", ago(raised)),
        series: SeriesName::Returns,
        raised: ago(raised),
        known: ago(raised - 1),
        onset: Onset { week: ago(onset), earliest: ago(onset + 1), latest: ago(onset - 1) },
        shape: Shape::Sudden,
        evidence: 600.0,
        recovered: None,
        lasting: None,
        fall: Fall {
            weeks: onset as u64 + 1,
            relative: figure(-0.08),
            missing: Figure { value: 100.0, low: 80.0, high: 120.0 },
            money: None,
        },
        mostly: None,
    }
}

/// The same, over since so many weeks.
fn over(raised: i32, since: i32) -> Alarm {
    let fall = Fall { weeks: (raised + 2 - since) as u64, ..alarm(raised).fall };
    Alarm { recovered: Some(ago(since)), fall, ..alarm(raised) }
}

fn week(start: Date) -> WatchedWeek {
    WatchedWeek {
        start,
        due: 1_000,
        observed: 500,
        expected: Figure { value: 500.0, low: 450.0, high: 550.0 },
        evidence: 1.0,
        advisory: 0.0,
        alarm: false,
    }
}

fn watch(alarms: &[Alarm]) -> Watch {
    let series = |name| WatchedSeries { name, weeks: (0..40).rev().map(|weeks| week(ago(weeks))).collect() };
    Watch {
        promise: Promise { years: 10.0, threshold: 521.8 },
        state: WatchState::Watching,
        returns: series(SeriesName::Returns),
        running: None,
        retention: series(SeriesName::Retention),
        alarms: alarms.to_vec(),
        segments: Vec::new(),
    }
}

fn key(raised: i32) -> AlarmKey {
    AlarmKey { week: ago(raised), series: "returns".into() }
}

fn record(alarm: &Alarm, told: Told) -> Record {
    Record { told, opened: 1, alarm: Some(alarm.clone()) }
}

/// A stored alarm, of which people were told.
fn stored(alarm: &Alarm, closed: Option<Closing>) -> Stored {
    Stored {
        key: AlarmKey { week: alarm.raised, series: alarm.series.word().into() },
        raised_at: NOW,
        evaluation: serde_json::to_string(&record(alarm, Told::Queued)).unwrap(),
        acknowledged: None,
        explained: None,
        explained_signed: None,
        note: None,
        note_signed: None,
        closed: closed.map(|why| Closed { at: NOW, why }),
        closed_by: closed.map(|_| "server".into()),
        updated_at: NOW,
    }
}

fn steps(alarms: &[Alarm], known: &[Stored]) -> Vec<Step> {
    decide(&watch(alarms), known, TODAY)
}

#[test]
fn what_is_new_is_raised_and_told() {
    assert_eq!(steps(&[alarm(0)], &[]), [Step::Raise(key(0), record(&alarm(0), Told::Due))]);
    assert_eq!(steps(&[alarm(0)], &[stored(&alarm(0), None)]), []);
    // The other series has an alarm of its own.
    let lagging = Alarm { series: SeriesName::Retention, ..alarm(0) };
    let raised = steps(&[alarm(0), lagging], &[stored(&alarm(0), None)]);
    assert!(matches!(&raised[..], [Step::Raise(key, _)] if key.series == "retention"), "{raised:?}");
}

#[test]
fn late_data_that_move_an_alarm_make_no_second_one() {
    let known = [stored(&alarm(5), None)];
    for moved in [alarm(3), alarm(7)] {
        let updated = Step::Update(key(5), record(&moved, Told::Queued));
        assert_eq!(steps(std::slice::from_ref(&moved), &known), [updated]);
    }
    // Raised much later, but it is the same fall.
    let later = Alarm { onset: alarm(5).onset, fall: alarm(5).fall, ..alarm(0) };
    assert!(matches!(&steps(&[later], &known)[..], [Step::Update(same, _)] if *same == key(5)));
}

#[test]
fn no_second_alarm_is_raised_while_one_is_open() {
    let first = alarm(12);
    assert_eq!(steps(&[alarm(0), first.clone()], &[stored(&first, None)]), []);
    let both = steps(&[alarm(0), first], &[]);
    assert!(matches!(&both[..], [Step::Raise(first, _)] if *first == key(12)), "{both:?}");
}

#[test]
fn what_recovered_is_closed_and_a_later_fall_is_new() {
    let found = over(12, 5);
    let known = [stored(&alarm(12), None)];
    let update = Step::Update(key(12), record(&found, Told::Queued));
    let close = Step::Close(key(12), Closing::Recovered);
    assert_eq!(steps(std::slice::from_ref(&found), &known), [update.clone(), close.clone()]);
    let raise = Step::Raise(key(0), record(&alarm(0), Told::Due));
    assert_eq!(steps(&[alarm(0), found.clone()], &known), [update, close, raise]);
    assert_eq!(steps(std::slice::from_ref(&found), &[stored(&found, Some(Closing::Recovered))]), []);
}

#[test]
fn a_fall_that_became_what_is_expected_is_over() {
    let found = Alarm { lasting: Some(ago(6)), fall: Fall { weeks: 26, ..alarm(30).fall }, ..alarm(30) };
    let told = steps(std::slice::from_ref(&found), &[stored(&alarm(30), None)]);
    assert_eq!(told.last(), Some(&Step::Close(key(30), Closing::Lasting)));
}

#[test]
fn what_the_data_take_back_is_closed_as_restated_and_can_come_back() {
    let known = [stored(&alarm(5), None)];
    assert_eq!(steps(&[], &known), [Step::Close(key(5), Closing::Restated)]);
    let taken = [stored(&alarm(5), Some(Closing::Restated))];
    assert_eq!(steps(&[], &taken), []);
    let again = Record { told: Told::Due, opened: 2, alarm: Some(alarm(4)) };
    assert_eq!(steps(&[alarm(4)], &taken), [Step::Reopen(key(5), again)]);
    // What a person has closed stays closed.
    assert_eq!(steps(&[alarm(5)], &[stored(&alarm(5), Some(Closing::ByPerson))]), []);
}

#[test]
fn what_recovered_opens_again_where_corrected_data_take_the_recovery_back() {
    let recovered = over(12, 5);
    let again = Step::Reopen(key(12), Record { told: Told::Due, opened: 2, alarm: Some(alarm(12)) });
    assert_eq!(steps(&[alarm(12)], &[stored(&recovered, Some(Closing::Recovered))]), [again]);
    let lasting = Alarm { lasting: Some(ago(6)), ..alarm(30) };
    let opened = steps(&[alarm(30)], &[stored(&lasting, Some(Closing::Lasting))]);
    assert!(matches!(&opened[..], [Step::Reopen(same, _)] if *same == key(30)), "{opened:?}");
    // Whoever was never told is not told now.
    let untold = Stored {
        evaluation: serde_json::to_string(&record(&recovered, Told::Nobody)).unwrap(),
        ..stored(&recovered, Some(Closing::Recovered))
    };
    let opened = steps(&[alarm(12)], &[untold]);
    assert!(matches!(&opened[..], [Step::Reopen(_, new)] if new.told == Told::Nobody), "{opened:?}");
    assert_eq!(steps(&[alarm(12)], &[stored(&recovered, Some(Closing::ByPerson))]), []);
    // It has another reason now, but is as closed as before.
    let known = [stored(&recovered, Some(Closing::Recovered))];
    assert_eq!(steps(&[Alarm { lasting: Some(ago(2)), ..alarm(12) }], &known), []);
    // A lake that was put back from before the recovery.
    let mut before = watch(&[alarm(12)]);
    before.returns.weeks.truncate(33);
    assert_eq!(decide(&before, &known, TODAY), []);
}

#[test]
fn data_that_say_nothing_change_nothing() {
    let known = [stored(&alarm(5), None)];
    for state in [WatchState::Learning { weeks: 3, needed: 60 }, WatchState::NothingToExpect] {
        assert_eq!(decide(&Watch { state, ..watch(&[]) }, &known, TODAY), []);
    }
    // A lake that was put back from before the alarm.
    let mut before = watch(&[]);
    before.returns.weeks.truncate(20);
    assert_eq!(decide(&before, &known, TODAY), []);
}

#[test]
fn nobody_is_told_of_old_history() {
    let past = over(35, 28);
    let expected =
        [Step::Raise(key(35), record(&past, Told::Nobody)), Step::Close(key(35), Closing::Recovered)];
    assert_eq!(steps(&[past], &[]), expected);
    // Over within the last weeks, before anybody saw it.
    assert!(
        matches!(&steps(&[over(12, 4)], &[])[..], [Step::Raise(_, new), Step::Close(..)] if new.told == Told::Nobody)
    );
    // Open where the data end, but they end a year ago.
    let today = TODAY.saturating_add(1.year());
    let raised = decide(&watch(&[alarm(2)]), &[], today);
    assert_eq!(raised, [Step::Raise(key(2), record(&alarm(2), Told::Nobody))]);
}

#[derive(Debug)]
struct Fixed(Arc<Watch>);

/// A look at the data that found these.
fn looked(alarms: &[Alarm]) -> Arc<dyn WatchSource> {
    Arc::new(Fixed(Arc::new(watch(alarms))))
}

impl WatchSource for Fixed {
    fn watch(&self) -> Result<Arc<Watch>, WatchError> {
        Ok(Arc::clone(&self.0))
    }

    fn diagnosis(&self, _: &str) -> Result<Option<Arc<Diagnosis>>, WatchError> {
        Ok(None)
    }

    fn effects(&self) -> Result<Arc<EventEffects>, WatchError> {
        Err(WatchError::Empty)
    }
}

#[derive(Debug)]
struct Plain;

impl Words for Plain {
    fn sentence(&self, alarm: &Alarm) -> String {
        format!("since {}", alarm.onset.week)
    }

    fn raised(&self, alarm: &Alarm, _: &Watch, _: Option<&Diagnosis>) -> MailText {
        MailText { subject: "raised".into(), text: alarm.id.clone() }
    }

    fn closed(&self, alarm: &Alarm, why: Closing) -> MailText {
        MailText { subject: format!("closed: {}", why.as_str()), text: alarm.id.clone() }
    }
}

fn watchman(store: &Store, now: i64) -> Watchman {
    let receivers = Receivers {
        mails: vec!["ops@shop.example".into()],
        webhooks: vec!["https://shop.example/hook".into()],
    };
    let clock = Clock::new(move || now);
    Watchman::new(store.clone(), Arc::new(Plain), receivers, TimeZone::UTC, clock)
}

fn run<F: Future<Output = ()>>(test: impl FnOnce(Store) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let location = StoreLocation::sqlite(folder.path().join("store.sqlite"));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async { test(Store::open(&location, OpenOptions::new(NOW)).await.unwrap()).await });
}

/// What waits in the outbox, the oldest first.
async fn queued(store: &Store) -> Vec<NewNotice> {
    let mut notices = store.notices(None, 99).await.unwrap();
    notices.sort_by_key(|notice| (notice.created_at, notice.content.kind == NoticeKind::Webhook));
    notices.into_iter().map(|notice| notice.content).collect()
}

#[test]
fn each_is_told_once_however_often_it_is_looked_and_restarted() {
    run(async |store| {
        let first = watchman(&store, NOW);
        first.settle(looked(&[alarm(0)])).await.unwrap();
        first.settle(looked(&[alarm(1)])).await.unwrap();
        let restarted = watchman(&store, NOW + MINUTE);
        restarted.settle(looked(&[alarm(1)])).await.unwrap();
        // Killed between the outbox and the note that it is done.
        let due = serde_json::to_string(&record(&alarm(1), Told::Due)).unwrap();
        store.raise_alarm(&key(0), &due, "server", NOW).await.unwrap();
        watchman(&store, NOW + MINUTE).settle(looked(&[alarm(1)])).await.unwrap();

        let [mail, hook] = &queued(&store).await[..] else { panic!("{:?}", queued(&store).await) };
        assert_eq!((mail.to.as_str(), mail.subject.as_str()), ("ops@shop.example", "raised"));
        assert_eq!((hook.kind, hook.to.as_str()), (NoticeKind::Webhook, "https://shop.example/hook"));
        let told: serde_json::Value = serde_json::from_str(&hook.payload).unwrap();
        let expected = serde_json::json!({
            "type": "alarm.raised",
            "timestamp": "2026-06-09T08:00:00Z",
            "data": {
                "id": "returns-2026-06-01",
                "series": "returns",
                "raised": "2026-06-01",
                "sentence": "since 2026-05-18",
                "onset": { "week": "2026-05-18", "earliest": "2026-05-11", "latest": "2026-05-25" },
                "shape": "sudden",
                "fall": {
                    "weeks": 3,
                    "relative": { "value": -0.08, "low": -0.1, "high": -0.06 },
                    "missing": { "value": 100.0, "low": 80.0, "high": 120.0 },
                    "money": null
                },
                "mostly": null,
                "segments": [],
                "recovered": null,
                "promise": { "years": 10.0, "threshold": 521.8 },
                "closed": null
            }
        });
        assert_eq!(told, expected);
        assert_eq!(store.open_alarms().await.unwrap().len(), 1);
    });
}

/// What the webhook is told of a shop of four countries whose customers stay away in the last weeks.
async fn told_of(store: &Store, falls: impl Fn(&str) -> f64) -> serde_json::Value {
    let found = segment_watch::looked([0, 1, 2, 3], falls);
    let now = at(date(2025, 12, 16));
    watchman(store, now).settle(Arc::new(found)).await.unwrap();
    let bodies = queued(store).await.into_iter().filter(|notice| notice.kind == NoticeKind::Webhook);
    let mut bodies = bodies.map(|notice| serde_json::from_str(&notice.payload).unwrap());
    bodies.find(|body: &serde_json::Value| body["data"]["series"] == "returns").unwrap()
}

#[test]
fn a_fall_in_one_country_is_told_with_its_name() {
    run(async |store| {
        let told = told_of(&store, |country| if country == "ES" { 0.6 } else { 0.0 }).await;
        let data = &told["data"];
        let named = data["segments"].as_array().unwrap();
        assert_eq!(named.len(), 1, "{told}");
        assert_eq!((&named[0]["by"], &named[0]["value"]), (&"country".into(), &"ES".into()));
        assert!(named[0]["relative"]["high"].as_f64().unwrap() < -0.4, "{told}");
        assert_eq!(data["mostly"]["conditions"][0]["values"], serde_json::json!(["ES"]), "{told}");
        assert_eq!(data["sentence"], format!("since {}", data["onset"]["week"].as_str().unwrap()));
    });
}

#[test]
fn a_fall_of_everybody_names_nobody() {
    run(async |store| {
        let told = told_of(&store, |_| 0.3).await;
        assert_eq!(told["data"]["segments"], serde_json::json!([]), "{told}");
        assert_eq!(told["data"]["mostly"], serde_json::Value::Null, "{told}");
    });
}

#[test]
fn the_end_of_an_alarm_is_told_once_to_whoever_knew_of_it() {
    run(async |store| {
        let first = watchman(&store, NOW);
        first.settle(looked(&[alarm(12)])).await.unwrap();
        let later = watchman(&store, NOW + MINUTE);
        later.settle(looked(&[over(12, 5)])).await.unwrap();
        later.settle(looked(&[over(12, 5)])).await.unwrap();
        watchman(&store, NOW + 2 * MINUTE).settle(looked(&[over(12, 5)])).await.unwrap();
        let told = queued(&store).await;
        let subjects: Vec<&str> = told.iter().map(|notice| notice.subject.as_str()).collect();
        assert_eq!(subjects, ["raised", "", "closed: recovered", ""]);
        let body: serde_json::Value = serde_json::from_str(&told[3].payload).unwrap();
        assert_eq!(body["type"], "alarm.closed");
        assert_eq!(
            (&body["data"]["closed"], &body["data"]["recovered"]),
            (&"recovered".into(), &"2026-04-27".into())
        );
    });
}

#[test]
fn what_comes_back_or_is_closed_by_hand_is_told_again() {
    run(async |store| {
        let watchman = watchman(&store, NOW);
        for alarms in [&[alarm(3)][..], &[], &[alarm(3)]] {
            watchman.settle(looked(alarms)).await.unwrap();
        }
        assert_eq!(store.open_alarms().await.unwrap().len(), 1);
        store.close_alarm(&key(3), Closing::ByPerson, "api", NOW).await.unwrap();
        watchman.settle(looked(&[alarm(3)])).await.unwrap();
        assert!(store.open_alarms().await.unwrap().is_empty());
        let mut mails: Vec<String> = queued(&store).await.into_iter().map(|notice| notice.subject).collect();
        mails.retain(|subject| !subject.is_empty());
        mails.sort_unstable();
        assert_eq!(mails, ["closed: person", "closed: restated", "raised", "raised"]);
    });
}

#[test]
fn who_is_added_while_an_alarm_is_open_is_told() {
    run(async |store| {
        let clock = Clock::new(|| NOW);
        let nobody = Receivers::default();
        let alone = Watchman::new(store.clone(), Arc::new(Plain), nobody, TimeZone::UTC, clock);
        alone.settle(looked(&[alarm(0)])).await.unwrap();
        assert_eq!(queued(&store).await, []);
        watchman(&store, NOW + MINUTE).settle(looked(&[alarm(0)])).await.unwrap();
        assert_eq!(queued(&store).await.len(), 2);
    });
}

#[test]
fn old_history_is_stored_and_nobody_is_told() {
    run(async |store| {
        let watchman = watchman(&store, NOW);
        for _ in 0..2 {
            watchman.settle(looked(&[over(35, 28)])).await.unwrap();
        }
        let known = store.alarms(None, 9).await.unwrap();
        assert_eq!(known.len(), 1);
        assert_eq!(known[0].closed.map(|closed| closed.why), Some(Closing::Recovered));
        assert_eq!(queued(&store).await, []);
    });
}
