//! The cluster answers what one machine answers, whoever dies meanwhile.

use std::{
    fs,
    path::Path,
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use ballista_core::{
    config::BallistaConfig, execution_plans::execute_physical_plan, extension::SessionConfigExt as _,
};
use datafusion::{
    arrow::array::{ArrayRef, RecordBatch, UInt32Array},
    catalog::memory::MemorySourceConfig,
    prelude::SessionConfig,
};
use datafusion_proto::protobuf::PhysicalPlanNode;
use fidance_domain::{
    history::Histories as _,
    retention::{Groups, cohort::Bracket},
    time::Every,
};
use fidance_engine::{
    cluster::{Answer, Cluster, ClusterError, summaries},
    question::{Bounds, Counting, Question, Summaries},
    source::Reading,
};
use futures::TryStreamExt as _;
use jiff::tz::TimeZone;
use tempfile::TempDir;

use crate::{
    member,
    stand_in::{Event, StandIn, events, histories, write},
};

fn question() -> Question {
    Question {
        flows: Some((Every::Month, "90d".parse().unwrap())),
        cohorts: Some((Every::Week, vec![Bracket { from: 1, to: 4 }])),
        by_segment: true,
    }
}

/// The answer of this process.
fn here(events: &[Event], question: &Question) -> Summaries {
    let histories = histories(events);
    let zone = TimeZone::get("Europe/Paris").unwrap();
    let bounds = Bounds::from(histories.extent().unwrap());
    let counting = Counting::new(question.clone(), &zone, bounds, Groups::new(histories.segments())).unwrap();
    counting.all(&histories, 2, &AtomicBool::new(false)).unwrap()
}

fn there(url: &str, lake: &Path, question: &Question) -> Result<Answer, ClusterError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let cluster = Cluster { scheduler: url.to_owned(), open: Arc::new(StandIn) };
    runtime.block_on(summaries(&cluster, lake.to_owned(), Reading::Masks, question))
}

fn lake(events: &[Event]) -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("lakes/shop");
    fs::create_dir_all(&lake).unwrap();
    write(&lake, events);
    (folder, lake)
}

/// Which parts have notes of one kind by a process.
fn noted(lake: &Path, what: &str, process: u32) -> Vec<String> {
    let Ok(notes) = fs::read_dir(lake.join("notes")) else { return Vec::new() };
    let names = notes.map(|note| note.unwrap().file_name().into_string().unwrap());
    let of = |name: String| {
        let mut words = name.split('-');
        let (kind, part, by) = (words.next()?, words.next()?, words.next()?);
        (kind == what && by == process.to_string()).then(|| part.to_owned())
    };
    names.filter_map(of).collect()
}

#[test]
fn an_executor_may_die_and_the_lake_may_grow_while_the_same_integers_are_counted() {
    let events = events(400);
    let (folder, lake) = lake(&events);
    let mut members = member::start(&folder.path().join("lakes"), &folder.path().join("work"), Some(700));
    let (url, at) = (members.url.clone(), lake.clone());
    let job = std::thread::spawn(move || there(&url, &at, &question()));

    // Once both executors are at work, the first one dies in the middle of its parts.
    let [first, second] = [0, 1].map(|index: usize| members.executors[index].0.id());
    let deadline = Instant::now() + Duration::from_mins(1);
    while noted(&lake, "began", first).is_empty() || noted(&lake, "began", second).is_empty() {
        assert!(Instant::now() < deadline && !job.is_finished(), "the executors do not begin");
        std::thread::sleep(Duration::from_millis(20));
    }
    members.executors[0].0.kill().unwrap();
    members.executors[0].0.wait().unwrap();
    write(&lake, &events[..events.len() / 2]);
    let (began, ended) = (noted(&lake, "began", first), noted(&lake, "ended", first));
    assert!(began.iter().any(|part| !ended.contains(part)), "it died between two parts");

    let answer = job.join().unwrap().unwrap();
    assert_eq!(answer.summaries, here(&events, &question()));
    let repeated = noted(&lake, "began", second);
    assert!(
        began.iter().all(|part| repeated.contains(part)),
        "{began:?} were not counted again: {repeated:?}"
    );
}

/// What the cluster says to a plan that is not ours.
async fn other_plan(url: &str) -> String {
    let batch =
        RecordBatch::try_from_iter([("a", Arc::new(UInt32Array::from(vec![1])) as ArrayRef)]).unwrap();
    let plan = MemorySourceConfig::try_new_exec(&[vec![batch.clone()]], batch.schema(), None).unwrap();
    let config = SessionConfig::new_with_ballista();
    let codec = config.ballista_physical_extension_codec();
    let settings = BallistaConfig::default();
    let (url, session) = (url.to_owned(), "other".to_owned());
    let job =
        execute_physical_plan::<PhysicalPlanNode>(url, &settings, plan, codec.as_ref(), session, config);
    match job.await {
        Ok(rows) => rows.try_collect::<Vec<_>>().await.unwrap_err().to_string(),
        Err(e) => e.to_string(),
    }
}

#[test]
fn executors_run_no_other_plan_and_read_no_lake_elsewhere() {
    let events = events(20);
    let (folder, lake) = lake(&events);
    let elsewhere = folder.path().join("elsewhere");
    fs::create_dir_all(&elsewhere).unwrap();
    write(&elsewhere, &events);
    let members = member::start(&folder.path().join("lakes"), &folder.path().join("work"), None);
    let flows_only = Question { cohorts: None, by_segment: false, ..question() };
    assert_eq!(there(&members.url, &lake, &flows_only).unwrap().summaries, here(&events, &flows_only));
    let refused = there(&members.url, &elsewhere, &flows_only).unwrap_err().to_string();
    assert!(refused.contains("not under the folder of lakes"), "{refused}");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let refused = runtime.block_on(other_plan(&members.url));
    assert!(refused.contains("summaries of lakes only"), "{refused}");
}

#[test]
fn what_is_no_scheduler_is_said() {
    let (_folder, lake) = lake(&events(5));
    let error = |url| there(url, &lake, &question()).unwrap_err().to_string();
    assert_eq!(
        error("localhost:1"),
        "`localhost:1` is not the address of a scheduler: write http://HOST:PORT"
    );
    assert!(error("http://127.0.0.1:1").starts_with("the cluster could not answer"));
}

/// What a job costs where there is nothing to count.
#[test]
#[ignore = "a measurement"]
fn overhead() {
    let events = events(50);
    let (folder, lake) = lake(&events);
    let members = member::start(&folder.path().join("lakes"), &folder.path().join("work"), None);
    let mut times = Vec::new();
    for _ in 0..12 {
        let begun = Instant::now();
        there(&members.url, &lake, &question()).unwrap();
        times.push(begun.elapsed());
    }
    let begun = Instant::now();
    here(&events, &question());
    println!("one process: {:?}", begun.elapsed());
    println!("jobs: {times:?}");
}
