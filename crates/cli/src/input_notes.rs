//! What the readers found worth saying, in both languages. The English sentences are those of intake itself.

use fidance_app::report::model;
use fidance_intake::Note;
use fidance_web::text::Lang;

/// A remark of the readers for the report.
pub(crate) fn note(note: &Note) -> model::Note {
    let begins_with_file = matches!(note, Note::File { .. } | Note::NoRows { .. });
    let sentence = |text: &str| sentence(text, begins_with_file);
    model::Note::Input { text: sentence(&note.to_string()), text_fr: sentence(&french(note)) }
}

/// Begins in upper case, unless that would change the name of a file, and ends in a full stop.
fn sentence(text: &str, begins_with_name: bool) -> String {
    let mut characters = text.chars();
    let first = characters
        .next()
        .map(|first| if begins_with_name { first.to_string() } else { first.to_uppercase().to_string() });
    let first = first.unwrap_or_default();
    let stop = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{stop}", characters.as_str())
}

/// A number of things; French begins the plural at two.
fn some(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", Lang::Fr.count(n), plural(n))
}

fn plural(n: u64) -> &'static str {
    if n < 2 { "" } else { "s" }
}

fn french(note: &Note) -> String {
    let count = |n: u64| Lang::Fr.count(n);
    match note {
        Note::UnreadableAmounts { column, rows, example } => format!(
            "{} illisible{} dans « {column} », par exemple « {example} » ; de telles activités comptent sans montant",
            some(*rows, "montant"),
            plural(*rows)
        ),
        Note::MissingAmounts { column, rows } => {
            format!("{} sans montant dans « {column} »", some(*rows, "activité"))
        }
        Note::OtherCurrencies { kept, others } => {
            let list: Vec<String> =
                others.iter().map(|(name, n)| format!("{name} : {}", count(*n))).collect();
            format!(
                "seuls les montants en {kept} comptent ; activités dans d’autres devises : {}",
                list.join(", ")
            )
        }
        Note::OpenDecimalMark { column } => {
            format!("les montants de « {column} » comme « 1,234 » sont lus comme des milliers")
        }
        Note::NoAmount { columns } => format!(
            "aucun montant n’a été pris : {} sont par pièce ; donnez une colonne de totaux avec --value",
            columns.join(", ")
        ),
        Note::SeveralAmounts { columns } => format!(
            "aucun montant n’a été pris : cela peut être {} ; dites lequel avec --value",
            columns.join(" ou ")
        ),
        Note::AllEventsCount { column, kinds } => format!(
            "les {kinds} sortes d’événements de « {column} » comptent toutes comme activité ; choisissez avec --activity"
        ),
        Note::SwappedDates { column, rows } => format!(
            "{} rejetée{} dans « {column} », lisible{} en échangeant jour et mois",
            some(*rows, "date"),
            plural(*rows),
            plural(*rows)
        ),
        Note::MidnightUtc { zone } => format!(
            "toutes les dates sont à minuit UTC et désignent peut-être des jours ; dans le fuseau {zone} elles peuvent tomber un autre jour"
        ),
        Note::DistinctCustomers { column } => {
            format!("aucun client n’apparaît deux fois : « {column} » est-il le client, ou la commande ?")
        }
        Note::NoRows { file } => format!("{file} : il y a un en-tête, mais aucune ligne dessous"),
        Note::Spilled => {
            "les activités ne tenaient pas dans la mémoire donnée et ont été triées sur disque".to_owned()
        }
        // Remarks of a file's own reader, and any added since, are in English only.
        other => other.to_string(),
    }
}
