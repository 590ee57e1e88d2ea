//! Dead letters: looking at them, repairing them, sending them again.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use fidance_app::ingest::replay::replay;
use fidance_store::{DeadLetter, LetterId, Letters, Source};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Admin, LETTERS,
    given::{Cursor, DONE, Id, Limit, Message, Page, Params},
    instant,
    problem::Problem,
};

pub(super) fn router() -> Router<Arc<Admin>> {
    Router::new()
        .route("/api/v1/dead-letters", get(list))
        .route("/api/v1/dead-letters/{id}", get(show).put(repair).delete(delete))
        .route("/api/v1/dead-letters/{id}/replay", post(again))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Of the source of this name.
    #[param(value_type = Option<String>, max_length = 1000, pattern = r"^[^\u0000]*$", example = "default")]
    source: Option<Text>,
    /// With this reason.
    #[param(value_type = Option<String>, max_length = 1000, pattern = r"^[^\u0000]*$", example = "bad_time")]
    reason: Option<Text>,
    /// Of the message with this id.
    #[param(value_type = Option<String>, max_length = 1000, pattern = r"^[^\u0000]*$")]
    message_id: Option<Text>,
    /// Sent again, or still to be.
    replayed: Option<bool>,
    /// What the page before gave as `next`.
    #[param(value_type = Option<String>, pattern = "^[1-9][0-9]{0,17}$")]
    cursor: Option<Cursor>,
    /// How many at most; 50 unless given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Option<Limit>,
}

/// A text that a database can compare with.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Text(String);

impl TryFrom<String> for Text {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const LONGEST: usize = 1000;
        let is_usable = !text.contains('\0') && text.chars().count() <= LONGEST;
        is_usable.then_some(Self(text)).ok_or("a text of at most 1000 characters without NUL was expected")
    }
}

/// A message that could not be used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeadLetter)]
pub(super) struct Shown {
    /// Its number.
    #[schema(minimum = 1, examples(12))]
    id: i64,
    /// The name of the source that sent it.
    #[schema(required, examples("default"))]
    source: Option<String>,
    /// When it came.
    received_at: Timestamp,
    /// In which protocol.
    #[schema(examples("segment"))]
    protocol: String,
    /// Why it could not be used.
    #[schema(examples("bad_time"))]
    reason: String,
    /// The field at fault, where it is one.
    #[schema(required, examples("timestamp"))]
    field: Option<String>,
    /// Its own id, where it has one.
    #[schema(required)]
    message_id: Option<String>,
    /// The message, as it came or as it was repaired.
    message: String,
    /// When it is thrown away.
    expires_at: Timestamp,
    /// When it was sent again; null where it was not.
    #[schema(required)]
    replayed_at: Option<Timestamp>,
}

/// The bytes of a message.
#[derive(ToSchema)]
#[schema(as = Message, min_length = 1, max_length = 1_048_576)]
struct Bytes(#[expect(dead_code, reason = "it is there to be described")] String);

/// All dead letters
///
/// Newest first; those that match every given parameter.
#[utoipa::path(
    get, path = "/api/v1/dead-letters", operation_id = "list_dead_letters", tag = LETTERS, params(Wanted),
    responses(
        (status = 200, description = "A page of them.", body = Page<Shown>),
        (status = 400),
        (status = 404, description = "There is no such source.")
    )
)]
pub(super) async fn list(
    State(admin): State<Arc<Admin>>,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Page<Shown>>, Problem> {
    let sources = admin.store.sources().await?;
    let source = match &wanted.source {
        None => None,
        Some(Text(name)) => Some(of_name(&sources, name).ok_or(Problem::Absent("source"))?.id),
    };
    let filter = Letters {
        source,
        reason: wanted.reason.map(|Text(reason)| reason),
        message_id: wanted.message_id.map(|Text(id)| id),
        replayed: wanted.replayed,
        before: wanted.cursor.map(|Cursor(id)| LetterId::new(id)),
        ..Letters::default()
    };
    let asked = Page::<Shown>::ask(wanted.limit);
    let found = admin.store.letters(&filter, asked).await?;
    Ok(Page::of(found, asked, |letter| (letter.id.get(), shown(letter, &sources))))
}

/// One dead letter
#[utoipa::path(
    get, path = "/api/v1/dead-letters/{id}", operation_id = "show_dead_letter", tag = LETTERS,
    params(("id" = i64, Path, minimum = 1, description = "Its number.")),
    responses(
        (status = 200, description = "It is there.", body = Shown),
        (status = 400),
        (status = 404, description = "There is no such letter.")
    )
)]
pub(super) async fn show(State(admin): State<Arc<Admin>>, Id(id): Id) -> Result<Json<Shown>, Problem> {
    let letter = find(&admin, id).await?;
    Ok(Json(shown(&letter, &admin.store.sources().await?)))
}

/// Put a repaired message in the place of a letter's
///
/// The body is the message as it should have been; sending it again is another call. Repairing twice is the same as once.
#[utoipa::path(
    put, path = "/api/v1/dead-letters/{id}", operation_id = "repair_dead_letter", tag = LETTERS,
    params(("id" = i64, Path, minimum = 1, description = "Its number.")),
    request_body(
        content((Bytes = "application/octet-stream"), (serde_json::Value = "application/json")),
        description = "The message, of at most 1 MiB."
    ),
    responses(
        (status = 204, description = "It is repaired."),
        (status = 400),
        (status = 404, description = "There is no such letter."),
        (status = 415)
    )
)]
pub(super) async fn repair(
    State(admin): State<Arc<Admin>>,
    Id(id): Id,
    Message(body): Message,
) -> Result<StatusCode, Problem> {
    find(&admin, id).await?;
    admin.note("dead_letter.repair", id.to_string()).await?;
    admin.store.replace_letter(LetterId::new(id), &body).await?;
    Ok(DONE)
}

/// Send a letter's message again
///
/// It is read as of the day it came. Twice is no harm: it has the same id as before.
#[utoipa::path(
    post, path = "/api/v1/dead-letters/{id}/replay", operation_id = "replay_dead_letter", tag = LETTERS,
    params(("id" = i64, Path, minimum = 1, description = "Its number.")),
    responses(
        (status = 204, description = "It is taken, and on the disk."),
        (status = 400),
        (status = 404, description = "There is no such letter."),
        (status = 422, description = "The message still cannot be used."),
        (status = 429, description = "More comes in than the lake takes; nothing was taken."),
        (status = 503, description = "Nothing can be taken at the moment; nothing was taken.")
    )
)]
pub(super) async fn again(State(admin): State<Arc<Admin>>, Id(id): Id) -> Result<StatusCode, Problem> {
    let letter = find(&admin, id).await?;
    let sources = admin.store.sources().await?;
    let source =
        sources.iter().find(|source| source.id == letter.letter.source).ok_or(Problem::Absent("source"))?;
    let accepted =
        replay(&admin.acceptor, source, &letter).map_err(|error| Problem::Refused(error.to_string()))?;
    admin.note("dead_letter.replay", id.to_string()).await?;
    admin.door.take(source.id, letter.letter.received_at, accepted).await?;
    admin.store.mark_replayed(LetterId::new(id), admin.clock.now()).await?;
    Ok(DONE)
}

/// Throw a letter away
#[utoipa::path(
    delete, path = "/api/v1/dead-letters/{id}", operation_id = "delete_dead_letter", tag = LETTERS,
    params(("id" = i64, Path, minimum = 1, description = "Its number.")),
    responses(
        (status = 204, description = "It is gone."),
        (status = 400),
        (status = 404, description = "There is no such letter.")
    )
)]
pub(super) async fn delete(State(admin): State<Arc<Admin>>, Id(id): Id) -> Result<StatusCode, Problem> {
    admin.note("dead_letter.delete", id.to_string()).await?;
    match admin.store.delete_letters(&[LetterId::new(id)]).await? {
        0 => Err(Problem::Absent("dead_letter")),
        _ => Ok(DONE),
    }
}

async fn find(admin: &Admin, id: i64) -> Result<DeadLetter, Problem> {
    admin.store.letter(LetterId::new(id)).await?.ok_or(Problem::Absent("dead_letter"))
}

fn of_name<'a>(sources: &'a [Source], name: &str) -> Option<&'a Source> {
    sources.iter().find(|source| source.name == name)
}

fn shown(letter: &DeadLetter, sources: &[Source]) -> Shown {
    let content = &letter.letter;
    let source = sources.iter().find(|source| source.id == content.source);
    Shown {
        id: letter.id.get(),
        source: source.map(|source| source.name.clone()),
        received_at: instant(content.received_at),
        protocol: content.protocol.clone(),
        reason: content.reason.clone(),
        field: content.field.clone(),
        message_id: content.message_id.clone(),
        message: String::from_utf8_lossy(&content.payload).into_owned(),
        expires_at: instant(content.expires_at),
        replayed_at: letter.replayed_at.map(instant),
    }
}
