//! The register of a server as JSON: what the API takes and gives, and what the store keeps.

use fidance_app::register::{Entries, WrongEntry};
use fidance_domain::incident::Register;
use fidance_intake::register::{EntryError, RegisterEntry, form::RegisterFile};
use fidance_store::{Incident, NewIncident};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

/// In the form of `docs/register.schema.json`.
#[derive(Debug)]
pub(super) struct JsonEntries {
    /// The zone whose days the dates are.
    pub(super) zone: TimeZone,
}

impl Entries for JsonEntries {
    fn read(&self, id: &str, mut fields: Map<String, Value>) -> Result<NewIncident, WrongEntry> {
        match fields.get("id") {
            None => {
                fields.insert("id".to_owned(), id.into());
            }
            Some(Value::String(said)) if said == id => {}
            Some(_) => {
                return Err(WrongEntry {
                    field: "id".to_owned(),
                    reason: "it is another than that of the path".to_owned(),
                });
            }
        }
        let wrong = |EntryError { field, reason }| WrongEntry { field, reason };
        let entry = RegisterEntry::read(&fields, &self.zone).map_err(wrong)?;
        let kept = serde_json::to_value(entry.form())
            .map_err(|error| WrongEntry { field: "id".to_owned(), reason: error.to_string() })?;
        let kind = kept.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        let date = entry.event().date.day();
        Ok(NewIncident { id: id.to_owned(), kind, date, document: kept.to_string() })
    }

    fn register(&self, kept: &[Incident]) -> Register {
        let time_zone = self.zone.iana_name().map(str::to_owned);
        let mut register = Register { time_zone, ..Register::default() };
        let mut unread = 0_usize;
        for entry in kept {
            let fields = serde_json::from_str(&entry.content.document).ok();
            match fields.and_then(|fields| RegisterEntry::read(&fields, &self.zone).ok()) {
                Some(RegisterEntry::Incident(incident)) => register.incidents.push(*incident),
                Some(RegisterEntry::Change(change)) => register.changes.push(change),
                None => unread += 1,
            }
        }
        if unread > 0 {
            tracing::warn!(unread, "entries of the register cannot be read; put them again");
        }
        register
    }

    fn document(&self, register: &Register) -> Result<Value, serde_json::Error> {
        serde_json::to_value(RegisterFile::from(register))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(id: &str, value: &Value) -> Result<NewIncident, String> {
        let entries = JsonEntries { zone: TimeZone::get("Europe/Paris").unwrap() };
        entries.read(id, value.as_object().unwrap().clone()).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn what_is_kept_is_read_as_the_same() {
        let entries = JsonEntries { zone: TimeZone::UTC };
        for entry in [
            json!({ "id": "a", "type": "data_breach", "title": "Passwords", "severity": "high", "disclosed": "2024-04-02",
                "started": "2024-02", "data": ["email"], "communication": { "wording": "vague", "remedy": ["reset"] } }),
            json!({ "id": "a", "type": "security_incident" }),
            json!({ "id": "a", "type": "outage", "started": "2024-02-01", "contained": "2024-02-03" }),
            json!({ "id": "a", "type": "price_change", "from": "2024-06-03" }),
            json!({ "id": "a", "type": "release", "from": "2024-06-03", "scope": { "device": ["web", "app"], "country": ["FR"] } }),
            json!({ "id": "a", "type": "outage", "started": "2024-02-01", "scope": { "device": ["app"] } }),
            json!({ "id": "a", "type": "New logo", "title": "Logo", "from": "2024", "until": "2025-01" }),
        ] {
            let content = read("a", &entry).unwrap();
            assert_eq!(content.kind, entry["type"]);
            let again = read("a", &serde_json::from_str(&content.document).unwrap()).unwrap();
            assert_eq!(again, content, "{entry}");
            let register = entries.register(&[Incident { content, updated_at: 0 }]);
            assert_eq!(register.events().len(), 1, "{entry}");
            let written = entries.document(&register).unwrap();
            let lists = [&written["incidents"], &written["changes"]];
            let mut items = lists.into_iter().filter_map(Value::as_array).flatten();
            assert_eq!(items.next().unwrap()["type"], entry["type"]);
            assert_eq!(written["time_zone"], "UTC");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (entry, field) in [
            (json!({}), "type"),
            (json!({ "type": "flood" }), "type"),
            (json!({ "type": 5, "from": "2024-06-03" }), "type"),
            (json!({ "type": "outage", "id": "b" }), "id"),
            (json!({ "type": "outage", "id": null }), "id"),
            (json!({ "type": "outage", "started": "2024-02-31" }), "started"),
            (json!({ "type": "outage", "startet": "2024-02-01" }), "startet"),
            (json!({ "type": "outage", "title": "a\nb" }), "title"),
            (json!({ "type": "outage", "title": "a".repeat(2_001) }), "title"),
            (json!({ "type": "outage", "title": { "a": 1 } }), "title"),
            (json!({ "type": "data_breach", "data": ["a\u{0}"] }), "data"),
            (
                json!({ "type": "data_breach", "communication": { "wording": "loud" } }),
                "communication.wording",
            ),
            (json!({ "type": "data_breach", "communication": { "word": "plain" } }), "communication.word"),
            (json!({ "type": "release" }), "from"),
            (json!({ "type": "release", "from": "2024", "scope": { "device": [] } }), "scope"),
            (json!({ "type": "release", "from": "2024", "scope": { "device": [["a"]] } }), "scope.device"),
            (json!({ "type": "release", "from": "2024", "scope": { "a\nb": ["a"] } }), "scope"),
            (json!({ "type": "release", "from": "2024", "scope": "web" }), "scope"),
            (json!({ "type": "logo", "from": "soon" }), "from"),
            (json!({ "type": "logo", "from": "2024-06-03", "severity": "high" }), "severity"),
        ] {
            let wrong = read("a", &entry).unwrap_err();
            assert!(wrong.starts_with(&format!("{field}: ")), "{entry}: {wrong}");
        }
    }
}
