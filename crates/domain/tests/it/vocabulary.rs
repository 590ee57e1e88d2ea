//! The table of events, and what is written from it: a page of the guide and a JSON Schema for each event.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use fidance_domain::vocabulary::{Event, Example, Kind, Origin, Property, event, events};
use serde_json::{Value, json};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join("docs")
}

/// Compares a committed file with what the table says, or writes it.
fn assert_committed(path: &Path, expected: &str) {
    if std::env::var_os("UPDATE_GUIDE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, expected).unwrap();
    }
    let committed = fs::read_to_string(path).unwrap_or_default();
    assert!(committed == expected, "{} is out of date: make guide", path.display());
}

#[test]
fn names_are_unique_and_sorted_out() {
    let names: BTreeSet<_> = events().map(|event| event.name).collect();
    assert_eq!(names.len(), events().count());
    for found in events() {
        assert_eq!(event(found.name), Some(found));
        let words = found.name.split(' ').all(|word| word.starts_with(|c: char| c.is_ascii_uppercase()));
        assert!(words, "{}", found.name);
        for text in [found.en, found.fr] {
            assert!(text.ends_with('.') && !text.contains('!'), "{}: {text}", found.name);
        }
        let properties: BTreeSet<_> = found.properties.iter().map(|property| property.name).collect();
        assert_eq!(properties.len(), found.properties.len(), "{}", found.name);
    }
    assert_eq!(event("order completed"), None);
}

/// The words that the simulated shop writes.
#[test]
fn the_simulator_s_words_are_in_the_table() {
    let source = fs::read_to_string(docs().parent().unwrap().join("crates/sim/src/event.rs")).unwrap();
    let (events_of, reasons) = source.split_once("pub(crate) enum Reason").unwrap();
    let texts = |part: &str| {
        let quoted =
            part.lines().filter_map(|line| line.split_once("=> \"")?.1.split('"').next().map(str::to_owned));
        quoted.filter(|text| !text.is_empty()).collect::<Vec<_>>()
    };
    let names = texts(events_of);
    assert!(names.len() >= 17, "{names:?}");
    for name in names {
        assert!(event(&name).is_some(), "{name}");
    }
    let known: BTreeSet<&str> = events()
        .flat_map(|event| event.properties)
        .flat_map(|property| match property.kind {
            Kind::Known(words) | Kind::OneOf(words) => words,
            _ => &[],
        })
        .copied()
        .collect();
    for reason in texts(reasons) {
        assert!(known.contains(reason.as_str()), "{reason}");
    }
}

#[test]
fn examples_are_what_the_table_says() {
    for event in events() {
        for (name, value) in event.example {
            let property = event.properties.iter().find(|property| property.name == *name);
            let property = property.unwrap_or_else(|| panic!("{}: {name}", event.name));
            let fits = match (property.kind, value) {
                (Kind::OneOf(words) | Kind::Known(words), Example::Text(text)) => words.contains(text),
                (Kind::Text, Example::Text(_))
                | (Kind::Number(_), Example::Number(_))
                | (Kind::Count(_), Example::Count(_))
                | (Kind::Flag, Example::Flag(_)) => true,
                _ => false,
            };
            assert!(fits, "{}: {name}", event.name);
        }
        for property in event.properties.iter().filter(|property| property.required) {
            assert!(
                event.example.iter().any(|(name, _)| *name == property.name),
                "{}: {}",
                event.name,
                property.name
            );
        }
    }
}

#[test]
fn every_event_has_its_schema() {
    let folder = docs().join("schemas/events");
    let mut expected = BTreeSet::new();
    for event in events() {
        let file = format!("{}.json", event.name.to_lowercase().replace(' ', "-"));
        let text = serde_json::to_string_pretty(&schema(event)).unwrap() + "\n";
        assert_committed(&folder.join(&file), &text);
        expected.insert(file);
    }
    let found: BTreeSet<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(found, expected);
}

/// The properties of an event as JSON Schema; others are allowed.
fn schema(event: &Event) -> Value {
    let properties: serde_json::Map<_, _> =
        event.properties.iter().map(|property| (property.name.to_owned(), typed(property))).collect();
    let required: Vec<_> =
        event.properties.iter().filter(|property| property.required).map(|property| property.name).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": event.name,
        "description": event.en,
        "type": "object",
        "properties": properties,
        "required": required,
        "examples": [example(event)],
    })
}

fn typed(property: &Property) -> Value {
    let mut schema = match property.kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::OneOf(words) => json!({ "type": "string", "enum": words }),
        Kind::Known(words) => json!({ "type": "string", "examples": words }),
        Kind::Number(_) => json!({ "type": "number", "minimum": 0 }),
        Kind::Count(_) => json!({ "type": "integer", "minimum": 0 }),
        Kind::Flag => json!({ "type": "boolean" }),
    };
    let unit = unit(property).map(|unit| format!(" In {unit}.")).unwrap_or_default();
    schema["description"] = format!("{}{unit}", property.en).into();
    schema
}

fn unit(property: &Property) -> Option<&'static str> {
    match property.kind {
        Kind::Number(unit) | Kind::Count(unit) => Some(unit),
        _ => None,
    }
}

fn example(event: &Event) -> Value {
    let values = event.example.iter().map(|(name, value)| {
        let value = match *value {
            Example::Text(text) => json!(text),
            Example::Number(number) => json!(number),
            Example::Count(count) => json!(count),
            Example::Flag(flag) => json!(flag),
        };
        ((*name).to_owned(), value)
    });
    Value::Object(values.collect())
}

#[test]
fn the_guide_has_every_event() {
    let mut page = String::from(
        "# Events and their names\n\nWhich events Fidance gives a meaning, and what they carry. Other names are kept and can be counted, but \
         nothing is inferred from them. Names are compared exactly. Shopping has the names of Segment's e-commerce \
         specification; names of security are Fidance's own, since there is no specification of them. A JSON Schema for \
         the properties of each event is in [docs/schemas/events](../schemas/events). This page is written by `make guide` \
         from the table in the code.\n\n*Les noms des événements et leur sens ; le texte français suit le texte anglais.*\n\n\
         A property in **bold** is needed for the event to say something; without it the event is kept all the same.\n",
    );
    for (origin, title) in [(Origin::Shopping, "Shopping / Achat"), (Origin::Security, "Security / Sécurité")]
    {
        write!(page, "\n## {title}\n").unwrap();
        for event in events().filter(|event| event.origin == origin) {
            write!(page, "\n### {}\n{}\\\n*{}*\n", event.name, event.en, event.fr).unwrap();
            if event.properties.is_empty() {
                continue;
            }
            page += "\n| property | type | meaning | sens |\n|---|---|---|---|\n";
            for property in event.properties {
                let name = format!("`{}`", property.name);
                let name = if property.required { format!("**{name}**") } else { name };
                writeln!(page, "| {name} | {} | {} | {} |", kind(property), property.en, property.fr)
                    .unwrap();
            }
            write!(page, "\n```json\n{}\n```\n", example(event)).unwrap();
        }
    }
    assert_committed(&docs().join("guide/vocabulary.md"), &page);
}

fn kind(property: &Property) -> String {
    let listed = |words: &[&str]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    match property.kind {
        Kind::Text => "text".to_owned(),
        Kind::OneOf(words) => format!("one of {}", listed(words)),
        Kind::Known(words) => format!("text, such as {}", listed(words)),
        Kind::Number(unit) => format!("number, {unit}"),
        Kind::Count(unit) => format!("whole number, {unit}"),
        Kind::Flag => "true or false".to_owned(),
    }
}
