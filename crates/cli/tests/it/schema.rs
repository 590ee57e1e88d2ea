//! The JSON and the API are documented, and what the program prints is what is documented.

use std::path::{Path, PathBuf};

use fidance_app::{alarms::Payload, dose::model::DoseResponse, report::model::Report};
use fidance_intake::register::form::RegisterFile;
use serde_json::Value;

use crate::support::{report, run};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join("docs")
}

/// Compares a file of the documentation with what it is made from, or writes it anew.
fn compare(name: &str, made: &Value) {
    let file = docs().join(name);
    let text = serde_json::to_string_pretty(made).unwrap() + "\n";
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == text, "docs/{name} is out of date: make schema");
}

fn generated() -> Value {
    let mut schema = serde_json::to_value(schemars::schema_for!(Report)).unwrap();
    schema["title"] = "Fidance retention report".into();
    forbid_more(&mut schema);
    schema
}

#[test]
fn the_committed_schema_is_that_of_the_types() {
    compare("report.schema.json", &generated());
}

/// The form of a register. An editor that checks a file while it is written needs its name in it.
fn register() -> Value {
    let mut schema = serde_json::to_value(schemars::schema_for!(RegisterFile)).unwrap();
    schema["title"] = "Fidance register of incidents".into();
    schema["properties"]["$schema"] = serde_json::json!({ "type": "string" });
    forbid_more(&mut schema);
    schema
}

fn dose_response() -> Value {
    let mut schema = serde_json::to_value(schemars::schema_for!(DoseResponse)).unwrap();
    schema["title"] = "Fidance dose-response".into();
    forbid_more(&mut schema);
    schema
}

#[test]
fn the_committed_schema_of_webhooks_is_that_of_the_types() {
    let mut schema = serde_json::to_value(schemars::schema_for!(Payload<'static>)).unwrap();
    // More may be added, and a receiver is to pass over what it does not know.
    schema["title"] = "What a webhook is sent of an alarm".into();
    compare("webhook.schema.json", &schema);
}

#[test]
fn the_committed_schemas_of_incidents_are_those_of_the_types() {
    compare("register.schema.json", &register());
    compare("dose-response.schema.json", &dose_response());
}

#[test]
fn registers_follow_their_schema_when_written_and_when_simulated() {
    let validator = jsonschema::validator_for(&register()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (code, _, stderr) =
        run(folder.path(), &["simulate", "--customers", "300", "--orders-only", "--out", "shop"]);
    assert_eq!(code, 0, "{stderr}");
    let simulated: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("shop/incidents.json")).unwrap())
            .unwrap();
    let (code, stdout, stderr) =
        run(folder.path(), &["incidents", "shop/incidents.json", "--format", "json"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let written: Value = serde_json::from_str(&stdout).unwrap();
    for (name, document) in [("simulated", &simulated), ("written", &written)] {
        let errors: Vec<String> =
            validator.iter_errors(document).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
    assert_eq!(
        written["incidents"].as_array().unwrap().len(),
        simulated["incidents"].as_array().unwrap().len()
    );
}

#[test]
fn the_committed_description_is_that_of_the_api() {
    compare("openapi.json", &fidance_web::admin::document());
}

/// Objects hold what is documented and nothing else, so that a field cannot appear without its description.
fn forbid_more(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.values_mut().for_each(forbid_more);
            if object.contains_key("properties")
                && !object.contains_key("$ref")
                && !object.contains_key("oneOf")
            {
                object.insert("additionalProperties".to_owned(), false.into());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(forbid_more),
        _ => {}
    }
}

#[test]
fn reports_of_all_three_shapes_follow_the_schema() {
    let validator = jsonschema::validator_for(&generated()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("orders.csv", &orders());
    write(
        "contracts.csv",
        "client,begun,ended,plan,why\na,2024-01-01,2024-03-01,x,price\nb,2024-01-15,,y,\nc,2024-02-01,2024-05-20,x,breach\n",
    );
    write("lives.csv", "id,months,left,plan\na,3,yes,x\nb,5,no,y\nc,8,yes,y\n");
    for arguments in [
        vec!["orders.csv", "--segment", "country"],
        vec!["contracts.csv", "--start", "begun", "--end", "ended", "--reason", "why", "--segment", "plan"],
        vec!["lives.csv", "--duration", "months", "--ended", "left", "--segment", "plan"],
    ] {
        let report = report(folder.path(), &arguments);
        let errors: Vec<String> =
            validator.iter_errors(&report).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{arguments:?}: {errors:#?}");
    }
}

/// Two years of orders of 200 customers, with amounts, a segment and a row to reject.
fn orders() -> String {
    let mut text = "client_id,date,total,country\n,2024-01-01,5,FR\n".to_owned();
    for customer in 0..200_i64 {
        let rhythm = 6 + customer % 50;
        for k in 0..(700 / rhythm) {
            if customer % 3 == 0 && k > 6 {
                break;
            }
            let day = jiff::civil::date(2023, 1, 1) + jiff::Span::new().days(customer + k * rhythm);
            let country = if customer % 4 == 0 { "BE" } else { "FR" };
            text += &format!("c{customer},{day},{}.50,{country}\n", 10 + (customer * 7 + k * 3) % 40);
        }
    }
    text
}
