//! Erasures: asking for one, and what became of it. A customer's id is in the body of the request and nowhere else.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use fidance_store::{Erasure, ErasureId, ErasureState, LakePart, StorePart};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Admin, PEOPLE,
    given::{Cursor, Given, Limit, Page, Params},
    instant,
    problem::Problem,
};

/// Characters of a customer's id.
const LONGEST_ID: usize = 1_000;

pub(super) fn router() -> Router<Arc<Admin>> {
    Router::new().route("/api/v1/erasures", get(list).post(create)).route("/api/v1/erasures/{id}", get(show))
}

/// Whom a call is about.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfCustomer {
    /// The id, as clients send it.
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S", examples("customer-1"))]
    customer: String,
}

impl OfCustomer {
    /// The id.
    pub(super) fn id(self) -> Result<String, Problem> {
        let is_id = !self.customer.trim().is_empty() && self.customer.chars().count() <= LONGEST_ID;
        let wrong = || Problem::Bad(format!("customer: 1 to {LONGEST_ID} characters, not white space alone"));
        is_id.then_some(self.customer).ok_or_else(wrong)
    }
}

/// How far an erasure is.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ErasureState)]
pub(super) enum Progress {
    /// Asked for.
    Requested,
    /// Gone from the store.
    GoneFromStore,
    /// Gone from the lake too.
    GoneFromLake,
    /// Looked for everywhere, and not found.
    Done,
}

/// An erasure, in numbers, without whom it is of.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Erasure)]
pub(super) struct Shown {
    /// The receipt.
    #[schema(examples("0123456789abcdef0123456789abcdef"))]
    id: String,
    /// Its place in the order in which erasures were asked for.
    #[schema(minimum = 1, examples(3))]
    number: i64,
    /// How far it is.
    state: Progress,
    /// When it was asked for.
    requested_at: Timestamp,
    /// By whom: `api`, `command line`, `retention limit`.
    requested_by: String,
    /// When it was gone from the store.
    #[schema(required)]
    store_at: Option<Timestamp>,
    /// Ids of whom something was known.
    people: u64,
    /// Dead letters.
    dead_letters: u64,
    /// When it was gone from the lake.
    #[schema(required)]
    lake_at: Option<Timestamp>,
    /// Rows that name nobody any more.
    rows: u64,
    /// When nothing was found any more.
    #[schema(required)]
    done_at: Option<Timestamp>,
}

impl From<&Erasure> for Shown {
    fn from(erasure: &Erasure) -> Self {
        let (state, store, lake, done) = match erasure.state {
            ErasureState::Requested => (Progress::Requested, None, None, None),
            ErasureState::StoreDone(store) => (Progress::GoneFromStore, Some(store), None, None),
            ErasureState::LakeDone(store, lake) => (Progress::GoneFromLake, Some(store), Some(lake), None),
            ErasureState::Verified(store, lake, at) => (Progress::Done, Some(store), Some(lake), Some(at)),
        };
        Self {
            id: erasure.id.to_string(),
            number: erasure.number,
            state,
            requested_at: instant(erasure.requested_at),
            requested_by: erasure.requested_by.clone(),
            store_at: store.map(|part: StorePart| instant(part.at)),
            people: store.map_or(0, |part| part.people),
            dead_letters: store.map_or(0, |part| part.letters),
            lake_at: lake.map(|part: LakePart| instant(part.at)),
            rows: lake.map_or(0, |part| part.rows),
            done_at: done.map(instant),
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// What the page before gave as `next`.
    #[param(value_type = Option<String>, pattern = "^[1-9][0-9]{0,17}$")]
    cursor: Option<Cursor>,
    /// How many at most; 50 unless given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Option<Limit>,
}

/// Ask for a customer to be erased
///
/// It is noted when this is answered, and done between two commits of the lake: ask for the receipt. There is one for a
/// customer of whom nothing is known too.
#[utoipa::path(
    post, path = "/api/v1/erasures", operation_id = "create_erasure", tag = PEOPLE, request_body = OfCustomer,
    responses((status = 202, description = "It is noted.", body = Shown), (status = 400), (status = 415))
)]
pub(super) async fn create(
    State(admin): State<Arc<Admin>>,
    Given(of): Given<OfCustomer>,
) -> Result<Response, Problem> {
    let id = admin.people.erase(&of.id()?, "api").await?;
    admin.note("erasure.request", id.to_string()).await?;
    let erasure = admin.people.erasure(id).await?.ok_or(Problem::Absent("erasure"))?;
    Ok((StatusCode::ACCEPTED, Json(Shown::from(&erasure))).into_response())
}

/// One erasure
#[utoipa::path(
    get, path = "/api/v1/erasures/{id}", operation_id = "show_erasure", tag = PEOPLE,
    params(("id" = String, Path, description = "The receipt.")),
    responses(
        (status = 200, description = "It is there.", body = Shown),
        (status = 404, description = "There is no such erasure.")
    )
)]
pub(super) async fn show(
    State(admin): State<Arc<Admin>>,
    given: Result<Path<String>, PathRejection>,
) -> Result<Json<Shown>, Problem> {
    let id = given.ok().and_then(|Path(text)| ErasureId::parse(&text)).ok_or(Problem::Absent("erasure"))?;
    let erasure = admin.people.erasure(id).await?.ok_or(Problem::Absent("erasure"))?;
    Ok(Json(Shown::from(&erasure)))
}

/// All erasures
///
/// Newest first.
#[utoipa::path(
    get, path = "/api/v1/erasures", operation_id = "list_erasures", tag = PEOPLE, params(Wanted),
    responses((status = 200, description = "A page of them.", body = Page<Shown>), (status = 400))
)]
pub(super) async fn list(
    State(admin): State<Arc<Admin>>,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Page<Shown>>, Problem> {
    let asked = Page::<Shown>::ask(wanted.limit);
    let found = admin.store.erasures(wanted.cursor.map(|Cursor(number)| number), asked).await?;
    Ok(Page::of(found, asked, |erasure| (erasure.number, Shown::from(erasure))))
}
