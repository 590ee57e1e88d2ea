//! The archive that a person is given: a ZIP of JSON and CSV, and a text that says what is what.

use std::io::{Cursor, Write as _};

use fidance_domain::{amount::Amount, history::Micros};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value, json};
use zip::{CompressionMethod, ZipWriter, result::ZipError, write::SimpleFileOptions};

use super::{gather::Personal, port::RecordedEvent};

/// Why an archive cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The ZIP.
    #[error("the archive cannot be made: {0}")]
    Zip(#[from] ZipError),
    /// One of its files.
    #[error("the archive cannot be written: {0}")]
    Write(#[from] std::io::Error),
}

/// The archive. The same content and instant give the same bytes.
pub(super) fn zip(held: &Personal, zone: &TimeZone, now: Micros) -> Result<Vec<u8>, ArchiveError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let readme = README.replace("{at}", &instant(now)).replace("{zone}", &zone_name(zone));
    let files = [
        ("README.txt", readme),
        ("person.json", pretty(&people(held))),
        ("events.csv", csv(held, zone)),
        ("events.json", pretty(&events(held, zone))),
        ("ids.json", pretty(&ids(held))),
        ("messages.json", pretty(&messages(held))),
    ];
    for (name, text) in files {
        zip.start_file(name, options)?;
        zip.write_all(text.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

fn instant(at: Micros) -> String {
    Timestamp::from_microsecond(at).map_or_else(|_| at.to_string(), |at| at.to_string())
}

fn local(at: Micros, zone: &TimeZone) -> String {
    let local = Timestamp::from_microsecond(at).map(|at| at.to_zoned(zone.clone()));
    local.map_or_else(|_| String::new(), |at| at.strftime("%Y-%m-%dT%H:%M:%S%.f%:z").to_string())
}

fn zone_name(zone: &TimeZone) -> String {
    zone.iana_name().unwrap_or("UTC").to_owned()
}

fn people(held: &Personal) -> Value {
    let one = |person: &fidance_store::PersonData| {
        json!({
            "id": person.sid.get().to_string(),
            "traits": person.traits,
            "language": person.lang,
            "first_known_at": instant(person.created_at),
            "last_updated_at": instant(person.updated_at),
        })
    };
    let segments = held.record.segments.iter().map(|(id, values)| {
        let named = held.record.dimensions.iter().cloned().zip(values.iter().map(|value| json!(value)));
        json!({ "id": id.to_string(), "segments": named.collect::<Map<_, _>>() })
    });
    json!({
        "known": held.people.iter().map(one).collect::<Vec<_>>(),
        "segments": segments.collect::<Vec<_>>(),
        "incidents": held.incidents,
    })
}

/// The segment values of the id that an event was recorded under.
fn segments<'a>(held: &'a Personal, event: &RecordedEvent) -> &'a [String] {
    let of_id = held.record.segments.iter().find(|(id, _)| *id == event.recorded_as);
    of_id.map_or(&[][..], |(_, values)| values.as_slice())
}

fn events(held: &Personal, zone: &TimeZone) -> Value {
    let one = |event: &RecordedEvent| {
        let named = held.record.dimensions.iter().cloned();
        let named = named.zip(segments(held, event).iter().map(|value| json!(value)));
        json!({
            "at": instant(event.at),
            "local": local(event.at, zone),
            "event": event.kind,
            "amount": event.amount.map(Amount::to_f64),
            "device_clock": event.clock.map(instant),
            "recorded_as": event.recorded_as.to_string(),
            "segments": named.collect::<Map<_, _>>(),
        })
    };
    held.record.events.iter().map(one).collect()
}

fn csv(held: &Personal, zone: &TimeZone) -> String {
    let fixed = ["at_utc", "at_local", "event", "amount", "device_clock", "recorded_as"];
    let names = fixed.iter().map(|name| (*name).to_owned()).chain(held.record.dimensions.iter().cloned());
    let mut text = line(names);
    for event in &held.record.events {
        let values = segments(held, event);
        let values = (0..held.record.dimensions.len()).map(|n| values.get(n).cloned().unwrap_or_default());
        let cells = [
            instant(event.at),
            local(event.at, zone),
            event.kind.clone(),
            event.amount.map_or_else(String::new, |amount| amount.to_f64().to_string()),
            event.clock.map_or_else(String::new, instant),
            event.recorded_as.to_string(),
        ];
        text.push_str(&line(cells.into_iter().chain(values)));
    }
    text
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.map(|cell| cell_of(&cell)).collect();
    cells.join(",") + "\r\n"
}

/// A cell that spreadsheets show and do not run.
fn cell_of(text: &str) -> String {
    let is_number = text.parse::<f64>().is_ok();
    let text = if !is_number && text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

fn ids(held: &Personal) -> Value {
    let joins = held.record.joins.iter().map(|join| {
        json!({
            "at": instant(join.at),
            "action": if join.is_merge { "one person" } else { "not one person" },
            "ids": [join.from.to_string(), join.into.to_string()],
        })
    });
    json!({
        "ids": held.record.ids.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "joins": joins.collect::<Vec<_>>(),
    })
}

fn messages(held: &Personal) -> Value {
    let one = |letter: &fidance_store::DeadLetter| {
        let content = &letter.letter;
        let text = String::from_utf8_lossy(&content.payload);
        json!({
            "received_at": instant(content.received_at),
            "protocol": content.protocol,
            "why_unused": content.reason,
            "kept_until": instant(content.expires_at),
            "message": serde_json::from_str::<Value>(&text).unwrap_or_else(|_| json!(text)),
        })
    };
    held.letters.iter().map(one).collect()
}

const README: &str = "\
Fidance, {at}

FRANÇAIS

Tout ce que ce système conserve sur une personne. Les heures locales sont celles de {zone}.

person.json    ce qui a été dit de la personne (nom, adresse…), sa langue, depuis quand ; les segments où elle est comptée ;
               les incidents qui l'ont touchée
events.csv     chaque événement : instant en temps universel et local, nom, montant, heure de l'appareil si elle a été
               corrigée, identifiant sous lequel il a été enregistré, segments ; pour un tableur
events.json    les mêmes événements, pour un programme
ids.json       les identifiants, connus seulement sous forme de nombres dont on ne peut remonter à l'identifiant d'origine, et
               quand il a été dit que deux d'entre eux sont une seule personne
messages.json  les messages reçus qui n'ont pas pu être utilisés ; ils sont jetés à la date indiquée

Aucune adresse de machine (IP) n'est conservée. Ce qui est arrivé dans les dernières secondes peut manquer.

ENGLISH

Everything that this system holds on one person. Local times are those of {zone}.

person.json    what was said of the person (name, address…), their language, since when; the segments they are counted in;
               the incidents that affected them
events.csv     each event: instant in universal and local time, name, amount, the device's clock if it was corrected, the
               id it was recorded under, segments; for a spreadsheet
events.json    the same events, for a program
ids.json       the ids, known only as numbers from which the original id cannot be worked out, and when it was said that
               two of them are one person
messages.json  messages that came and could not be used; they are thrown away on the day given

No address of a machine (IP) is kept. What came within the last seconds may be missing.
";
