//! Sources of messages.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use fidance_store::{ConsentRule, Source, SourceId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Admin, SOURCES,
    given::{Cursor, Given, Limit, Page, Params},
    instant,
    problem::Problem,
};

/// In characters.
const LONGEST_NAME: usize = 100;

pub(super) fn router() -> Router<Arc<Admin>> {
    Router::new().route("/api/v1/sources", get(list).post(create))
}

/// What a source's events need so that they are kept with their person.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Consent {
    /// Kept unless the person has refused.
    #[default]
    UnlessRefused,
    /// Kept only where the person has agreed.
    IfGiven,
    /// Never kept with a person, only counted.
    CountOnly,
}

impl From<Consent> for ConsentRule {
    fn from(consent: Consent) -> Self {
        match consent {
            Consent::UnlessRefused => Self::UnlessRefused,
            Consent::IfGiven => Self::IfGiven,
            Consent::CountOnly => Self::CountOnly,
        }
    }
}

impl From<ConsentRule> for Consent {
    fn from(rule: ConsentRule) -> Self {
        match rule {
            ConsentRule::UnlessRefused => Self::UnlessRefused,
            ConsentRule::IfGiven => Self::IfGiven,
            ConsentRule::CountOnly => Self::CountOnly,
        }
    }
}

/// A source of messages.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Source)]
pub(super) struct Shown {
    /// Its number.
    #[schema(minimum = 1, examples(1))]
    id: i64,
    /// Its name, for good.
    #[schema(examples("app"))]
    name: String,
    consent: Consent,
    /// When it was made.
    created_at: Timestamp,
    /// Since when its keys are refused; null while they are not.
    #[schema(required)]
    disabled_at: Option<Timestamp>,
}

/// A source to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({ "name": "app", "consent": "if_given" })))]
pub(super) struct NewSource {
    name: Name,
    #[serde(default)]
    consent: Consent,
}

/// The name of a source, which none had before, without control characters and without white space around.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(
    as = SourceName,
    min_length = 1,
    max_length = 100,
    pattern = r"^[^\s\u0000-\u001f\u007f-\u009f](?:[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f])?$",
    examples("app")
)]
pub(super) struct Name(String);

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let length = name.chars().count();
        if name.trim() != name || !(1..=LONGEST_NAME).contains(&length) || name.contains(char::is_control) {
            let wanted = "without control characters and white space around";
            return Err(format!("name: 1 to {LONGEST_NAME} characters, {wanted}"));
        }
        Ok(Self(name))
    }
}

/// A source that was made.
#[derive(Debug, Serialize, ToSchema)]
struct MadeSource {
    /// Its number.
    #[schema(minimum = 1, examples(2))]
    id: i64,
    /// Its name.
    #[schema(examples("app"))]
    name: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// What the page before gave as `next`.
    #[param(value_type = Option<String>, pattern = "^[1-9][0-9]{0,17}$")]
    pub(super) cursor: Option<Cursor>,
    /// How many at most; 50 unless given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    pub(super) limit: Option<Limit>,
}

/// All sources
///
/// In order of their making, the disabled ones too.
#[utoipa::path(
    get, path = "/api/v1/sources", operation_id = "list_sources", tag = SOURCES, params(Wanted),
    responses((status = 200, description = "A page of them.", body = Page<Shown>), (status = 400))
)]
pub(super) async fn list(
    State(admin): State<Arc<Admin>>,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Page<Shown>>, Problem> {
    let asked = Page::<Shown>::ask(wanted.limit);
    let after = wanted.cursor.map(|Cursor(id)| SourceId::new(id));
    let found = admin.store.source_page(after, asked).await?;
    Ok(Page::of(found, asked, |source| (source.id.get(), shown(source))))
}

/// Make a source
///
/// Its name is part of every message's identity: there is no renaming and no deleting.
#[utoipa::path(
    post, path = "/api/v1/sources", operation_id = "create_source", tag = SOURCES, request_body = NewSource,
    responses(
        (status = 201, description = "It was made.", body = MadeSource),
        (status = 400),
        (status = 409, description = "There is a source of that name."),
        (status = 415)
    )
)]
pub(super) async fn create(
    State(admin): State<Arc<Admin>>,
    Given(NewSource { name: Name(name), consent }): Given<NewSource>,
) -> Result<Response, Problem> {
    let id = admin.store.create_source(&name, consent.into(), admin.clock.now()).await?;
    admin.note("source.create", id.to_string()).await?;
    Ok((StatusCode::CREATED, Json(MadeSource { id: id.get(), name })).into_response())
}

fn shown(source: &Source) -> Shown {
    Shown {
        id: source.id.get(),
        name: source.name.clone(),
        consent: source.consent.into(),
        created_at: instant(source.created_at),
        disabled_at: source.disabled_at.map(instant),
    }
}
