//! What is kept of an alarm: how far it is, what people said of it, and the forms in which they say more.

use fidance_app::alarms::{By, Explanation, Kept, KnownEvent, SayError};
use fidance_store::{AlarmState, Closing};
use i18n_embed_fl::fl;
use jiff::civil::DateTime;

use super::shell::{Choice, carried};
use crate::text::Text;

/// What was said of an alarm.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) state: String,
    /// Who said what, and when.
    pub(crate) facts: Vec<String>,
    /// The paragraphs of the note.
    pub(crate) note: Vec<String>,
    /// Who wrote it, where no fact says so.
    pub(crate) noted: Option<String>,
    /// Where it is said that the alarm was seen; absent where that was said.
    pub(crate) acknowledge: Option<String>,
}

/// The part of an alarm's page, with its forms.
#[derive(Debug)]
pub(crate) struct Saying {
    pub(crate) said: Said,
    /// Why what was just sent was not taken.
    pub(crate) error: Option<String>,
    pub(crate) explain: Option<String>,
    pub(crate) close: Option<String>,
    pub(crate) events: Vec<Choice>,
    /// What stands in the form.
    pub(crate) text: String,
}

/// What was sent and not taken.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) error: SayError,
    /// What stood in the form, where it had fields.
    pub(crate) entered: Option<Entered>,
}

/// The fields of the form.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entered {
    pub(crate) event: Option<String>,
    pub(crate) note: String,
}

impl Said {
    pub(crate) fn new(t: &Text, kept: &Kept, events: &[KnownEvent], query: Option<&str>) -> Self {
        let can_be_seen = kept.closed.is_none() && kept.seen.is_none();
        Self {
            state: state(t, kept.state),
            facts: facts(t, kept, events),
            noted: noted(t, kept),
            note: kept.note.iter().flat_map(|note| note.lines()).map(str::to_owned).collect(),
            acknowledge: can_be_seen.then(|| action(kept, "acknowledge", query)),
        }
    }
}

impl Saying {
    pub(crate) fn new(
        t: &Text,
        kept: &Kept,
        events: &[KnownEvent],
        refused: Option<Refused>,
        query: Option<&str>,
    ) -> Self {
        let error = refused.as_ref().map(|refused| wrong(t, &refused.error));
        let Entered { event, note: text } =
            refused.and_then(|refused| refused.entered).unwrap_or_else(|| Entered {
                event: match &kept.explained {
                    Some(Explanation::Event(id)) => Some(id.clone()),
                    Some(Explanation::Words) | None => None,
                },
                note: kept.note.clone().unwrap_or_default(),
            });
        let none = Choice { value: String::new(), name: fl!(t, "said-no-event"), selected: event.is_none() };
        let choices = events.iter().map(|known| Choice {
            value: known.id.clone(),
            name: match known.day {
                Some(day) => fl!(t, "said-event", title = known.title.as_str(), date = t.lang().date(day)),
                None => known.title.clone(),
            },
            selected: event.as_ref() == Some(&known.id),
        });
        Self {
            said: Said::new(t, kept, events, query),
            error,
            explain: kept.can_be_explained().then(|| action(kept, "explain", query)),
            close: kept.closed.is_none().then(|| action(kept, "close", query)),
            events: std::iter::once(none).chain(choices).collect(),
            text,
        }
    }
}

fn action(kept: &Kept, what: &str, query: Option<&str>) -> String {
    format!("/alarm/{}/{what}{}", kept.name, carried(query))
}

fn state(t: &Text, state: AlarmState) -> String {
    match state {
        AlarmState::Raised => fl!(t, "said-raised"),
        AlarmState::Acknowledged => fl!(t, "said-acknowledged"),
        AlarmState::Explained => fl!(t, "said-explained"),
        AlarmState::Closed => fl!(t, "said-closed"),
    }
}

fn facts(t: &Text, kept: &Kept, events: &[KnownEvent]) -> Vec<String> {
    let mut facts = Vec::new();
    match &kept.seen {
        Some((by, at)) => facts.push(seen(t, by, *at)),
        None if kept.closed.is_none() => facts.push(fl!(t, "said-unseen")),
        None => {}
    }
    match &kept.explained {
        Some(Explanation::Event(id)) => {
            let title = events.iter().find(|known| known.id == *id).map_or(id.as_str(), |known| &known.title);
            facts.push(fl!(t, "said-explained-by", event = title, who = explained_by(t, kept)));
        }
        Some(Explanation::Words) => {
            facts.push(fl!(t, "said-explained-in-words", who = explained_by(t, kept)));
        }
        None => {}
    }
    if let Some((why, at)) = kept.closed {
        let when = when(t, at);
        facts.push(match why {
            Closing::ByPerson => match &kept.closed_by {
                Some(By::Console) => fl!(t, "said-closed-console", when = when),
                Some(By::Api) => fl!(t, "said-closed-api", when = when),
                Some(By::Other(name)) => fl!(t, "said-closed-other", name = name.as_str(), when = when),
                None => fl!(t, "said-closed-person", when = when),
            },
            Closing::Recovered => fl!(t, "said-closed-recovered", when = when),
            Closing::Restated => fl!(t, "said-closed-restated", when = when),
            Closing::Lasting => fl!(t, "said-closed-lasting", when = when),
        });
    }
    facts
}

fn seen(t: &Text, by: &By, at: DateTime) -> String {
    let when = when(t, at);
    match by {
        By::Console => fl!(t, "said-seen-console", when = when),
        By::Api => fl!(t, "said-seen-api", when = when),
        By::Other(name) => fl!(t, "said-seen-other", name = name.as_str(), when = when),
    }
}

/// The end of a sentence: who said what explains it, where that is known.
fn explained_by(t: &Text, kept: &Kept) -> String {
    let Some((by, at)) = &kept.explained_by else { return String::new() };
    let when = when(t, *at);
    match by {
        By::Console => fl!(t, "said-by-console", when = when),
        By::Api => fl!(t, "said-by-api", when = when),
        By::Other(name) => fl!(t, "said-by-other", name = name.as_str(), when = when),
    }
}

/// Who wrote the note. Whoever explained or closed the alarm with it is named there, and once is enough.
fn noted(t: &Text, kept: &Kept) -> Option<String> {
    let (by, at) = kept.noted_by.as_ref().filter(|_| kept.note.is_some())?;
    let when = when(t, *at);
    let explained = kept.explained_by.as_ref().map(|(by, at)| (by, *at));
    let closed = kept.closed_by.as_ref().zip(kept.closed.map(|(_, at)| at));
    let is_said = |(other, at): (&By, DateTime)| other == by && self::when(t, at) == when;
    if explained.is_some_and(is_said) || closed.is_some_and(is_said) {
        return None;
    }
    Some(match by {
        By::Console => fl!(t, "said-noted-console", when = when),
        By::Api => fl!(t, "said-noted-api", when = when),
        By::Other(name) => fl!(t, "said-noted-other", name = name.as_str(), when = when),
    })
}

fn when(t: &Text, at: DateTime) -> String {
    let time = t.lang().time(at.time());
    fl!(t, "said-when", date = t.lang().date(at.date()), time = time)
}

fn wrong(t: &Text, error: &SayError) -> String {
    match error {
        SayError::Nothing => fl!(t, "said-wrong-nothing"),
        SayError::UnknownEvent => fl!(t, "said-wrong-event"),
        SayError::TooLong => fl!(t, "said-wrong-long"),
        SayError::Unprintable => fl!(t, "said-wrong-letters"),
        SayError::Closed | SayError::Absent | SayError::Store(_) => fl!(t, "said-wrong-closed"),
    }
}
