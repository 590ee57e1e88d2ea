//! Erasures: asking for one, and what became of it. A customer's id is in the body of the request and nowhere else.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State, rejection::JsonRejection, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use fidance_store::{Erasure, ErasureId, ErasureState, LakePart, StorePart};
use serde::{Deserialize, Serialize};

use super::{Admin, letters::instant, problem::Problem};

/// Erasures of a page, unless asked otherwise, and at most.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 500;
const LONGEST_ID: usize = 1_000;

pub(super) fn router() -> Router<Arc<Admin>> {
    Router::new().route("/api/v1/erasures", get(list).post(request)).route("/api/v1/erasures/{id}", get(show))
}

/// Whom a request is about.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfCustomer {
    /// The id, as clients send it.
    customer: String,
}

impl OfCustomer {
    /// The id of a body.
    pub(super) fn read(given: Result<Json<Self>, JsonRejection>) -> Result<String, Problem> {
        // The text of the rejection repeats nothing of the body but names of fields and places.
        let Json(Self { customer }) =
            given.map_err(|_| Problem::Bad("send {\"customer\": \"…\"} as application/json".to_owned()))?;
        if customer.trim().is_empty() || customer.len() > LONGEST_ID {
            return Err(Problem::Bad(format!("customer: 1 to {LONGEST_ID} bytes")));
        }
        Ok(customer)
    }
}

/// An erasure, as it is shown: in numbers, without whom it is of.
#[derive(Debug, Serialize)]
struct ShownErasure {
    /// The receipt.
    id: String,
    /// Its place in the order in which erasures were asked for; the cursor of the list.
    number: i64,
    /// `requested`, `gone_from_store`, `gone_from_lake`, `done`.
    state: &'static str,
    requested_at: Option<String>,
    requested_by: String,
    store_at: Option<String>,
    /// Ids of whom something was known.
    people: u64,
    /// Dead letters.
    dead_letters: u64,
    lake_at: Option<String>,
    /// Rows that name nobody any more.
    rows: u64,
    /// When nothing was found any more.
    done_at: Option<String>,
}

impl From<&Erasure> for ShownErasure {
    fn from(erasure: &Erasure) -> Self {
        let (state, store, lake, done) = match erasure.state {
            ErasureState::Requested => ("requested", None, None, None),
            ErasureState::StoreDone(store) => ("gone_from_store", Some(store), None, None),
            ErasureState::LakeDone(store, lake) => ("gone_from_lake", Some(store), Some(lake), None),
            ErasureState::Verified(store, lake, at) => ("done", Some(store), Some(lake), Some(at)),
        };
        Self {
            id: erasure.id.to_string(),
            number: erasure.number,
            state,
            requested_at: instant(erasure.requested_at),
            requested_by: erasure.requested_by.clone(),
            store_at: store.and_then(|part: StorePart| instant(part.at)),
            people: store.map_or(0, |part| part.people),
            dead_letters: store.map_or(0, |part| part.letters),
            lake_at: lake.and_then(|part: LakePart| instant(part.at)),
            rows: lake.map_or(0, |part| part.rows),
            done_at: done.and_then(instant),
        }
    }
}

/// A page of erasures.
#[derive(Debug, Serialize)]
struct ShownErasures {
    items: Vec<ShownErasure>,
    /// `before` of the next page.
    next: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// The cursor: what the page before gave as `next`.
    before: Option<i64>,
    limit: Option<usize>,
}

async fn request(
    State(admin): State<Arc<Admin>>,
    given: Result<Json<OfCustomer>, JsonRejection>,
) -> Result<Response, Problem> {
    let customer = OfCustomer::read(given)?;
    let id = admin.people.erase(&customer, "api").await?;
    admin.note("erasure.request", id.to_string()).await?;
    let erasure = admin.people.erasure(id).await?.ok_or(Problem::Absent("erasure"))?;
    Ok((StatusCode::ACCEPTED, Json(ShownErasure::from(&erasure))).into_response())
}

async fn show(State(admin): State<Arc<Admin>>, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = ErasureId::parse(&id).ok_or(Problem::Absent("erasure"))?;
    let erasure = admin.people.erasure(id).await?.ok_or(Problem::Absent("erasure"))?;
    Ok(Json(ShownErasure::from(&erasure)).into_response())
}

async fn list(
    State(admin): State<Arc<Admin>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Problem> {
    let Ok(Query(wanted)) = wanted else {
        return Err(Problem::Bad("a parameter is wrong; known are before, limit".to_owned()));
    };
    let limit = wanted.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
    let found = admin.store.erasures(wanted.before, limit).await?;
    let next = if found.len() == limit { found.last().map(|erasure| erasure.number) } else { None };
    let items = found.iter().map(ShownErasure::from).collect();
    Ok(Json(ShownErasures { items, next }).into_response())
}
