//! What people are told of an alarm by mail: the sentences of its page, as plain text.

use fidance_app::{
    alarms::{MailText, Words},
    diagnosis::model::Diagnosis,
    watch::model::{Alarm, SeriesName, Watch},
};
use fidance_store::Closing;
use i18n_embed_fl::fl;

use super::{
    alarm,
    diagnosis::{self, DiagnosisView},
    fall, segment_watch,
};
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

    /// Whom it concerns, with the words and the thresholds of its page: the group in which the fall is concentrated, the segments
    /// that fell beyond everybody; or that nobody stands out, where that was looked for.
    fn whom(&self, alarm: &Alarm, watch: &Watch) -> Vec<String> {
        let t = &self.t;
        let named = segment_watch::sentences(t, watch);
        let was_looked_for = alarm.series == SeriesName::Returns && !watch.segments.is_empty();
        let mut parts = Vec::new();
        if alarm.mostly.is_some() || (was_looked_for && named.is_empty()) {
            parts.push(diagnosis::place(t, alarm.mostly.as_ref()));
        }
        match (segment_watch::remark(t, watch), &named[..]) {
            (Some(_), [one]) => parts.push(one.clone()),
            (Some(remark), _) => parts.push(format!("{remark}\n{}", list(named))),
            (None, _) => {}
        }
        parts
    }

    fn console(&self, alarm: &Alarm) -> String {
        fl!(self.t, "mail-console", url = format!("{}/alarm/{}", self.console, alarm.id))
    }
}

impl Words for AlarmMails {
    fn sentence(&self, alarm: &Alarm) -> String {
        fall::sentence(&self.t, alarm)
    }

    fn raised(&self, alarm: &Alarm, watch: &Watch, diagnosis: Option<&Diagnosis>) -> MailText {
        let (t, currency) = (&self.t, self.currency.as_deref());
        let mut facts = vec![fall::onset(t, &alarm.onset), fall::shape(t, alarm.shape)];
        facts.extend(alarm::size(t, alarm, currency));
        let mut parts = vec![fall::sentence(t, alarm), list(facts)];
        parts.extend(self.whom(alarm, watch));
        parts.push(fl!(t, "mail-sure", promise = alarm::promise(t, &watch.promise)));
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
