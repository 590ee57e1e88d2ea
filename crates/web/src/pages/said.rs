//! What people say of an alarm, sent by a form that needs no script: taken where a store is, and answered with the page of
//! the alarm. Whether the form is one of ours, `guard` has asked; whether the browser is known, `access`.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use fidance_app::alarms::{Kept, KnownEvent, SayError, Saying};

use super::{Visit, diagnosis, if_activities, look};
use crate::{
    App,
    problem::Problem,
    view::{
        said::{Entered, Refused},
        shell::{Page, carried},
    },
    visitor::Visitor,
};

/// A form has at most this many bytes: a note, each character in its longest form, and what stands around it.
const LARGEST_FORM: usize = 64 << 10;

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/alarm/{id}/acknowledge", post(acknowledge).get(back))
        .route("/alarm/{id}/explain", post(explain).get(back))
        .route("/alarm/{id}/close", post(close).get(back))
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
}

/// What is kept of each alarm of the watch; nothing where nobody keeps any.
pub(super) async fn kept(app: &Arc<App>) -> Result<BTreeMap<String, Kept>, Problem> {
    let Some(book) = &app.alarms else { return Ok(BTreeMap::new()) };
    let Some(watch) = if_activities(look(app, |source| source.watch()).await)? else {
        return Ok(BTreeMap::new());
    };
    book.kept(watch).await.map_err(|error| Problem::Failed(Box::new(error)))
}

/// The events that an alarm can be explained with.
pub(super) async fn events(app: &Arc<App>) -> Result<Vec<KnownEvent>, Problem> {
    let Some(book) = &app.alarms else { return Ok(Vec::new()) };
    book.events().await.map_err(|error| Problem::Failed(Box::new(error)))
}

async fn acknowledge(State(app): State<Arc<App>>, Path(id): Path<String>, visitor: Visitor) -> Response {
    answer(app, id, visitor, None, |_| Saying::Seen).await
}

async fn explain(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    form: Bytes,
) -> Response {
    answer(app, id, visitor, Some(form), |Entered { event, note }| Saying::Explained { event, note }).await
}

async fn close(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    form: Bytes,
) -> Response {
    answer(app, id, visitor, Some(form), |Entered { note, .. }| Saying::Closed { note }).await
}

/// Whoever comes to the address of a form by other ways is shown the alarm.
async fn back(Path(id): Path<String>, visitor: Visitor) -> Response {
    to_page(&id, &visitor)
}

async fn answer(
    app: Arc<App>,
    id: String,
    visitor: Visitor,
    form: Option<Bytes>,
    what: impl FnOnce(Entered) -> Saying,
) -> Response {
    let Some(book) = app.alarms.clone() else { return to_page(&id, &visitor) };
    let entered = form.as_deref().map(entered);
    let what = what(entered.clone().unwrap_or_default());
    let error = match book.say(id.clone(), what).await {
        Ok(()) => return to_page(&id, &visitor),
        Err(error) => error,
    };
    let visit = Visit { app, visitor: visitor.at(&path(&id)), page: Page::Diagnosis };
    let (status, html) = match error {
        SayError::Absent => (StatusCode::NOT_FOUND, Err(Problem::UnknownAlarm)),
        SayError::Store(error) => (StatusCode::INTERNAL_SERVER_ERROR, Err(Problem::Failed(Box::new(error)))),
        error => {
            let status = if matches!(error, SayError::Closed) {
                StatusCode::CONFLICT
            } else {
                StatusCode::UNPROCESSABLE_ENTITY
            };
            let refused = Refused { error, entered };
            (status, diagnosis::html(&visit, id, Some(refused)).await)
        }
    };
    let is_page = html.is_ok();
    let mut response = visit.respond(html);
    if is_page {
        *response.status_mut() = status;
    }
    response
}

/// To the page of the alarm, which is then asked for as any page is: sending the form again by mistake is not possible.
fn to_page(id: &str, visitor: &Visitor) -> Response {
    let place = format!("{}{}#said", path(id), carried(visitor.uri.query()));
    match HeaderValue::from_str(&place) {
        Ok(place) => (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

fn path(id: &str) -> String {
    let id: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
    format!("/alarm/{id}")
}

fn entered(form: &[u8]) -> Entered {
    let field = |name: &str| {
        let found = form_urlencoded::parse(form).find(|(key, _)| key == name);
        found.map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    Entered { event: Some(field("event")).filter(|event| !event.is_empty()), note: field("note") }
}
