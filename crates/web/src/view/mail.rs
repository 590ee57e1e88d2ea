//! What people are told of an alarm by mail: the sentences of its page, as plain text.

use fidance_app::{
    alarms::{MailText, Words},
    diagnosis::model::Diagnosis,
    watch::model::{Alarm, Promise},
};
use fidance_store::Closing;
use i18n_embed_fl::fl;

use super::{alarm, diagnosis::DiagnosisView, fall};
use crate::text::{Lang, Text};

/// Mails about alarms in one language.
#[derive(Debug)]
pub struct AlarmMails {
    t: Text,
    currency: Option<String>,
    console: String,
}

impl AlarmMails {
    /// Amounts are in `currency`; `console` is where the pages are, as `http://127.0.0.1:8319`.
    pub fn new(lang: Lang, currency: Option<String>, console: String) -> Self {
        Self { t: Text::new(lang), currency, console }
    }

    fn console(&self, alarm: &Alarm) -> String {
        fl!(self.t, "mail-console", url = format!("{}/alarm/{}", self.console, alarm.id))
    }
}

impl Words for AlarmMails {
    fn raised(&self, alarm: &Alarm, promise: &Promise, diagnosis: Option<&Diagnosis>) -> MailText {
        let (t, currency) = (&self.t, self.currency.as_deref());
        let mut facts = vec![fall::onset(t, &alarm.onset), fall::shape(t, alarm.shape)];
        facts.extend(alarm::size(t, alarm, currency));
        let mut parts = vec![fall::sentence(t, alarm), list(facts)];
        parts.push(fl!(t, "mail-sure", promise = alarm::promise(t, promise)));
        if let Some(diagnosis) = diagnosis {
            let view = DiagnosisView::new(t, diagnosis, currency, None);
            parts.push(format!("{}. {}", view.verdict, view.verdict_detail));
            if !view.next.is_empty() {
                parts.push(format!("{}\n{}", fl!(t, "next-title"), list(view.next)));
            }
        }
        parts.push(self.console(alarm));
        MailText { subject: fl!(t, "mail-raised-subject", title = fall::title(t, alarm)), text: text(&parts) }
    }

    fn closed(&self, alarm: &Alarm, why: Closing) -> MailText {
        let t = &self.t;
        let sentence = fall::sentence(t, alarm);
        let said = || fl!(t, "mail-closed-said", sentence = sentence.as_str());
        let parts = match why {
            Closing::Recovered => {
                let date = alarm.recovered.map(|week| t.lang().date(week));
                let since = date.map(|date| fl!(t, "mail-closed-recovered", date = date));
                since.into_iter().chain([sentence, self.console(alarm)]).collect()
            }
            Closing::ByPerson => vec![fl!(t, "mail-closed-person"), said(), self.console(alarm)],
            Closing::Lasting => vec![fl!(t, "mail-closed-lasting"), said(), self.console(alarm)],
            // It has no page any more.
            Closing::Restated => vec![fl!(t, "mail-closed-restated"), said()],
        };
        let subject = fl!(t, "mail-closed-subject", title = fall::title(t, alarm));
        MailText { subject, text: text(&parts) }
    }
}

fn list(items: Vec<String>) -> String {
    items.into_iter().map(|item| format!("- {item}")).collect::<Vec<_>>().join("\n")
}

fn text(parts: &[String]) -> String {
    format!("{}\n", parts.join("\n\n"))
}
