//! What the API is, in OpenAPI 3.1: from the annotated handlers, with what holds for all of them added in one place.
//!
//! The routes of clients are not in it: they are at another address, and their protocols are their vendors' (see the
//! guides). Nor are the pages and their report, whose form is docs/report.schema.json.

use std::sync::LazyLock;

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};
use utoipa::OpenApi as _;

use super::{affected, alarms, erasures, inbox, incidents, keys, letters, links, people, sources};
use crate::problem_json;

/// The largest number that every reader of JSON has exactly.
const LARGEST_EXACT: u64 = (1 << 53) - 1;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Fidance",
        description = "What programs of the business may ask of a running server and change in it.\n\n\
                       Every error is a problem of RFC 9457. Lists have `items` and `next`, the `cursor` of the next page. \
                       Calls that make something take an `Idempotency-Key`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "http://127.0.0.1:8319", description = "`console.listen`: this machine alone")),
    security(("token" = [])),
    paths(
        inbox::show,
        links::create,
        letters::list,
        letters::show,
        letters::repair,
        letters::again,
        letters::delete,
        sources::list,
        sources::create,
        keys::list,
        keys::create,
        keys::revoke,
        erasures::list,
        erasures::create,
        erasures::show,
        people::export,
        alarms::list,
        alarms::show,
        alarms::acknowledge,
        alarms::explain,
        alarms::close,
        incidents::list,
        incidents::put,
        incidents::delete,
        affected::show,
        affected::put,
        affected::delete,
    ),
    components(schemas(problem_json::Body)),
    tags(
        (name = super::INBOX, description = "What waits to come into the lake."),
        (name = super::LETTERS, description = "Messages that could not be used."),
        (name = super::SOURCES, description = "Who sends messages."),
        (name = super::KEYS, description = "What sources send with."),
        (name = super::PEOPLE, description = "What people may ask for: to be erased, and to be given what is held on them."),
        (name = super::ALARMS, description = "Falls that were found, and what people made of them."),
        (name = super::INCIDENTS, description = "What happened to the business, and may explain a fall."),
        (name = super::CONSOLE, description = "Who may look at the pages.")
    )
)]
struct Described;

static TEXT: LazyLock<String> = LazyLock::new(|| document().to_string());

/// Serves the description: to anybody on this machine, as it holds no secret.
pub(super) async fn show() -> Response {
    let media = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, media)], TEXT.as_str()).into_response()
}

/// The description of the API.
pub fn document() -> Value {
    let mut document = serde_json::to_value(Described::openapi()).unwrap_or_default();
    if let Some(components) = document.get_mut("components") {
        let token = "`api.token` of the configuration";
        let schemes = json!({ "token": { "type": "http", "scheme": "bearer", "description": token } });
        put(components, "securitySchemes", schemes);
        put(components, "parameters", json!({ "IdempotencyKey": idempotency_key() }));
        put(components, "headers", headers());
        let responses = OF_ALL.iter().map(|(_, name, text)| ((*name).to_owned(), problem(text)));
        put(components, "responses", responses.collect::<Map<_, _>>().into());
    }
    // What serde refuses in all variants, the derived schema forgets to say.
    let variants = document.pointer_mut("/components/schemas/NewKey/oneOf").and_then(Value::as_array_mut);
    for variant in variants.into_iter().flatten() {
        put(variant, "additionalProperties", false.into());
    }
    let paths = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten();
    for (path, methods) in paths {
        for (method, operation) in methods.as_object_mut().into_iter().flatten() {
            complete(method, operation, path != people::PATH);
        }
    }
    document
}

fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
}

fn headers() -> Value {
    json!({
        "IdempotentReplayed": {
            "description": "The answer is one that was given before.",
            "schema": { "type": "string", "enum": ["true"] }
        },
        "RetryAfter": {
            "description": "Seconds after which to come again.",
            "required": true,
            "schema": { "type": "integer", "minimum": 1 }
        }
    })
}

fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "required": false,
        "description": "A text of the client's own, in double quotes. The same call with the same key is answered as the first \
                        was, for a day, and done once; such an answer has `Idempotent-Replayed: true`.",
        "schema": { "type": "string", "minLength": 3, "maxLength": 202, "pattern": r#"^"[ !#-\[\]-~]{1,200}"$"# },
        "example": "\"8e03978e-40d5-43e8-bc93-6894a57f9324\""
    })
}

/// The answers that come from before any handler: status, name, and when. The last two are for calls with a body.
const OF_ALL: [(&str, &str, &str); 5] = [
    ("401", "Unauthorised", "The token is missing or wrong."),
    ("421", "Misdirected", "The request was meant for another name than that of this machine."),
    ("500", "Failed", "It failed; the log says why."),
    ("408", "Slow", "The body did not come in time."),
    ("413", "TooLarge", "The body is too large."),
];
/// What else each call that can be named may be answered.
const OF_NAMED: [(&str, &str); 3] = [
    ("400", ""),
    ("409", "A call with this `Idempotency-Key` has no answer yet."),
    ("422", "This `Idempotency-Key` was given to another request."),
];

/// Adds what every call has.
fn complete(method: &str, operation: &mut Value, may_be_named: bool) {
    for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        let is_in_path = parameter.get("in").is_some_and(|place| place == "path");
        if let Some(schema) =
            parameter.get_mut("schema").filter(|schema| is_in_path && schema.get("minimum").is_some())
        {
            put(schema, "maximum", LARGEST_EXACT.into());
        }
    }
    let mut of_all = &OF_ALL[..3];
    if let Some(body) = operation.get_mut("requestBody") {
        of_all = &OF_ALL;
        put(body, "required", true.into());
    }
    let is_named = method == "post" && may_be_named;
    if is_named && let Some(call) = operation.as_object_mut() {
        let parameters = call.entry("parameters").or_insert(json!([]));
        if let Some(parameters) = parameters.as_array_mut() {
            parameters.push(json!({ "$ref": "#/components/parameters/IdempotencyKey" }));
        }
    }
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for (status, more) in OF_NAMED.iter().filter(|_| is_named) {
        let response = responses.entry(*status).or_insert_with(|| json!({ "description": "" }));
        let said = response.get("description").and_then(Value::as_str).unwrap_or_default();
        let both = [said, more].join(" ");
        put(response, "description", both.trim().into());
    }
    for (status, response) in responses.iter_mut() {
        describe(status, response, is_named);
    }
    for (status, name, _) in of_all {
        responses.insert((*status).to_owned(), json!({ "$ref": format!("#/components/responses/{name}") }));
    }
}

fn describe(status: &str, response: &mut Value, is_named: bool) {
    if status >= "400" {
        let said = response.get("description").and_then(Value::as_str).unwrap_or_default();
        let usual = if status == "415" {
            "The body is of another kind."
        } else {
            "Something in the request is wrong."
        };
        *response = problem(if said.is_empty() { usual } else { said });
    }
    if matches!(status, "429" | "503") {
        let reference = json!({ "$ref": "#/components/headers/RetryAfter" });
        put(response, "headers", json!({ "Retry-After": reference }));
    } else if is_named {
        let reference = json!({ "$ref": "#/components/headers/IdempotentReplayed" });
        put(response, "headers", json!({ "Idempotent-Replayed": reference }));
    }
}

fn problem(description: &str) -> Value {
    let schema = json!({ "$ref": "#/components/schemas/Problem" });
    json!({ "description": description, "content": { problem_json::MEDIA: { "schema": schema } } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_says_who_it_is_and_how_it_fails() {
        let document = document();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
        let mut ids = Vec::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, call) in methods.as_object().unwrap() {
                let place = format!("{method} {path}");
                ids.push(call["operationId"].as_str().unwrap().to_owned());
                assert_eq!(call["tags"].as_array().unwrap().len(), 1, "{place}");
                assert!(!call["summary"].as_str().unwrap().is_empty(), "{place}");
                for (status, response) in call["responses"].as_object().unwrap() {
                    let shared = response["$ref"].as_str().map(|name| name.trim_start_matches('#'));
                    let response = shared.map_or(response, |name| document.pointer(name).unwrap());
                    assert!(!response["description"].as_str().unwrap().is_empty(), "{place} {status}");
                    let is_problem = response["content"].get(problem_json::MEDIA).is_some();
                    assert_eq!(is_problem, status.as_str() >= "400", "{place} {status}");
                }
                assert!(call["responses"].get("401").is_some(), "{place}");
            }
        }
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "an operation id is there twice");
    }
}
