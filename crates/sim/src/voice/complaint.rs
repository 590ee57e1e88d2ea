//! Complaints: everyday ones after orders, and those that planted changes cause.

use std::path::Path;

use crate::{
    calendar::{Calendar, DAY, HOUR, Micros, floor_index},
    change::{Deed, Group, Hold, Stake},
    draw::{Purpose, Stream, Weights, mix},
    error::SimError,
    journey::Visits,
    scenario::{Disclosure, Language, Scenario},
    sink::{Names, TextFile, customer_id, digits, time},
    truth::Order,
};

use super::{Grievance, Listener, Motive, last_before, texts};

/// A complaint; its words are made when it is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Complaint {
    at: Micros,
    customer: u32,
    number: u32,
    channel: Channel,
    language: Language,
    motive: Motive,
    words: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Channel {
    Phone,
    Email,
    Social,
}

impl Channel {
    const fn text(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Social => "social",
        }
    }
}

impl Grievance {
    /// For each change of a scenario.
    pub(crate) fn all(scenario: &Scenario) -> Vec<Self> {
        let breaches = scenario.breaches.iter().map(|breach| match breach.disclosed_by {
            Disclosure::Press => Self { share: breach.complaints, delay: 8.0, motive: Motive::BreachSilence },
            Disclosure::Company => Self { share: breach.complaints, delay: 5.0, motive: Motive::DataBreach },
        });
        let warning = |share| Self { share, delay: 0.6, motive: Motive::SecurityWarning };
        let code = |share| Self { share, delay: 1.5, motive: Motive::AuthenticationCode };
        let price = |share| Self { share, delay: 9.0, motive: Motive::Price };
        let none = Self { share: 0.0, delay: 1.0, motive: Motive::Account };
        breaches
            .chain(scenario.certificates.iter().map(|certificate| warning(certificate.complaints)))
            .chain(scenario.authentication_steps.iter().map(|step| code(step.complaints)))
            .chain(scenario.announcements.iter().map(|news| price(news.complaints)))
            .chain(scenario.drifts.iter().map(|_| none))
            .collect()
    }
}

impl Listener<'_> {
    /// Adds a customer's complaints.
    pub(crate) fn complaints(&self, visits: Visits<'_>, orders: &[Order], complaints: &mut Vec<Complaint>) {
        let mut stream = Stream::new(self.seed, visits.customer, Purpose::Complaints, 0);
        let first = complaints.len();
        for order in orders {
            if stream.chance(self.voices.complaints_per_1000_orders / 1_000.0) {
                let motive = everyday(&mut stream);
                let delay = 1.0 + 5.0 * stream.exponential();
                complaints.extend(self.complaint(visits, order.at, delay, motive, &mut stream));
            }
        }
        for (number, (stake, grievance)) in visits.stakes.iter().zip(&self.grievances).enumerate() {
            let Some(from) = self.grieved_from(visits, orders, number, stake) else {
                continue;
            };
            if stake.complaint < grievance.share {
                let delay = grievance.delay * stream.exponential();
                // Whoever learns of it from the newspaper is angry about that, but not all say so.
                let silent = grievance.motive == Motive::BreachSilence && stream.chance(0.4);
                let motive = if silent { Motive::DataBreach } else { grievance.motive };
                complaints.extend(self.complaint(visits, from, delay, motive, &mut stream));
            }
        }
        complaints.iter_mut().skip(first).zip(0..).for_each(|(complaint, number)| complaint.number = number);
    }

    /// The instant from which a customer may complain about a change.
    fn grieved_from(
        &self,
        visits: Visits<'_>,
        orders: &[Order],
        number: usize,
        stake: &Stake,
    ) -> Option<Micros> {
        let change = self.changes.get(number)?;
        match (stake.hold, &change.deed, stake.group) {
            (Hold::Shock { at, .. }, _, Group::Exposed) => Some(at),
            (Hold::Friction { .. }, ..) => visits.world.since.get(number).copied().flatten(),
            (Hold::None, Deed::Announcement { at }, _) => {
                last_before(orders, *at).filter(|order| at - order.at < 90 * DAY).map(|_| *at)
            }
            _ => None,
        }
    }

    fn complaint(
        &self,
        visits: Visits<'_>,
        from: Micros,
        delay: f64,
        motive: Motive,
        stream: &mut Stream,
    ) -> Option<Complaint> {
        let channel = channel(motive, stream);
        let marks = (stream.unit(), stream.unit());
        let words = mix(u64::from(visits.customer)).wrapping_add(mix((stream.unit() * 1e15).to_bits()));
        let at = waking(self.calendar, from, delay, marks)?;
        let language = self.table.language(visits.person.profile);
        Some(Complaint { at, customer: visits.customer, number: 0, channel, language, motive, words })
    }
}

/// An instant at which people are up, some days later; `None` after the end.
pub(super) fn waking(
    calendar: &Calendar,
    from: Micros,
    delay_days: f64,
    marks: (f64, f64),
) -> Option<Micros> {
    let days = i64::try_from(floor_index(delay_days)).unwrap_or(i64::MAX / DAY);
    let day = calendar.day_at(from.saturating_add(days.saturating_mul(DAY)));
    let at = calendar.moment(day, marks.0, marks.1).max(from + HOUR / 4);
    (at < calendar.end()).then_some(at)
}

fn everyday(stream: &mut Stream) -> Motive {
    match Weights::new([0.40, 0.30, 0.15, 0.10, 0.05]).at(stream.unit()) {
        0 => Motive::Delivery,
        1 => Motive::Product,
        2 => Motive::Price,
        3 => Motive::Payment,
        _ => Motive::Account,
    }
}

/// Anger goes public, a code that does not come is told by phone.
fn channel(motive: Motive, stream: &mut Stream) -> Channel {
    let (phone, email, social) = match motive {
        Motive::BreachSilence => (0.25, 0.35, 0.40),
        Motive::DataBreach => (0.35, 0.50, 0.15),
        Motive::SecurityWarning => (0.30, 0.35, 0.35),
        Motive::AuthenticationCode | Motive::Payment => (0.50, 0.38, 0.12),
        _ => (0.30, 0.58, 0.12),
    };
    match Weights::new([phone, email, social]).at(stream.unit()) {
        0 => Channel::Phone,
        1 => Channel::Email,
        _ => Channel::Social,
    }
}

/// Writes `complaints.csv` in order of time.
pub(crate) fn write_complaints(
    path: &Path,
    mut complaints: Vec<Complaint>,
    shop: &str,
    names: &Names<'_>,
) -> Result<u64, SimError> {
    complaints.sort_unstable_by_key(|complaint| (complaint.at, complaint.customer, complaint.number));
    let mut file = TextFile::create(path)?;
    file.text("complaint_id,customer_id,at,channel,language,motive,text");
    file.end_line()?;
    for (complaint, number) in complaints.iter().zip(1_u64..) {
        let line = file.bytes();
        line.push(b'R');
        digits(number, 6, line);
        line.push(b',');
        customer_id(complaint.customer, line);
        line.push(b',');
        time(names, complaint.at, line);
        for word in [complaint.channel.text(), texts::language(complaint.language), complaint.motive.text()] {
            line.push(b',');
            line.extend_from_slice(word.as_bytes());
        }
        line.push(b',');
        let social = complaint.channel == Channel::Social;
        let text = texts::complaint(complaint.language, complaint.motive, social, shop, complaint.words);
        texts::quoted(&text, line);
        file.end_line()?;
    }
    file.finish()?;
    Ok(complaints.len() as u64)
}
