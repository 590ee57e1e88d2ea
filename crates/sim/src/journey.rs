//! The steps of each visit, as a shop's own tracking records them.

use crate::{
    attempt::Attempt,
    calendar::{Calendar, Micros, SECOND, floor_index},
    change::{Hold, Stake},
    draw::{Purpose, Stream},
    event::{Event, EventName, OWN, Reason},
    person::Person,
    scenario::{Detail, Journeys},
    world::{Fate, World},
};

/// Visits without an attempt are numbered apart from attempts.
const BROWSING: u32 = 1 << 30;

/// Writes down what a customer did in the world as it is.
#[derive(Debug)]
pub(crate) struct Tracker<'a> {
    pub(crate) seed: u64,
    pub(crate) journeys: &'a Journeys,
    pub(crate) calendar: &'a Calendar,
}

/// A customer whose attempts are decided.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visits<'a> {
    pub(crate) customer: u32,
    pub(crate) person: &'a Person,
    pub(crate) attempts: &'a [Attempt],
    pub(crate) stakes: &'a [Stake],
    pub(crate) world: &'a World,
}

/// Reasons for giving up at a code by SMS, as often as they are listed.
const GAVE_UP_AT_CODE: [Reason; 8] = [
    Reason::OtpTimeout,
    Reason::OtpTimeout,
    Reason::OtpTimeout,
    Reason::DeliveryDelay,
    Reason::NoPhone,
    Reason::NoPhone,
    Reason::WrongCode,
    Reason::UserCancelled,
];
const GAVE_UP: [Reason; 3] = [Reason::UserCancelled, Reason::UserCancelled, Reason::OtpTimeout];

type Steps = Vec<(EventName, Reason)>;

impl Tracker<'_> {
    /// Fills `events` with the customer's events in order of time.
    pub(crate) fn track(&self, visits: Visits<'_>, steps: &mut Steps, events: &mut Vec<Event>) {
        events.clear();
        for (attempt, fate) in visits.attempts.iter().zip(&visits.world.fates) {
            let ordered = *fate == Fate::Ordered;
            let cents = if ordered { attempt.cents } else { 0 };
            match self.journeys.detail {
                Detail::Full if *fate != Fate::Absent => {
                    let mut stream =
                        Stream::new(self.seed, visits.customer, Purpose::Journey, attempt.number);
                    self.steps(attempt, *fate, visits.stakes, &mut stream, steps);
                    self.record(visits, attempt.at, attempt.number, steps, &mut stream, events);
                    events.last_mut().into_iter().for_each(|event| event.cents = cents);
                }
                Detail::Orders if ordered => events.push(Event {
                    cents,
                    ..event(visits, attempt.at, attempt.number, (EventName::OrderCompleted, Reason::None))
                }),
                _ => {}
            }
        }
        if self.journeys.detail == Detail::Full {
            self.browse(visits, steps, events);
            events.sort_by_key(|event| event.at);
        }
        events.iter_mut().zip(0..).for_each(|(event, sequence)| event.sequence = sequence);
    }

    fn steps(&self, attempt: &Attempt, fate: Fate, stakes: &[Stake], stream: &mut Stream, steps: &mut Steps) {
        steps.clear();
        let met = |stake: &&Stake| stake.meets(attempt.at);
        if stakes.iter().filter(met).any(Stake::is_by_sight) {
            steps.push((EventName::SecurityWarningShown, Reason::CertificateExpired));
        }
        let by_sight = |number: u8| stakes.get(usize::from(number)).is_some_and(Stake::is_by_sight);
        if matches!(fate, Fate::LostTo(number) if by_sight(number)) {
            return;
        }
        self.view(stream, steps);
        if fate == Fate::Looked {
            return;
        }
        steps.push((EventName::ProductAdded, Reason::None));
        if sometimes(self.journeys.cart_viewed, stream) {
            steps.push((EventName::CartViewed, Reason::None));
        }
        steps.push((EventName::CheckoutStarted, Reason::None));
        self.sign_in(attempt, stream, steps);
        let code =
            stakes.iter().filter(met).any(|stake| matches!(stake.hold, Hold::Friction { sight: false, .. }));
        let lost = matches!(fate, Fate::LostTo(_) | Fate::LostAtAuthentication);
        if code || lost || stream.chance(self.journeys.challenged) {
            self.authenticate(code, lost, stream, steps);
        }
        if !lost {
            self.pay(fate, stream, steps);
        }
    }

    /// Whoever comes for the first time may open an account; others may sign in, some with a new password.
    fn sign_in(&self, attempt: &Attempt, stream: &mut Stream, steps: &mut Steps) {
        if attempt.number == 0 && sometimes(self.journeys.account_created, stream) {
            steps.push((EventName::AccountCreated, Reason::None));
        } else if sometimes(self.journeys.signed_in, stream) {
            if sometimes(self.journeys.password_changed, stream) {
                steps.push((EventName::PasswordChanged, Reason::None));
            }
            steps.push((EventName::SignedIn, Reason::None));
        }
    }

    fn view(&self, stream: &mut Stream, steps: &mut Steps) {
        if sometimes(self.journeys.searched, stream) {
            steps.push((EventName::ProductsSearched, Reason::None));
        }
        let views = 1 + stream.geometric(self.journeys.views_per_visit - 1.0);
        steps.extend((0..views).map(|_| (EventName::ProductViewed, Reason::None)));
    }

    fn authenticate(&self, code: bool, lost: bool, stream: &mut Stream, steps: &mut Steps) {
        let why = if code { Reason::SmsCode } else { Reason::NewDevice };
        steps.push((EventName::AuthenticationChallenged, why));
        // Those who give up have often tried first.
        if stream.chance(if lost { 0.3 } else { self.journeys.wrong_code }) {
            steps.push((EventName::AuthenticationFailed, Reason::WrongCode));
        }
        if !lost {
            steps.push((EventName::AuthenticationSucceeded, Reason::None));
            return;
        }
        let among: &[Reason] = if code { &GAVE_UP_AT_CODE } else { &GAVE_UP };
        let reason = stream.pick(among).copied().unwrap_or(Reason::UserCancelled);
        steps.push((EventName::AuthenticationAbandoned, reason));
    }

    fn pay(&self, fate: Fate, stream: &mut Stream, steps: &mut Steps) {
        const REFUSED: [Reason; 3] = [Reason::ThreeDsFailed, Reason::InsufficientFunds, Reason::DoNotHonor];
        let refused = |stream: &mut Stream| stream.pick(&REFUSED).copied().unwrap_or(Reason::DoNotHonor);
        steps.push((EventName::PaymentInfoEntered, Reason::None));
        if stream.chance(self.journeys.payment_challenged) {
            steps.push((EventName::PaymentChallenged, Reason::ThreeDs));
        }
        if fate == Fate::LostAtPayment {
            steps.push((EventName::PaymentRefused, refused(stream)));
            return;
        }
        // As many are refused once and pay at the second try as are lost for good.
        if stream.chance(self.journeys.payment_refused) {
            steps.push((EventName::PaymentRefused, refused(stream)));
            steps.push((EventName::PaymentInfoEntered, Reason::None));
        }
        steps.push((EventName::OrderCompleted, Reason::None));
    }

    /// Writes the steps so that the last one happens at `at`.
    fn record(
        &self,
        visits: Visits<'_>,
        at: Micros,
        session: u32,
        steps: &[(EventName, Reason)],
        stream: &mut Stream,
        events: &mut Vec<Event>,
    ) {
        let first = events.len();
        let mut time = at;
        for step in steps.iter().rev() {
            if time < self.calendar.start() {
                break;
            }
            events.push(event(visits, time, session, *step));
            time -= pause(step.0, stream);
        }
        if let Some(new) = events.get_mut(first..) {
            new.reverse();
        }
    }

    /// Visits without an attempt to buy. While a warning is shown, those are drawn with the attempts instead.
    fn browse(&self, visits: Visits<'_>, steps: &mut Steps, events: &mut Vec<Event>) {
        let rate = visits.person.rate * self.journeys.browsing_per_order;
        if rate <= 0.0 {
            return;
        }
        let mut stream = Stream::new(self.seed, visits.customer, Purpose::Browsing, 0);
        let mut number = BROWSING;
        for (start, end) in &visits.person.spells {
            let until = self.calendar.busy_until(*end);
            let (mut busy, mut day) = (self.calendar.busy_until(*start), floor_index(*start));
            loop {
                busy += stream.exponential() / rate;
                if busy >= until {
                    break;
                }
                day = self.calendar.day_when_busy(busy, day);
                let at = self.calendar.moment(day, stream.unit(), stream.unit());
                let will = stream.unit();
                number += 1;
                if visits.stakes.iter().any(|stake| stake.is_warned(at))
                    || !visits.world.comes(visits.stakes, at, will)
                {
                    continue;
                }
                steps.clear();
                let mut own = Stream::new(self.seed, visits.customer, Purpose::Journey, number);
                self.view(&mut own, steps);
                if own.chance(0.15) {
                    steps.push((EventName::ProductAdded, Reason::None));
                }
                self.record(visits, at, number, steps, &mut own, events);
            }
        }
    }
}

fn event(visits: Visits<'_>, at: Micros, session: u32, (name, reason): (EventName, Reason)) -> Event {
    Event {
        received: at,
        at,
        customer: visits.customer,
        sequence: 0,
        session,
        cents: 0,
        name,
        reason,
        id: OWN,
        ahead: 0,
        profile: visits.person.profile,
    }
}

/// A step that the scenario leaves out draws no number: the times of the others stay as they are.
fn sometimes(share: f64, stream: &mut Stream) -> bool {
    share > 0.0 && stream.chance(share)
}

/// Time between a step and the one before it.
#[expect(clippy::cast_possible_truncation, reason = "some minutes")]
fn pause(before: EventName, stream: &mut Stream) -> Micros {
    let mean = match before {
        EventName::ProductViewed => 50.0,
        EventName::ProductAdded | EventName::AuthenticationSucceeded => 22.0,
        EventName::CheckoutStarted => 70.0,
        EventName::AuthenticationAbandoned => 150.0,
        EventName::PaymentInfoEntered => 45.0,
        _ => 12.0,
    };
    (1 + (mean * stream.exponential()).min(1_500.0) as i64) * SECOND
}
