//! Alarms as they are stored: how far each is, and what people say of it. What the data say of one is the watch's to answer.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{FromRequestParts, Path, State},
    http::request::Parts,
    routing::{get, post},
};
use fidance_app::alarms::Record;
use fidance_store::{Alarm, AlarmKey, AlarmState, Closing, Explanation as Explained, Signed, StoreError};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    ALARMS, Admin,
    given::{Given, Limit, Page, Params},
    instant,
    problem::Problem,
};

/// Who does it, for the log of who did what.
const API: &str = "api";
const LONGEST_EVENT: usize = 200;
const LONGEST_NOTE: usize = 2_000;

pub(super) fn router() -> Router<Arc<Admin>> {
    Router::new()
        .route("/api/v1/alarms", get(list))
        .route("/api/v1/alarms/{id}", get(show))
        .route("/api/v1/alarms/{id}/acknowledge", post(acknowledge))
        .route("/api/v1/alarms/{id}/explain", post(explain))
        .route("/api/v1/alarms/{id}/close", post(close))
}

/// How far an alarm is.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AlarmState)]
pub(super) enum Progress {
    /// Nobody has seen it.
    Raised,
    /// Somebody has.
    Acknowledged,
    /// What explains it is known.
    Explained,
    /// It has ended.
    Closed,
}

impl From<AlarmState> for Progress {
    fn from(state: AlarmState) -> Self {
        match state {
            AlarmState::Raised => Self::Raised,
            AlarmState::Acknowledged => Self::Acknowledged,
            AlarmState::Explained => Self::Explained,
            AlarmState::Closed => Self::Closed,
        }
    }
}

/// Why an alarm is closed.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AlarmClosing)]
pub(super) enum Why {
    /// A person has done with it.
    Person,
    /// The series is where it was expected again.
    Recovered,
    /// The data were restated, and do not raise it any more.
    Restated,
    /// It has lasted so long that the lower level is what is expected by now.
    Lasting,
}

impl From<Closing> for Why {
    fn from(why: Closing) -> Self {
        match why {
            Closing::ByPerson => Self::Person,
            Closing::Recovered => Self::Recovered,
            Closing::Restated => Self::Restated,
            Closing::Lasting => Self::Lasting,
        }
    }
}

/// An alarm.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Alarm)]
pub(super) struct Shown {
    /// What it is known by, for good: the series, and the week that raised it first.
    #[schema(examples("returns-2026-11-09"))]
    id: String,
    /// `returns` or `retention`.
    #[schema(examples("returns"))]
    series: String,
    /// Monday of the week that raised it.
    raised: Date,
    /// When it was stored.
    raised_at: Timestamp,
    state: Progress,
    /// When somebody said that it was seen.
    #[schema(required)]
    acknowledged_at: Option<Timestamp>,
    /// Who that was: `console`, `api`.
    #[schema(required)]
    acknowledged_by: Option<String>,
    /// The id of the event that explains it; null too where somebody at the console explained it in words: see `note`.
    #[schema(required)]
    explained_by: Option<String>,
    /// When it was said what explains it; null too where that was not kept, as with the following.
    #[schema(required)]
    explained_at: Option<Timestamp>,
    /// Who said so: `console`, `api`.
    #[schema(required)]
    explained_who: Option<String>,
    /// What people have to say of it.
    #[schema(required)]
    note: Option<String>,
    /// When that was written.
    #[schema(required)]
    noted_at: Option<Timestamp>,
    /// Who wrote it: `console`, `api`.
    #[schema(required)]
    noted_who: Option<String>,
    /// When it was closed.
    #[schema(required)]
    closed_at: Option<Timestamp>,
    /// Why.
    #[schema(required)]
    closed_as: Option<Why>,
    /// Who closed it: `console`, `api`, or `server` where the data did.
    #[schema(required)]
    closed_who: Option<String>,
    /// What the watch last found of it, as `/api/v1/watch` has it. Its own id there may be of another week where data came late.
    #[schema(required, value_type = Option<Object>)]
    found: Option<fidance_app::watch::model::Alarm>,
    /// When something of it changed last.
    updated_at: Timestamp,
}

impl From<&Alarm> for Shown {
    fn from(alarm: &Alarm) -> Self {
        let at = |signed: &Option<Signed>| signed.as_ref().map(|signed| instant(signed.at));
        let who = |signed: &Option<Signed>| signed.as_ref().map(|signed| signed.by.clone());
        Self {
            id: alarm.key.to_string(),
            series: alarm.key.series.clone(),
            raised: alarm.key.week,
            raised_at: instant(alarm.raised_at),
            state: alarm.state().into(),
            acknowledged_at: at(&alarm.acknowledged),
            acknowledged_by: who(&alarm.acknowledged),
            explained_by: match &alarm.explained {
                Some(Explained::Event(id)) => Some(id.clone()),
                Some(Explained::Words) | None => None,
            },
            explained_at: at(&alarm.explained_signed),
            explained_who: who(&alarm.explained_signed),
            note: alarm.note.clone(),
            noted_at: at(&alarm.note_signed),
            noted_who: who(&alarm.note_signed),
            closed_at: alarm.closed.map(|closed| instant(closed.at)),
            closed_as: alarm.closed.map(|closed| closed.why.into()),
            closed_who: alarm.closed_by.clone(),
            found: Record::read(alarm).alarm,
            updated_at: instant(alarm.updated_at),
        }
    }
}

/// Where a page begins.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct After(AlarmKey);

impl TryFrom<String> for After {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        key(&text).map(Self).ok_or("the cursor is none that was given as `next`")
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// What the page before gave as `next`.
    #[param(value_type = Option<String>, pattern = "^[a-z]{1,20}-2[0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$")]
    cursor: Option<After>,
    /// How many at most; 50 unless given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Option<Limit>,
}

/// The event that explains an alarm.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({ "event": "breach-2026-11", "note": "The leak was in the papers on Tuesday." })))]
pub(super) struct Explanation {
    event: EventName,
    note: Option<NoteText>,
}

/// What is said of an alarm that is closed by hand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({ "note": "A holiday that the calendar did not know." })))]
pub(super) struct LastWord {
    note: Option<NoteText>,
}

/// The id of an event in the register, without control characters and without white space around.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(
    min_length = 1,
    max_length = 200,
    pattern = r"^[^\s\u0000-\u001f\u007f-\u009f](?:[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f])?$",
    examples("breach-2026-11")
)]
pub(super) struct EventName(String);

impl EventName {
    /// Whether a text is one.
    pub(super) fn is_one(text: &str) -> bool {
        text.trim() == text
            && (1..=LONGEST_EVENT).contains(&text.chars().count())
            && !text.contains(char::is_control)
    }
}

impl TryFrom<String> for EventName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wanted = "without control characters and white space around";
        Self::is_one(&text)
            .then_some(Self(text))
            .ok_or_else(|| format!("event: 1 to {LONGEST_EVENT} characters, {wanted}"))
    }
}

/// What people have to say, without control characters other than line ends.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(
    min_length = 1,
    max_length = 2000,
    pattern = r"^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f]*$",
    examples("The leak was in the papers on Tuesday.")
)]
pub(super) struct NoteText(String);

impl TryFrom<String> for NoteText {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_note = (1..=LONGEST_NOTE).contains(&text.chars().count())
            && !text.contains(|letter: char| letter.is_control() && letter != '\n');
        let wanted = "without control characters other than line ends";
        is_note.then_some(Self(text)).ok_or_else(|| format!("note: 1 to {LONGEST_NOTE} characters, {wanted}"))
    }
}

/// All alarms
///
/// The latest first, those that are closed too.
#[utoipa::path(
    get, path = "/api/v1/alarms", operation_id = "list_alarms", tag = ALARMS, params(Wanted),
    responses((status = 200, description = "A page of them.", body = Page<Shown>), (status = 400))
)]
pub(super) async fn list(
    State(admin): State<Arc<Admin>>,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Page<Shown>>, Problem> {
    let asked = Page::<Shown>::ask(wanted.limit);
    let after = wanted.cursor.map(|After(key)| key);
    let found = admin.store.alarms(after.as_ref(), asked).await?;
    Ok(Page::of(found, asked, |alarm| (alarm.key.to_string(), Shown::from(alarm))))
}

/// One alarm
#[utoipa::path(
    get, path = "/api/v1/alarms/{id}", operation_id = "show_alarm", tag = ALARMS,
    params(("id" = String, Path, description = "What it is known by.")),
    responses(
        (status = 200, description = "It is there.", body = Shown),
        (status = 404, description = "There is no such alarm.")
    )
)]
pub(super) async fn show(State(admin): State<Arc<Admin>>, key: Key) -> Result<Json<Shown>, Problem> {
    shown(&admin, &key.0).await
}

/// Say that an alarm was seen
///
/// Whoever was first stays.
#[utoipa::path(
    post, path = "/api/v1/alarms/{id}/acknowledge", operation_id = "acknowledge_alarm", tag = ALARMS,
    params(("id" = String, Path, description = "What it is known by.")),
    responses(
        (status = 200, description = "It is noted.", body = Shown),
        (status = 404, description = "There is no such alarm."),
        (status = 409, description = "It is closed.")
    )
)]
pub(super) async fn acknowledge(State(admin): State<Arc<Admin>>, key: Key) -> Result<Json<Shown>, Problem> {
    changed(&admin, &key, None, admin.store.acknowledge_alarm(&key.0, API, admin.clock.now())).await
}

/// Say which event explains an alarm
///
/// Over an earlier explanation, and of a closed alarm too: what caused a fall is often known after it is over.
#[utoipa::path(
    post, path = "/api/v1/alarms/{id}/explain", operation_id = "explain_alarm", tag = ALARMS,
    params(("id" = String, Path, description = "What it is known by.")),
    request_body = Explanation,
    responses(
        (status = 200, description = "It is noted.", body = Shown),
        (status = 400),
        (status = 404, description = "There is no such alarm."),
        (status = 409, description = "The data do not raise it any more."),
        (status = 415)
    )
)]
pub(super) async fn explain(
    State(admin): State<Arc<Admin>>,
    key: Key,
    Given(said): Given<Explanation>,
) -> Result<Json<Shown>, Problem> {
    let event = Explained::Event(said.event.0);
    let change = admin.store.explain_alarm(&key.0, &event, API, admin.clock.now());
    changed(&admin, &key, said.note, change).await
}

/// Close an alarm
///
/// One that is closed already stays so for its first reason. The same fall does not open it again.
#[utoipa::path(
    post, path = "/api/v1/alarms/{id}/close", operation_id = "close_alarm", tag = ALARMS,
    params(("id" = String, Path, description = "What it is known by.")),
    request_body = LastWord,
    responses(
        (status = 200, description = "It is closed.", body = Shown),
        (status = 400),
        (status = 404, description = "There is no such alarm."),
        (status = 415)
    )
)]
pub(super) async fn close(
    State(admin): State<Arc<Admin>>,
    key: Key,
    Given(said): Given<LastWord>,
) -> Result<Json<Shown>, Problem> {
    let change = admin.store.close_alarm(&key.0, Closing::ByPerson, API, admin.clock.now());
    changed(&admin, &key, said.note, change).await
}

/// Changes an alarm, notes what is said of it besides, and answers with what it is now.
async fn changed(
    admin: &Admin,
    Key(key): &Key,
    note: Option<NoteText>,
    change: impl Future<Output = Result<(), StoreError>>,
) -> Result<Json<Shown>, Problem> {
    change.await?;
    if let Some(NoteText(text)) = note {
        admin.store.note_alarm(key, Some(&text), API, admin.clock.now()).await?;
    }
    shown(admin, key).await
}

async fn shown(admin: &Admin, key: &AlarmKey) -> Result<Json<Shown>, Problem> {
    let alarm = admin.store.alarm(key).await?.ok_or(Problem::Absent("alarm"))?;
    Ok(Json(Shown::from(&alarm)))
}

/// The alarm in a path.
#[derive(Debug)]
pub(super) struct Key(AlarmKey);

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let given = Path::<String>::from_request_parts(parts, state).await;
        given.ok().and_then(|Path(text)| key(&text)).map(Self).ok_or(Problem::Absent("alarm"))
    }
}

/// The key that a text is; series have plain names, and no store need be asked for another.
fn key(text: &str) -> Option<AlarmKey> {
    AlarmKey::parse(text).filter(|key| key.series.bytes().all(|byte| byte.is_ascii_lowercase()))
}
