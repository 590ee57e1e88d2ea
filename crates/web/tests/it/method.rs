//! How figures are computed: every figure's link leads to a page, and the pages are whole.

use std::collections::BTreeSet;

use axum::{Router, http::StatusCode};
use fidance_app::{
    diagnosis::model::Diagnosis,
    watch::model::{Alarm, SeriesName},
};
use fidance_web::{html_report, text::Lang};

use crate::{
    ask, console,
    fixture::{self, diagnosis, watch},
    get, page, text, watching,
};

/// Where the links of a page lead, parts of pages left out.
fn links(html: &str) -> BTreeSet<String> {
    let targets = html.split("href=\"/method").skip(1).filter_map(|rest| rest.split(['"', '#', '?']).next());
    targets.map(|rest| format!("/method{rest}")).collect()
}

#[tokio::test]
async fn every_link_to_how_a_figure_is_computed_leads_there() {
    let diagnosis = diagnosis::explained();
    let alarm = format!("/alarm/{}", diagnosis.alarm.id);
    let app = watching(watch::diagnosed(diagnosis));
    let mut found = BTreeSet::new();
    for from in ["/alarm", &alarm, "/events"] {
        let here = links(&page(&app, from).await);
        assert!(here.len() >= 4, "{from}: {here:?}");
        found.extend(here);
    }
    for wanted in ["alarm", "baseline", "expected-returns", "did", "drivers", "gates", "diagnosis"] {
        assert!(found.contains(&format!("/method/{wanted}")), "{wanted}: {found:?}");
    }
    for link in &found {
        let html = page(&app, link).await;
        assert!(html.contains("<h1"), "{link}");
    }
}

/// What the page says within `before`..`after`, each time.
fn between<'h>(html: &'h str, before: &str, after: &str) -> Vec<&'h str> {
    html.split(before).skip(1).map(|rest| rest.split(after).next().unwrap()).collect()
}

/// The parts of the manual that a part of a page links to, small letters: the section where one is named, else the page.
async fn explained(app: &Router, html: &str) -> String {
    let mut text = String::new();
    for link in between(html, "href=\"/method/", "\"") {
        let (name, section) = link.split_once('#').unwrap_or((link, ""));
        let whole = page(app, &format!("/method/{name}")).await;
        let from = if section.is_empty() { 0 } else { whole.find(&format!("id=\"{section}\"")).unwrap() };
        let to = if section.is_empty() { None } else { whole[from..].find("<h") };
        text.push_str(&whole[from..to.map_or(whole.len(), |end| from + end)]);
    }
    text.to_lowercase()
}

/// What the manual calls a figure that a page shows under `label`.
fn term(label: &str) -> &'static str {
    match label {
        "Customers lost" | "Customers won" | "Retention rate of the business by that, in points" => {
            "points of the retention rate"
        }
        kept if kept.starts_with("Retention rate of those concerned") => "points of the retention rate",
        "Weekly share that returns, in points" => "points of the weekly share",
        "Returns lost" | "Returns won" => "returns lost",
        "Worth" => "money",
        "Weeks 1 to 5" | "Weeks 6 to 13" | "From week 14 on" => "horizons",
        "Half of it gone after" => "half-life",
        "If it had no effect" => "placebo",
        "Probability, in that fit, that it had an effect" => "inclusion probability",
        // Names, whose pages are among the links.
        "Method" | "Other methods" => "",
        "Most likely beginning" => "onset",
        "How it began" => "sudden",
        "What they would have been worth" => "amounts",
        missing if missing.starts_with("Returns missing") || missing.starts_with("Customers fewer kept") => {
            "what is missing"
        }
        other => panic!("a figure nobody has looked up in the manual: {other}"),
    }
}

#[tokio::test]
async fn every_kind_of_figure_is_spoken_of_where_its_links_lead() {
    let mut looked_up = BTreeSet::new();
    let retention = Diagnosis {
        alarm: Alarm { series: SeriesName::Retention, mostly: None, ..diagnosis::explained().alarm },
        ..diagnosis::explained()
    };
    for shown in [diagnosis::explained(), diagnosis::not_separable(), diagnosis::cannot_tell(), retention] {
        let path = format!("/alarm/{}", shown.alarm.id);
        let app = watching(watch::diagnosed(shown));
        let html = page(&app, &path).await;
        let hero = between(&html, "<dl class=\"facts\">", "</section>");
        let effects = between(&html, "<details class=\"data\" open>", "</details>");
        let effects = effects.into_iter().filter(|part| part.contains("<dl class=\"lines\">"));
        for part in hero.into_iter().chain(effects) {
            let manual = explained(&app, part).await;
            for label in between(part, "<dt>", "</dt>") {
                assert!(manual.contains(term(label)), "{path}: {label}");
                looked_up.insert(term(label));
            }
        }
    }
    for wanted in [
        "points of the retention rate",
        "money",
        "returns lost",
        "half-life",
        "horizons",
        "placebo",
        "what is missing",
        "amounts",
    ] {
        assert!(looked_up.contains(wanted), "{wanted} was on no page");
    }
}

#[tokio::test]
async fn the_list_of_alarms_leads_to_what_its_figures_are() {
    let app = watching(watch::breach());
    let html = page(&app, "/alarm").await;
    let list = between(&html, "id=\"alarms\">", "</section>");
    assert!(list[0].contains("Worth"), "{}", list[0]);
    let manual = explained(&app, list[0]).await;
    for term in ["onset", "sudden", "what is missing", "amounts"] {
        assert!(manual.contains(term), "{term}");
    }
}

/// Nobody is looked for there, so nothing says how.
#[tokio::test]
async fn an_alarm_on_the_retention_rate_names_no_search_for_groups() {
    let returns = diagnosis::explained();
    let search = "href=\"/method/drivers#subset-scan\"";
    for series in [SeriesName::Returns, SeriesName::Retention] {
        let alarm = Alarm { series, mostly: None, ..returns.alarm.clone() };
        let path = format!("/alarm/{}", alarm.id);
        let app = watching(watch::diagnosed(Diagnosis { alarm, ..returns.clone() }));
        let html = page(&app, &path).await;
        assert_eq!(html.contains(search), series == SeriesName::Returns, "{series:?}");
    }
}

/// The barometer and its neighbours link to their methods too; a file has no pages to lead to.
#[tokio::test]
async fn figures_of_the_barometer_lead_to_their_methods() {
    let app = console(fixture::full());
    for (from, methods) in [
        ("/", &["interval", "trend", "value"][..]),
        ("/cohorts", &["quantile"]),
        ("/survival", &["survival"]),
    ] {
        let here = links(&page(&app, from).await);
        for method in methods {
            assert!(here.contains(&format!("/method/{method}")), "{from}: {here:?}");
        }
    }
    let file = html_report(&fixture::full(), "orders.csv", Lang::En).unwrap();
    assert!(!file.contains("href=\"/method"));
}

#[tokio::test]
async fn the_list_names_every_page_and_each_leads_on() {
    let app = console(fixture::full());
    let mut listed = links(&page(&app, "/method").await);
    // The foot of every page leads to the list itself.
    assert!(listed.remove("/method"));
    assert!(listed.len() > 20, "{listed:?}");
    let mut pages = listed.clone();
    for link in &listed {
        let html = page(&app, link).await;
        assert!(
            html.contains("<article class=\"manual\" lang=\"en\">") && html.contains("<h1 id="),
            "{link}"
        );
        pages.extend(links(&html));
    }
    pages.remove("/method");
    assert_eq!(pages, listed);
}

#[tokio::test]
async fn a_reader_of_french_is_told_that_the_pages_are_in_english() {
    let app = console(fixture::full());
    for path in ["/method", "/method/results/alarm"] {
        let french = page(&app, &format!("{path}?lang=fr")).await;
        assert!(
            french.contains("Ces pages sont en anglais.") && french.contains("Comment les chiffres"),
            "{path}"
        );
        assert!(!page(&app, path).await.contains("These pages are in English"));
    }
    let html = page(&app, "/method/drivers").await;
    assert!(html.contains("<title>Drivers of a change · Fidance</title>"));
}

#[tokio::test]
async fn a_page_that_does_not_exist_says_so() {
    let app = console(fixture::full());
    for path in ["/method/none", "/method/alarm.md", "/method/..%2Fguide%2Falarm", "/method/%00"] {
        let response = ask(&app, get(path)).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert!(text(response).await.contains("There is no such page"), "{path}");
    }
}
