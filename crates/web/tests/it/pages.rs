//! The pages: languages, choices, what is shown when something is missing, and names that try to be markup.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use fidance_web::{html_report, text::Lang};

use crate::{ask, console, fixture, get, page, text};

#[tokio::test]
async fn a_language_is_asked_for_remembered_and_preferred() {
    let app = console(fixture::full());
    let response = ask(&app, get("/?lang=fr")).await;
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.starts_with("fidance_lang=fr;") && cookie.contains("SameSite=Lax"), "{cookie}");
    let html = text(response).await;
    assert!(html.contains("<html lang=\"fr\">") && html.contains("Taux de rétention client"));

    let with = |name: header::HeaderName, value: &str| {
        Request::get("/").header(header::HOST, "localhost").header(name, value).body(Body::empty()).unwrap()
    };
    let remembered = ask(&app, with(header::COOKIE, "fidance_lang=fr")).await;
    assert!(!remembered.headers().contains_key(header::SET_COOKIE));
    assert!(text(remembered).await.contains("<html lang=\"fr\">"));
    let preferred = ask(&app, with(header::ACCEPT_LANGUAGE, "de, fr;q=0.8, en;q=0.5")).await;
    assert_eq!(preferred.headers()[header::CONTENT_LANGUAGE], "fr");
    assert!(page(&app, "/").await.contains("<html lang=\"en\">"));
}

#[tokio::test]
async fn a_bad_value_is_a_friendly_page_that_names_the_parameter() {
    let app = console(fixture::full());
    for (uri, name) in [
        ("/?every=year", "every"),
        ("/cohorts?window=90", "window"),
        ("/survival?lang=de", "lang"),
        ("/cohorts?variant=%3Cscript%3E", "variant"),
        ("/?sort=x", "sort"),
    ] {
        for lang in ["en", "fr"] {
            let request = Request::get(uri)
                .header(header::HOST, "localhost")
                .header(header::ACCEPT_LANGUAGE, lang)
                .body(Body::empty())
                .unwrap();
            let response = ask(&app, request).await;
            assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{uri}");
            let html = text(response).await;
            assert!(html.contains(name) && !html.contains("<script>"), "{uri}: {html}");
        }
    }
    let api = ask(&app, get("/api/v1/report?every=year")).await;
    assert_eq!(api.status(), StatusCode::BAD_REQUEST);
    assert_eq!(api.headers()[header::CONTENT_TYPE], "application/problem+json");
    assert!(text(api).await.contains("`every`"));
}

#[tokio::test]
async fn an_unknown_page_says_so_in_both_languages() {
    let app = console(fixture::full());
    for (uri, words) in
        [("/nowhere", "There is no such page"), ("/nowhere?lang=fr", "Cette page n’existe pas")]
    {
        let response = ask(&app, get(uri)).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert!(text(response).await.contains(words));
    }
}

#[tokio::test]
async fn names_of_the_data_never_become_markup() {
    let report = fixture::hostile();
    let app = console(report.clone());
    let mut pages = Vec::new();
    for uri in ["/", "/cohorts", "/survival", "/?lang=fr", "/survival?lang=fr"] {
        pages.push(page(&app, uri).await);
    }
    pages.push(html_report(&report, "<script>alert(1)</script>", Lang::Fr).unwrap());
    for html in pages {
        assert!(!html.contains("<script>alert"), "markup got through");
        assert!(!html.contains("alert(\"x\")"), "quotes got through");
    }
}

#[tokio::test]
async fn the_barometer_says_the_rate_in_words() {
    let app = console(fixture::full());
    let english = page(&app, "/").await;
    for words in [
        "84.3%",
        "Of 1,000 customers active on 1\u{a0}May, 843 were still active after 31\u{a0}May\u{a0}2026.",
        "Between 835 and 850, with 95% confidence.",
        "Falling by 1.3 points a year",
        "€18,600",
        "Quoted, not measured here",
        "June\u{a0}2026, is not over",
    ] {
        assert!(english.contains(words), "{words}");
    }
    let french = page(&app, "/?lang=fr").await;
    for words in [
        "84,3\u{202f}%",
        "Sur 1\u{202f}000 clients actifs le 1er\u{a0}mai, 843 l’étaient encore après le 31\u{a0}mai\u{a0}2026.",
        "Baisse de 1,3 point par an",
        "18\u{202f}600\u{a0}€",
        "Cité, non mesuré ici",
    ] {
        assert!(french.contains(words), "{words}");
    }
}

#[tokio::test]
async fn controls_keep_the_choices() {
    let app = console(fixture::full());
    let html = page(&app, "/?every=quarter&window=3mo&by=channel&sort=rate").await;
    assert!(html.contains("<option value=\"quarter\" selected>"));
    assert!(html.contains("<option value=\"3mo\" selected>"));
    assert!(html.contains("<option value=\"channel\" selected>"));
    assert!(html.contains("href=\"/cohorts?every=quarter&#38;window=3mo\""));
    assert!(html.contains("aria-sort=\"ascending\""));
    let cohorts = page(&app, "/cohorts?variant=full&unit=customers").await;
    assert!(cohorts.contains("name=\"variant\" value=\"full\""));
}

#[tokio::test]
async fn a_cell_that_is_not_over_is_empty() {
    let html = page(&console(fixture::full()), "/cohorts").await;
    let last = html.split("<tr>").find(|row| row.contains("June\u{a0}2026")).unwrap();
    let last = last.split("</tr>").next().unwrap();
    assert!(last.contains("<td></td>"), "{last}");
    assert!(!last.contains('%'), "{last}");
}

#[tokio::test]
async fn what_is_missing_is_said() {
    let app = console(fixture::sparse());
    let html = page(&app, "/").await;
    for words in
        ["No rate yet", "only 12 customers bought again or left so far", "no column to group customers by"]
    {
        assert!(html.contains(words), "{words}");
    }
    assert!(page(&app, "/cohorts").await.contains("there is one cohort"));
    assert!(page(&app, "/survival").await.contains("no lifetimes"));
    let lifetimes = console(fixture::lifetimes());
    assert!(page(&lifetimes, "/").await.contains("no dates, so there are no periods"));
    assert!(page(&lifetimes, "/cohorts").await.contains("There are no cohorts"));
    assert!(page(&lifetimes, "/survival").await.contains("Half of the customers are lost"));
}

#[tokio::test]
async fn the_report_is_there_as_json() {
    let app = console(fixture::full());
    let response = ask(&app, get("/api/v1/report?every=week")).await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
    let json: serde_json::Value = serde_json::from_str(&text(response).await).unwrap();
    assert_eq!(json["definition"]["every"], "week");
    assert_eq!(text(ask(&app, get("/healthz")).await).await, "ok\n");
}

#[test]
fn the_file_needs_nothing_from_elsewhere() {
    for (lang, title) in [(Lang::Fr, "commandes"), (Lang::En, "orders")] {
        for report in [fixture::full(), fixture::sparse(), fixture::lifetimes()] {
            let html = html_report(&report, title, lang).unwrap();
            assert!(html.len() < 1_000_000, "{} bytes", html.len());
            let before_script = html.rsplit_once("<script>").unwrap().0;
            for outside in [" src=", "url(http", "url(/", "@import", "href=\"http", "href=\"/"] {
                assert!(!before_script.contains(outside), "{outside}");
            }
        }
    }
}

#[tokio::test]
async fn the_barometer_says_what_moved_the_rate() {
    let app = console(fixture::full());
    let english = page(&app, "/?by=channel").await;
    for words in [
        "What moved the rate",
        "Since May\u{a0}2025",
        "Parts of the change by channel",
        "href=\"/method/drivers#bridge-of-rates-and-mix\"",
    ] {
        assert!(english.contains(words), "{words}");
    }
    // The row of all ends with the difference that stands at the top of the page.
    let report = fixture::full();
    let difference = report.headline.unwrap().year_ago.unwrap().difference;
    let whole = format!("<td class=\"n\">{}</td></tr>", Lang::En.signed(difference * 100.0, 2));
    assert_eq!(english.matches(&whole).count(), 1, "{whole}");
    assert!(page(&app, "/?lang=fr").await.contains("Ce qui a déplacé le taux"));
    // A file has no other pages to lead to.
    let file = html_report(&fixture::full(), "Shop", Lang::En).unwrap();
    assert!(file.contains("What moved the rate") && !file.contains("/method"));
    assert!(!page(&console(fixture::sparse()), "/").await.contains("What moved the rate"));
}
