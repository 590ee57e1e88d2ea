//! What people say of alarms: shown in both languages, sent by forms of our own pages alone, and refused in place.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};
use fidance_app::{
    alarms::{AlarmBook, AlarmState, By, Closing, Explanation, Kept, KnownEvent, Later, SayError, Saying},
    watch::model::Watch,
};
use fidance_store::StoreError;
use fidance_web::{Access, Console, router, router_behind};
use jiff::civil::date;

use crate::{
    ask,
    fixture::{self, watch},
    text, watching,
};

/// Answers with what it was given, and remembers what is said.
#[derive(Debug, Default)]
struct Fixed {
    kept: Mutex<BTreeMap<String, Kept>>,
    said: Mutex<Vec<(String, Saying)>>,
}

impl AlarmBook for Fixed {
    fn kept(&self, _: Arc<Watch>) -> Later<'_, Result<BTreeMap<String, Kept>, StoreError>> {
        let kept = self.kept.lock().unwrap().clone();
        Box::pin(async { Ok(kept) })
    }

    fn events(&self) -> Later<'_, Result<Vec<KnownEvent>, StoreError>> {
        let event = |id: &str, title: &str, day| KnownEvent { id: id.into(), title: title.into(), day };
        let events =
            vec![event("leak", "The <leak>", Some(date(2026, 3, 9))), event("undated", "Some day", None)];
        Box::pin(async { Ok(events) })
    }

    fn say(&self, alarm: String, what: Saying) -> Later<'_, Result<(), SayError>> {
        let refused = match &what {
            Saying::Explained { event: None, note } if note.is_empty() => Some(SayError::Nothing),
            Saying::Seen if alarm.starts_with("retention") => Some(SayError::Closed),
            _ if alarm == "returns-2020-01-06" => Some(SayError::Absent),
            _ => None,
        };
        self.said.lock().unwrap().push((alarm, what));
        Box::pin(async { refused.map_or(Ok(()), Err) })
    }
}

fn raised(name: &str) -> Kept {
    Kept {
        name: name.into(),
        state: AlarmState::Raised,
        seen: None,
        explained: None,
        explained_by: None,
        note: None,
        noted_by: None,
        closed: None,
        closed_by: None,
    }
}

/// A console that keeps alarms, and the cookie of a browser that it knows.
struct Keeping {
    app: Router,
    book: Arc<Fixed>,
    cookie: String,
}

impl Keeping {
    async fn new(kept: &[(&str, Kept)]) -> Self {
        let book = Arc::new(Fixed::default());
        *book.kept.lock().unwrap() = kept.iter().map(|(id, kept)| ((*id).to_owned(), kept.clone())).collect();
        let access = Arc::new(Access::new(|| Some("geheim".to_owned())));
        let link = access.link().unwrap();
        let app = router_behind(console(Arc::clone(&book)), access);
        let opened = ask(&app, crate::get(&link)).await;
        let cookie =
            opened.headers()[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        Self { app, book, cookie }
    }

    async fn page(&self, uri: &str) -> String {
        let mut request = crate::get(uri);
        request.headers_mut().insert(header::COOKIE, self.cookie.parse().unwrap());
        let response = ask(&self.app, request).await;
        assert_eq!(response.status(), 200, "{uri}");
        text(response).await
    }

    /// Sends a form as a browser does that shows one of our pages, with these headers changed.
    async fn send(&self, uri: &str, form: &str, changed: &[(&str, &str)]) -> (StatusCode, String, String) {
        let mut headers = BTreeMap::from([
            ("host", "127.0.0.1:8319"),
            ("origin", "http://127.0.0.1:8319"),
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("cookie", &self.cookie),
        ]);
        headers.extend(changed.iter().copied());
        let mut request = Request::post(uri);
        for (name, value) in headers.into_iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(name, value);
        }
        let response = ask(&self.app, request.body(Body::from(form.to_owned())).unwrap()).await;
        let place = response.headers().get(header::LOCATION).map(|place| place.to_str().unwrap().to_owned());
        (response.status(), place.unwrap_or_default(), text(response).await)
    }

    fn said(&self) -> Vec<(String, Saying)> {
        std::mem::take(&mut self.book.said.lock().unwrap())
    }
}

fn console(book: Arc<Fixed>) -> Console {
    Console {
        source: Arc::new(fixture::Fixed(Arc::new(fixture::full()))),
        watch: Some(Arc::new(watch::breach())),
        alarms: Some(book),
        data_set: "orders.csv".to_owned(),
    }
}

/// The part of a page on what people say, without markup.
fn said(html: &str) -> String {
    let part = html.split("id=\"said\"").nth(1).unwrap().split("</section>").next().unwrap();
    let mut words = String::new();
    for part in part.split('<').skip(1) {
        words.push_str(part.split_once('>').unwrap().1);
        words.push(' ');
    }
    words.replace('\u{a0}', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn every_state_is_shown_in_both_languages() {
    let id = watch::alarm().id;
    let seen = Some((By::Console, date(2026, 5, 4).at(9, 5, 0, 0)));
    let acknowledged = Kept { state: AlarmState::Acknowledged, seen, ..raised(&id) };
    let explained = Kept {
        state: AlarmState::Explained,
        explained: Some(Explanation::Event("leak".into())),
        explained_by: Some((By::Console, date(2026, 5, 4).at(10, 0, 0, 0))),
        note: Some("In the papers.\n<b>Tuesday</b>".into()),
        noted_by: Some((By::Console, date(2026, 5, 4).at(10, 0, 1, 0))),
        ..acknowledged.clone()
    };
    let in_words = Kept {
        explained: Some(Explanation::Words),
        noted_by: Some((By::Api, date(2026, 5, 4).at(11, 0, 0, 0))),
        ..explained.clone()
    };
    // Kept from before it was kept who.
    let unsigned = Kept { explained_by: None, noted_by: None, ..explained.clone() };
    let closed = Kept {
        state: AlarmState::Closed,
        closed: Some((Closing::ByPerson, date(2026, 5, 5).at(14, 30, 0, 0))),
        closed_by: Some(By::Console),
        ..explained.clone()
    };
    let by_program = Kept { closed_by: Some(By::Api), ..closed.clone() };
    let by_nobody = Kept { closed_by: None, ..closed.clone() };
    let restated = Kept { closed: closed.closed.map(|(_, at)| (Closing::Restated, at)), ..closed.clone() };
    for (kept, english, french) in [
        (
            raised(&id),
            "Raised Nobody has said that they saw it. I have seen it",
            "Déclenchée Personne n’a encore dit",
        ),
        (acknowledged, "Acknowledged Seen at the console on 4 May 2026 at 09:05.", "le 4 mai 2026 à 9 h 05."),
        (
            explained,
            "Explained by “The &#60;leak&#62;”, at the console on 4 May 2026 at 10:00. In the papers. \
             &#60;b&#62;Tuesday&#60;/b&#62; Event",
            "&#62; », dans la console le 4 mai 2026 à 10 h 00.",
        ),
        (
            in_words.clone(),
            "Explained by the note, at the console on 4 May 2026 at 10:00.",
            "Expliquée par la note, dans la console le",
        ),
        (
            in_words,
            "Note written by a program, over the API, on 4 May 2026 at 11:00.",
            "Note écrite par un programme, via l’API, le 4 mai 2026 à 11 h 00.",
        ),
        (unsigned, "Explained by “The &#60;leak&#62;”. In the papers.", "&#62; ». In the"),
        (
            closed,
            "Closed at the console on 5 May 2026 at 14:30.",
            "Close dans la console le 5 mai 2026 à 14 h 30.",
        ),
        (
            by_program,
            "Closed by a program, over the API, on 5 May",
            "Close par un programme, via l’API, le 5 mai",
        ),
        (by_nobody, "Closed by a person on 5 May 2026", "Close par une personne le 5 mai 2026"),
        (restated, "the data were corrected", "les données corrigées"),
    ] {
        let console = Keeping::new(&[(&id, kept.clone())]).await;
        for (lang, words) in [("en", english), ("fr", french)] {
            let html = console.page(&format!("/alarm/{id}?lang={lang}")).await;
            assert!(said(&html).contains(words), "{words}: {}", said(&html));
            let list = console.page(&format!("/alarm?lang={lang}")).await;
            assert!(list.contains("class=\"said\""), "{list}");
            assert_eq!(list.contains("/acknowledge"), kept.seen.is_none() && kept.closed.is_none());
        }
        let html = console.page(&format!("/alarm/{id}")).await;
        assert_eq!(html.contains("/close\""), kept.closed.is_none());
        assert_eq!(html.contains("/explain\""), kept.can_be_explained());
    }
}

#[tokio::test]
async fn what_a_person_has_closed_is_not_open_any_more() {
    let id = watch::alarm().id;
    let closed = Some((Closing::ByPerson, date(2026, 5, 5).at(14, 30, 0, 0)));
    let console = Keeping::new(&[(&id, Kept { state: AlarmState::Closed, closed, ..raised(&id) })]).await;
    let list = console.page("/alarm").await;
    assert!(list.contains("No alarm is open") && list.contains("Still below what is expected"), "{list}");
    assert!(!console.page("/").await.contains("An alarm is open"));
    let console = Keeping::new(&[(&id, raised(&id))]).await;
    assert!(console.page("/").await.contains("An alarm is open"));
}

#[tokio::test]
async fn forms_are_taken_and_answered_with_the_page() {
    let found = watch::alarm().id;
    // Data that came late have moved it.
    let console = Keeping::new(&[(&found, raised("returns-2026-01-05"))]).await;
    let html = console.page("/alarm/returns-2026-01-05?every=week").await;
    assert!(html.contains("action=\"/alarm/returns-2026-01-05/explain?every=week\""), "{html}");
    let name = || "returns-2026-01-05".to_owned();
    for (what, form, saying) in [
        ("acknowledge", "", Saying::Seen),
        (
            "explain",
            "event=leak&note=",
            Saying::Explained { event: Some("leak".into()), note: String::new() },
        ),
        (
            "explain",
            "event=&note=Une+gr%C3%A8ve%0D%0Ade+la+poste",
            Saying::Explained { event: None, note: "Une grève\r\nde la poste".into() },
        ),
        ("close", "event=leak&note=done", Saying::Closed { note: "done".into() }),
    ] {
        let (status, place, _) =
            console.send(&format!("/alarm/{}/{what}?every=week", name()), form, &[]).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{what}");
        assert_eq!(place, "/alarm/returns-2026-01-05?every=week#said");
        assert_eq!(console.said(), [(name(), saying)]);
    }
}

#[tokio::test]
async fn what_cannot_be_taken_is_told_in_place() {
    let id = watch::alarm().id;
    let console = Keeping::new(&[(&id, raised(&id))]).await;
    for (lang, words) in [("en", "choose an event, or write"), ("fr", "choisissez un événement, ou écrivez")]
    {
        let uri = format!("/alarm/{id}/explain?lang={lang}");
        let (status, _, html) = console.send(&uri, "event=&note=", &[]).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(said(&html).contains(words), "{}", said(&html));
        assert!(
            html.contains("role=\"alert\"") && html.contains(&format!("/alarm/{id}?lang=fr\"")),
            "{html}"
        );
    }
    let (status, ..) = console.send("/alarm/returns-2020-01-06/acknowledge", "", &[]).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let large = format!("note={}", "a".repeat(70_000));
    let (status, ..) = console.send(&format!("/alarm/{id}/close"), &large, &[]).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let mut request = crate::get(&format!("/alarm/{id}/close"));
    request.headers_mut().insert(header::COOKIE, console.cookie.parse().unwrap());
    assert_eq!(ask(&console.app, request).await.headers()[header::LOCATION], format!("/alarm/{id}#said"));
}

#[tokio::test]
async fn only_our_own_pages_in_a_known_browser_may_say_anything() {
    let id = watch::alarm().id;
    let console = Keeping::new(&[(&id, raised(&id))]).await;
    let uri = format!("/alarm/{id}/acknowledge");
    for (changed, status) in [
        (&[("cookie", "")][..], 401),
        (&[("cookie", "fidance_session=other")], 401),
        (&[("sec-fetch-site", "cross-site")], 403),
        (&[("sec-fetch-site", "same-site")], 403),
        (&[("sec-fetch-site", "none")], 403),
        (&[("origin", "http://127.0.0.1:3000")], 403),
        (&[("origin", "https://evil.example")], 403),
        (&[("sec-fetch-site", ""), ("origin", "")], 403),
        (&[("sec-fetch-site", ""), ("origin", "null")], 403),
        (&[("sec-fetch-site", ""), ("origin", "http://localhost:8319")], 403),
        (&[("host", "evil.example")], 421),
        (&[("sec-fetch-site", "")], 303),
        (&[("origin", "null")], 303),
    ] {
        let (answered, _, html) = console.send(&uri, "", changed).await;
        assert_eq!(answered.as_u16(), status, "{changed:?}");
        assert_eq!(console.said().len(), usize::from(status == 303), "{changed:?}");
        assert!(status == 303 || !html.contains("orders.csv"), "{changed:?}");
    }
    for uri in ["/", "/alarm", "/events/close", "/api/v1/report"] {
        assert_eq!(console.send(uri, "", &[]).await.0, StatusCode::METHOD_NOT_ALLOWED, "{uri}");
    }
}

#[tokio::test]
async fn a_console_without_a_store_has_no_forms_and_takes_none() {
    let id = watch::alarm().id;
    // Nor has one that everybody may open.
    let open = router(console(Arc::new(Fixed::default())));
    for app in [watching(watch::breach()), open] {
        for uri in ["/alarm".to_owned(), format!("/alarm/{id}")] {
            assert!(!crate::page(&app, &uri).await.contains("method=\"post\""), "{uri}");
        }
        let request = Request::post(format!("/alarm/{id}/acknowledge"))
            .header(header::HOST, "127.0.0.1:8319")
            .header("sec-fetch-site", "same-origin")
            .body(Body::empty())
            .unwrap();
        assert_eq!(ask(&app, request).await.status(), StatusCode::METHOD_NOT_ALLOWED);
    }
}
