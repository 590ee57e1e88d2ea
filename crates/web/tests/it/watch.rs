//! The alarm, the diagnosis and the events as people and scripts see them: every state, both languages.

use axum::{
    Router,
    http::{StatusCode, header},
};
use fidance_app::{
    diagnosis::model::{Effect, Verdict},
    watch::WatchSource,
};
use fidance_web::{
    Console, router,
    text::{Lang, NBSP, NNBSP, Text},
    words::{self as terminal, Passage},
};

use crate::{
    ask, console,
    fixture::{
        self, diagnosis,
        watch::{self, Watched},
    },
    get, page, text, watching,
};

/// The words of a page in reading order, a line for each element, without tables and chart data.
fn words(html: &str) -> String {
    let main = html.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
    let mut main = format!("<main{main}");
    for element in ["script", "noscript", "table"] {
        let (open, close) = (format!("<{element}"), format!("</{element}>"));
        while let Some(from) = main.find(&open) {
            let to = main[from..].find(&close).unwrap() + from + close.len();
            main.replace_range(from..to, "\n");
        }
    }
    let mut words = String::new();
    for (index, part) in main.split('<').enumerate() {
        let (tag, after) = if index == 0 { ("", part) } else { part.split_once('>').unwrap() };
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        if !["a", "code", "span", "svg", "path", "circle"].contains(&name) || tag.contains("detail") {
            words.push('\n');
        }
        words.push_str(after);
    }
    let words = words.replace("&#38;", "&").replace("&#39;", "'");
    let lines = words.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

async fn snapshot(name: &str, app: &Router, path: &str) {
    for lang in ["en", "fr"] {
        let html = page(app, &format!("{path}?lang={lang}")).await;
        insta::assert_snapshot!(format!("{name}-{lang}"), words(&html));
    }
}

#[tokio::test]
async fn every_state_of_the_watch_in_words() {
    snapshot("alarm-quiet", &watching(watch::quiet()), "/alarm").await;
    snapshot("alarm-breach", &watching(watch::breach()), "/alarm").await;
    snapshot("alarm-learning", &watching(watch::learning()), "/alarm").await;
    snapshot("alarm-nothing", &watching(watch::nothing_to_expect()), "/alarm").await;
}

#[tokio::test]
async fn every_verdict_in_words() {
    for (name, diagnosis) in [
        ("diagnosis-explained", diagnosis::explained()),
        ("diagnosis-felt", diagnosis::felt()),
        ("diagnosis-not-separable", diagnosis::not_separable()),
        ("diagnosis-cannot-tell", diagnosis::cannot_tell()),
        ("diagnosis-unknown", diagnosis::unknown()),
    ] {
        let path = format!("/alarm/{}", diagnosis.alarm.id);
        snapshot(name, &watching(watch::diagnosed(diagnosis)), &path).await;
    }
}

#[tokio::test]
async fn every_effect_in_words() {
    snapshot("events", &watching(watch::breach()), "/events").await;
    snapshot("events-none", &watching(watch::quiet()), "/events").await;
}

#[tokio::test]
async fn contracts_and_durations_are_told_that_only_activities_can_be_watched() {
    let unwatchable = router(Console {
        source: std::sync::Arc::new(fixture::Fixed(std::sync::Arc::new(fixture::full()))),
        watch: Some(std::sync::Arc::new(watch::Unwatchable) as std::sync::Arc<dyn WatchSource>),
        alarms: None,
        data_set: "orders.csv".to_owned(),
    });
    for app in [console(fixture::full()), unwatchable] {
        for path in ["/alarm", "/events"] {
            assert!(page(&app, path).await.contains("such as orders or visits"), "{path}");
        }
        let json = ask(&app, get("/api/v1/watch")).await;
        assert_eq!(json.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert!(text(json).await.contains("only activities"));
        assert!(!page(&app, "/").await.contains("An alarm is open"));
    }
}

#[tokio::test]
async fn an_alarm_that_nobody_raised_is_not_found() {
    let app = watching(watch::breach());
    for (uri, words) in [
        ("/alarm/returns-2020-01-06", "There is no such alarm"),
        ("/alarm/%3Cscript%3E?lang=fr", "Cette alerte n’existe pas"),
    ] {
        let response = ask(&app, get(uri)).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        let html = text(response).await;
        assert!(html.contains(words) && !html.contains("<script>"), "{uri}");
    }
    let json = ask(&app, get("/api/v1/diagnosis/returns-2020-01-06")).await;
    assert_eq!(json.status(), StatusCode::NOT_FOUND);
    assert_eq!(json.headers()[header::CONTENT_TYPE], "application/problem+json");
}

#[tokio::test]
async fn an_open_alarm_is_announced_on_the_barometer_and_explained_one_link_further() {
    let app = watching(watch::breach());
    let html = page(&app, "/?every=week").await;
    let notice = html.split("class=\"notice open\"").nth(1).unwrap();
    assert!(notice.contains("8.1% fewer customers come back than expected"));
    let href = notice.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(href.ends_with("?every=week"), "{href}");
    assert!(page(&app, href).await.contains("Shown: “Customer database copied”"));
    assert!(!page(&watching(watch::quiet()), "/").await.contains("An alarm is open"));
}

#[tokio::test]
async fn only_weeks_of_an_open_alarm_are_marked_and_the_table_says_so() {
    let html = page(&watching(watch::breach()), "/alarm").await;
    let data = html.split("id=\"chart-watch-data\">").nth(1).unwrap().split("</script>").next().unwrap();
    let chart: serde_json::Value = serde_json::from_str(data).unwrap();
    let marked = chart["marked"].as_array().unwrap().iter().filter(|one| one.as_bool().unwrap()).count();
    let table = html.split("id=\"chart-watch-data\">").nth(1).unwrap().split("</table>").next().unwrap();
    assert_eq!((marked, table.matches("<td>Alarm open</td>").count()), (10, 10));
    // The week before the alarm, by the advisory chart.
    assert_eq!(table.matches("<td>Worth a look</td>").count(), 1);
    let quiet = page(&watching(watch::quiet()), "/alarm").await;
    assert!(!quiet.contains("Alarm open"));
}

#[tokio::test]
async fn a_week_that_is_not_over_is_a_point_of_its_own_and_the_last_row() {
    let app = watching(watch::quiet());
    let html = page(&app, "/alarm").await;
    let data = html.split("id=\"chart-watch-data\">").nth(1).unwrap().split("</script>").next().unwrap();
    let chart: serde_json::Value = serde_json::from_str(data).unwrap();
    let weeks = chart["labels"].as_array().unwrap().len();
    let [complete @ .., _, so_far] = chart["series"].as_array().unwrap().as_slice() else {
        panic!("{chart}")
    };
    for series in complete.iter().take(2) {
        assert_eq!(series["values"].as_array().unwrap().len(), weeks - 1);
    }
    let values = so_far["values"].as_array().unwrap();
    let (last, others) = values.split_last().unwrap();
    assert_eq!((values.len(), last.as_f64()), (weeks, Some(702.0)));
    assert!(others.iter().all(serde_json::Value::is_null));
    let table = html.split("id=\"chart-watch-data\">").nth(1).unwrap().split("</table>").next().unwrap();
    let row = table.rsplit("<tr").next().unwrap();
    assert!(row.contains("Not over, to 11\u{a0}June") && row.contains(">702</td>"), "{row}");
    // What is said of the last complete week stays.
    assert!(html.contains("1,220 customers came back in the last complete week"));
    let json: serde_json::Value =
        serde_json::from_str(&text(ask(&app, get("/api/v1/watch")).await).await).unwrap();
    assert_eq!((&json["running"]["start"], &json["running"]["days"]), (&"2026-06-08".into(), &4.into()));
    let breach = page(&watching(watch::breach()), "/alarm").await;
    assert!(!breach.contains("not over"));
}

#[tokio::test]
async fn names_of_the_register_never_become_markup() {
    let name = r#"<script>alert("x")</script>"#;
    let mut hostile = diagnosis::not_separable();
    for cause in &mut hostile.causes {
        name.clone_into(&mut cause.event.title);
        if let Effect::NotSeparable { with, .. } = &mut cause.total {
            with.push(name.to_owned());
        }
    }
    if let Verdict::NotSeparable { events } = &mut hostile.verdict {
        events.push(name.to_owned());
    }
    for segment in &mut hostile.segments {
        name.clone_into(&mut segment.by);
        name.clone_into(&mut segment.value);
    }
    let concerned = hostile.alarm.mostly.as_mut().unwrap();
    concerned.conditions[0].values = vec![name.to_owned()];
    let path = format!("/alarm/{}", hostile.alarm.id);
    let html = page(&watching(watch::diagnosed(hostile)), &path).await;
    assert!(html.contains("alert(") && !html.contains("<script>alert") && !html.contains("alert(\"x\")"));
}

#[tokio::test]
async fn the_same_is_there_as_json() {
    let app = watching(watch::breach());
    let get_json = async |uri: &str| -> serde_json::Value {
        let response = ask(&app, get(uri)).await;
        assert_eq!((response.status(), uri), (StatusCode::OK, uri));
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        serde_json::from_str(&text(response).await).unwrap()
    };
    let watch = get_json("/api/v1/watch").await;
    assert_eq!((&watch["state"]["code"], &watch["promise"]["years"]), (&"raised".into(), &10.0.into()));
    let id = watch["alarms"][0]["id"].as_str().unwrap();
    let diagnosis = get_json(&format!("/api/v1/diagnosis/{id}")).await;
    assert_eq!((&diagnosis["alarm"]["id"], &diagnosis["verdict"]["event"]), (&id.into(), &"copied".into()));
    let events = get_json("/api/v1/events").await;
    assert_eq!(events["events"][0]["total"]["because"]["code"], "short_past");
}

#[tokio::test]
async fn pictures_need_no_inline_style() {
    let app = watching(watch::breach());
    let html = page(&app, "/events").await;
    assert!(html.contains("<svg class=\"interval\"") && !html.contains(" style="));
}

#[tokio::test]
async fn an_effect_of_everybody_is_never_called_proof() {
    let Watched { effects, .. } = watch::breach();
    let models = effects
        .events
        .iter()
        .filter(|one| matches!(one.total, Effect::Found(_) | Effect::NotSeen { .. } | Effect::TooFew { .. }));
    let html = page(&watching(watch::breach()), "/events").await;
    assert_eq!(html.matches("A gap to a model is not proof of a cause.").count(), models.count());
}

/// What a terminal is given, an item with the line under it.
fn plain(passages: &[Passage]) -> String {
    let mut said = String::new();
    for Passage { heading, sentences, items } in passages {
        let items = items.iter().map(|item| {
            let under = item.under.iter().map(|line| format!("\n    {line}"));
            format!("- {}{}", item.words, under.collect::<String>())
        });
        let lines: Vec<String> =
            [format!("# {heading}")].into_iter().chain(sentences.iter().cloned()).chain(items).collect();
        said.push_str(&lines.join("\n"));
        said.push_str("\n\n");
    }
    said.replace([NBSP, NNBSP], "~")
}

#[test]
fn what_other_methods_say_stands_under_each_effect_in_a_terminal_too() {
    for lang in Lang::ALL {
        let t = Text::new(lang);
        let explained = terminal::diagnosis(&t, &diagnosis::explained(), Some("EUR"));
        insta::assert_snapshot!(format!("terminal-diagnosis-{}", lang.tag()), plain(&explained));
        let effects = terminal::events(&t, &diagnosis::effects(), Some("EUR"));
        insta::assert_snapshot!(format!("terminal-events-{}", lang.tag()), plain(&effects));
    }
}
