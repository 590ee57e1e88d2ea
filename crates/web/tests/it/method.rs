//! How figures are computed: every figure's link leads to a page, and the pages are whole.

use std::collections::BTreeSet;

use axum::http::StatusCode;

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
