//! What people read in a mail about an alarm, in both languages.

use fidance_app::alarms::{MailText, Words};
use fidance_store::Closing;
use fidance_web::{
    AlarmMails,
    text::{Lang, NBSP, NNBSP},
};
use jiff::ToSpan as _;

use crate::fixture::{diagnosis, watch};

fn mails(lang: Lang) -> AlarmMails {
    AlarmMails::new(lang, Some("EUR".to_owned()), "http://127.0.0.1:8319".to_owned())
}

/// As it is read; spaces that do not break are shown as such.
fn plain(mail: &MailText) -> String {
    format!("{}\n\n{}", mail.subject, mail.text).replace(NBSP, "~").replace(NNBSP, "~")
}

#[test]
fn an_alarm_in_a_mail() {
    let promise = watch::breach().watch.promise;
    for lang in Lang::ALL {
        for (name, diagnosis) in [
            ("explained", Some(diagnosis::explained())),
            ("unknown", Some(diagnosis::unknown())),
            ("alone", None),
        ] {
            let alarm = diagnosis.as_ref().map_or_else(watch::alarm, |diagnosis| diagnosis.alarm.clone());
            let mail = mails(lang).raised(&alarm, &promise, diagnosis.as_ref());
            insta::assert_snapshot!(format!("mail-{name}-{}", lang.tag()), plain(&mail));
        }
    }
}

#[test]
fn the_end_of_an_alarm_in_a_mail() {
    let mut recovered = watch::alarm();
    recovered.recovered = Some(recovered.raised.saturating_add(10.weeks()));
    for lang in Lang::ALL {
        let said: Vec<String> = [
            (&recovered, Closing::Recovered),
            (&watch::alarm(), Closing::Restated),
            (&watch::alarm(), Closing::Lasting),
            (&watch::alarm(), Closing::ByPerson),
        ]
        .into_iter()
        .map(|(alarm, why)| plain(&mails(lang).closed(alarm, why)))
        .collect();
        insta::assert_snapshot!(format!("mail-closed-{}", lang.tag()), said.join("----\n"));
    }
}
