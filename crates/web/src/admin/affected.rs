//! Whom an incident affected. The body may be large: it is read as it comes, and nothing of it is kept but pseudonyms.

use std::{
    io::{self, Read},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use axum::{
    Json, Router,
    body::{Body, Bytes, HttpBody as _},
    extract::State,
    http::{HeaderMap, StatusCode, header},
    routing::get,
};
use fidance_app::affected::{Affected, AffectedError, ListForm};
use serde::Serialize;
use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    time::timeout,
};
use utoipa::ToSchema;

use super::{
    Admin, INCIDENTS,
    given::DONE,
    incidents::{API, Incident},
    problem::Problem,
};

/// A list has at most this many bytes.
const LARGEST_LIST: usize = 64 << 20;
/// Pieces of a body that wait to be read.
const WAITING: usize = 16;
/// A client from which nothing comes for longer is cut off.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) fn router() -> Router<Arc<Admin>> {
    Router::new().route("/api/v1/incidents/{id}/affected", get(show).put(put).delete(delete))
}

/// Whom an incident affected, in numbers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Affected)]
pub(super) struct Shown {
    /// Ids on the list, each once.
    #[schema(minimum = 1, examples(12400))]
    listed: u64,
    /// Of these, the ids of customers with an activity: those an effect can be seen on.
    #[schema(examples(11870))]
    known: u64,
    /// The others. Who never bought is one of them, as is an id with a slip of the pen.
    #[schema(examples(530))]
    unknown: u64,
}

impl From<Affected> for Shown {
    fn from(affected: Affected) -> Self {
        Self { listed: affected.listed, known: affected.known, unknown: affected.unknown() }
    }
}

impl From<AffectedError> for Problem {
    fn from(error: AffectedError) -> Self {
        match error {
            AffectedError::Wrong(wrong) => Self::Refused(wrong.to_string()),
            AffectedError::Store(error) => error.into(),
            error @ (AffectedError::Lake(_) | AffectedError::BrokeOff) => Self::Failed(Box::new(error)),
        }
    }
}

/// A customer's id
///
/// As clients send it. Words that stand for nobody, such as `null` and `anonymous`, are refused.
#[derive(ToSchema)]
#[schema(min_length = 1, pattern = r"\S", examples("customer-1"))]
struct CustomerId(#[expect(dead_code, reason = "it is there to be described")] String);

/// The list of an incident, in numbers
#[utoipa::path(
    get, path = "/api/v1/incidents/{id}/affected", operation_id = "count_affected", tag = INCIDENTS,
    params(("id" = String, Path, description = "What the incident is known by.", min_length = 1, max_length = 200)),
    responses(
        (status = 200, description = "It has a list.", body = Shown),
        (status = 404, description = "It has no list, or there is no such incident.")
    )
)]
pub(super) async fn show(
    State(admin): State<Arc<Admin>>,
    Incident(id): Incident,
) -> Result<Json<Shown>, Problem> {
    let affected = admin.book.affected(&id).await?.ok_or(Problem::Absent("list"))?;
    Ok(Json(affected.into()))
}

/// Say whom an incident affected
///
/// In place of the list that it has. At most a million customers in 64 MiB, and 64 incidents with a list. Kept are pseudonyms; whoever is
/// erased leaves all lists. The diagnoses compare those on it with alike customers who are not, as soon as they are made anew, which begins at
/// once.
#[utoipa::path(
    put, path = "/api/v1/incidents/{id}/affected", operation_id = "put_affected", tag = INCIDENTS,
    params(("id" = String, Path, description = "What the incident is known by.", min_length = 1, max_length = 200)),
    request_body(
        content(
            (Vec<CustomerId> = "application/json", example = json!(["customer-1", "customer-2"])),
            (String = "text/csv", example = "customer_id\ncustomer-1\ncustomer-2\n")
        ),
        description = "An array of ids; or a table with a column of customers, as `--affected` takes it, whose column of incidents, if it \
                       has one, names this one alone."
    ),
    responses(
        (status = 200, description = "It is kept.", body = Shown),
        (status = 400, description = "The body broke off."),
        (status = 404, description = "There is no such incident."),
        (status = 409, description = "64 other incidents have a list."),
        (status = 415),
        (status = 422, description = "A row or an item is wrong; it is named. Nothing was changed.")
    )
)]
pub(super) async fn put(
    State(admin): State<Arc<Admin>>,
    Incident(id): Incident,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Shown>, Problem> {
    let form = form(&headers)?;
    let (pieces, list) = channel(WAITING);
    let list = Box::new(Pieces { coming: list, piece: Bytes::new() });
    let (sent, kept) =
        tokio::join!(send(body, pieces), admin.book.put_affected(&id, form, list, API, admin.clock.now()));
    // What broke off has been read as something wrong.
    sent?;
    Ok(Json(kept?.into()))
}

/// Take the list of an incident away
#[utoipa::path(
    delete, path = "/api/v1/incidents/{id}/affected", operation_id = "delete_affected", tag = INCIDENTS,
    params(("id" = String, Path, description = "What the incident is known by.", min_length = 1, max_length = 200)),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "It has no list, or there is no such incident.")
    )
)]
pub(super) async fn delete(
    State(admin): State<Arc<Admin>>,
    Incident(id): Incident,
) -> Result<StatusCode, Problem> {
    admin.book.delete_affected(&id, API, admin.clock.now()).await.map_err(|error| match error {
        fidance_store::StoreError::Absent { .. } => Problem::Absent("list"),
        error => error.into(),
    })?;
    Ok(DONE)
}

fn form(headers: &HeaderMap) -> Result<ListForm, Problem> {
    let media = headers.get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok()).unwrap_or_default();
    match media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "application/json" => Ok(ListForm::Json),
        "text/csv" | "text/plain" => Ok(ListForm::Table),
        _ => Err(Problem::Media("text/csv, or application/json")),
    }
}

/// Hands a body on piece by piece. What nobody wants to read any more is taken in all the same: the client hears why once
/// it has sent it.
async fn send(mut body: Body, pieces: Sender<io::Result<Bytes>>) -> Result<(), Problem> {
    let mut size = 0;
    let outcome = loop {
        let frame =
            timeout(PATIENCE, std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)));
        let data = match frame.await {
            Err(_) => break Err(Problem::Slow),
            Ok(Some(Err(_))) => break Err(Problem::Bad("the body broke off".to_owned())),
            Ok(None) => break Ok(()),
            Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
        };
        size += data.len();
        if size > LARGEST_LIST {
            break Err(Problem::TooLarge(LARGEST_LIST));
        }
        let _ = pieces.send(Ok(data)).await;
    };
    if outcome.is_err() {
        // Half a list is none.
        let _ = pieces.send(Err(io::ErrorKind::UnexpectedEof.into())).await;
    }
    outcome
}

/// A body as it comes, for whoever reads it on another thread.
#[derive(Debug)]
struct Pieces {
    coming: Receiver<io::Result<Bytes>>,
    piece: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.coming.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let n = self.piece.len().min(buffer.len());
        let (taken, room) = (self.piece.split_to(n), buffer.get_mut(..n));
        room.unwrap_or_default().copy_from_slice(&taken);
        Ok(n)
    }
}
