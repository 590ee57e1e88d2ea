//! Exit surveys: customers without an order for a while are asked why, and few answer.

use std::path::Path;

use crate::{
    calendar::{DAY, Micros},
    draw::{Purpose, Stream, Weights},
    error::SimError,
    journey::Visits,
    scenario::Language,
    sink::{Names, TextFile, customer_id, digits, time},
    truth::Order,
};

use super::{Cause, Listener, complaint::waking, texts};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Survey {
    sent: Micros,
    answer: Option<Answer>,
    customer: u32,
    language: Language,
}

#[derive(Debug, Clone, Copy)]
struct Answer {
    at: Micros,
    reason: ExitReason,
    /// From 1 (none) to 5.
    trust: u8,
    words: Option<u64>,
}

/// The answers that the survey offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitReason {
    NoNeed,
    Price,
    Choice,
    Delivery,
    Quality,
    Security,
    Authentication,
    Other,
}

impl ExitReason {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::NoNeed => "no_need",
            Self::Price => "price",
            Self::Choice => "choice",
            Self::Delivery => "delivery",
            Self::Quality => "quality",
            Self::Security => "security",
            Self::Authentication => "authentication",
            Self::Other => "other",
        }
    }
}

impl Listener<'_> {
    /// Adds the survey of a customer who lapsed, if there was one: each customer is asked once.
    pub(crate) fn survey(&self, visits: Visits<'_>, orders: &[Order], surveys: &mut Vec<Survey>) {
        let lapse = i64::from(self.voices.lapse_days) * DAY;
        let end = self.calendar.end();
        let next = orders.iter().skip(1).map(|order| order.at).chain([end]);
        let lapsed = orders.iter().zip(next).find(|(order, next)| next - order.at > lapse);
        let Some((order, _)) = lapsed else {
            return;
        };
        let mut stream = Stream::new(self.seed, visits.customer, Purpose::Survey, 0);
        let marks = (stream.unit(), stream.unit());
        let (asked, answers) = (stream.chance(self.voices.surveyed), stream.chance(self.voices.answered));
        let Some(sent) = waking(self.calendar, order.at + lapse, 1.0, marks).filter(|_| asked) else {
            return;
        };
        let cause = super::cause(visits, order.at, sent);
        let answer = if answers { self.answer(sent, cause, &mut stream) } else { None };
        let language = self.table.language(visits.person.profile);
        surveys.push(Survey { sent, answer, customer: visits.customer, language });
    }

    fn answer(&self, sent: Micros, cause: Cause, stream: &mut Stream) -> Option<Answer> {
        let (delay, marks) = (2.5 * stream.exponential(), (stream.unit(), stream.unit()));
        let reason = self.reason(cause, stream);
        let trust = trust(reason, stream);
        let words = stream.chance(0.45).then(|| (stream.unit() * 1e15).to_bits());
        let at = waking(self.calendar, sent, delay, marks)?;
        Some(Answer { at, reason, trust, words })
    }

    fn reason(&self, cause: Cause, stream: &mut Stream) -> ExitReason {
        let (named, kind) = (stream.unit(), stream.unit());
        match cause {
            Cause::Security if named < self.voices.named => return ExitReason::Security,
            Cause::Authentication if named < self.voices.named => return ExitReason::Authentication,
            Cause::Life if named < self.voices.misnamed => {
                return if kind < 0.5 { ExitReason::Security } else { ExitReason::Authentication };
            }
            _ => {}
        }
        match Weights::new([0.34, 0.26, 0.14, 0.12, 0.08, 0.06]).at(kind) {
            0 => ExitReason::NoNeed,
            1 => ExitReason::Price,
            2 => ExitReason::Choice,
            3 => ExitReason::Delivery,
            4 => ExitReason::Quality,
            _ => ExitReason::Other,
        }
    }
}

fn trust(reason: ExitReason, stream: &mut Stream) -> u8 {
    let low = reason == ExitReason::Security;
    let weights = if low { [0.45, 0.35, 0.14, 0.05, 0.01] } else { [0.03, 0.08, 0.26, 0.40, 0.23] };
    u8::try_from(1 + Weights::new(weights).at(stream.unit())).unwrap_or(5)
}

/// Writes `surveys.csv` in order of sending; those who did not answer have empty cells.
pub(crate) fn write_surveys(
    path: &Path,
    mut surveys: Vec<Survey>,
    shop: &str,
    names: &Names<'_>,
) -> Result<u64, SimError> {
    surveys.sort_unstable_by_key(|survey| (survey.sent, survey.customer));
    let mut file = TextFile::create(path)?;
    file.text("survey_id,customer_id,sent_at,answered_at,language,reason,trust,comment");
    file.end_line()?;
    for (survey, number) in surveys.iter().zip(1_u64..) {
        let line = file.bytes();
        line.push(b'S');
        digits(number, 6, line);
        line.push(b',');
        customer_id(survey.customer, line);
        line.push(b',');
        time(names, survey.sent, line);
        line.push(b',');
        if let Some(answer) = survey.answer {
            time(names, answer.at, line);
        }
        line.push(b',');
        line.extend_from_slice(texts::language(survey.language).as_bytes());
        line.push(b',');
        if let Some(answer) = survey.answer {
            line.extend_from_slice(answer.reason.text().as_bytes());
            line.push(b',');
            digits(u64::from(answer.trust), 1, line);
            line.push(b',');
            let comment =
                answer.words.map(|words| texts::comment(survey.language, answer.reason, shop, words));
            texts::quoted(&comment.unwrap_or_default(), line);
        } else {
            line.extend_from_slice(b",,");
        }
        file.end_line()?;
    }
    file.finish()?;
    Ok(surveys.len() as u64)
}
