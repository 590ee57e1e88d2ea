//! What people read in a mail about an alarm, in both languages.

use fidance_app::{
    alarms::{MailText, Words},
    watch::model::{Alarm, Watch},
};
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
    let found = watch::breach().watch;
    for lang in Lang::ALL {
        for (name, diagnosis) in [
            ("explained", Some(diagnosis::explained())),
            ("unknown", Some(diagnosis::unknown())),
            ("alone", None),
        ] {
            let alarm = diagnosis.as_ref().map_or_else(watch::alarm, |diagnosis| diagnosis.alarm.clone());
            let mail = mails(lang).raised(&alarm, &found, diagnosis.as_ref());
            insta::assert_snapshot!(format!("mail-{name}-{}", lang.tag()), plain(&mail));
        }
    }
}

/// The paragraphs of a mail that names nobody but in these ways.
fn told(lang: Lang, alarm: &Alarm, watch: &Watch) -> String {
    mails(lang).raised(alarm, watch, None).text.replace([NBSP, NNBSP], " ")
}

#[test]
fn whom_it_concerns_is_in_the_first_sentence_and_segments_have_one_each() {
    let found = watch::breach().watch;
    for (lang, mostly, group, segment) in [
        (
            Lang::En,
            ", mostly Île-de-France (region), card or transfer (payment).",
            "18% of the customers who could return, and 83% of what is missing",
            "Île-de-France (region): since about 16 March 2026, 31% fewer came back than its usual place",
        ),
        (
            Lang::Fr,
            ", surtout Île-de-France (region), card ou transfer (payment).",
            "18 % des clients qui pouvaient revenir, et 83 % de ce qui manque",
            "Île-de-France (region) : depuis le 16 mars 2026 environ, il en revient 31 % de moins",
        ),
    ] {
        let text = told(lang, &watch::alarm(), &found);
        let first = text.lines().next().unwrap();
        assert!(first.ends_with(mostly), "{first}");
        assert_eq!(mails(lang).sentence(&watch::alarm()).replace([NBSP, NNBSP], " "), first);
        assert!(text.contains(group) && text.contains(segment), "{text}");
    }
    // Of several that stand out, each has its sentence; those that do not have none.
    let mut several = Watch::clone(&found);
    let second = &mut several.segments[1];
    (second.raised, second.since) = (true, Some(watch::monday(63)));
    let text = told(Lang::En, &watch::alarm(), &several);
    assert!(text.contains("2 segments stand out, Île-de-France (region) most.\n- Île-de-France"), "{text}");
    assert!(!text.contains("Bretagne"), "{text}");
}

#[test]
fn where_nobody_stands_out_that_is_said_if_it_was_looked_for() {
    let everybody = Alarm { mostly: None, ..watch::alarm() };
    let calm = watch::quiet().watch;
    let without = Watch { segments: Vec::new(), ..Watch::clone(&calm) };
    for (lang, words) in [(Lang::En, "No group stands out"), (Lang::Fr, "Aucun groupe ne ressort")] {
        let text = told(lang, &everybody, &calm);
        assert!(text.contains(words) && !text.contains("Île-de-France"), "{text}");
        // Without columns, and for retention, nobody looked.
        assert!(!told(lang, &everybody, &without).contains(words));
        assert!(!told(lang, &watch::past_alarm(), &calm).contains(words));
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
