//! What becomes of a customer's attempts in the world as it is, and in worlds without one change or any.
//!
//! A change only takes purchases away, by thinning: an attempt is made where its random number is below the
//! product of all factors. Worlds share these numbers, so the difference between two of them is exactly what
//! the change did to this customer, and is zero where it did nothing.

use crate::{
    attempt::{Attempt, Intent},
    calendar::Micros,
    change::Stake,
    scenario::Journeys,
};

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The customer did not come.
    Absent,
    /// The customer came and gave up because of the change of this number.
    LostTo(u8),
    /// The customer gave up at an ordinary request to authenticate.
    LostAtAuthentication,
    /// The payment was refused, as happens.
    LostAtPayment,
    /// The customer came only to look.
    Looked,
    /// An order was placed.
    Ordered,
}

/// The changes that are part of a world, as bits.
pub(crate) type Changes = u32;

/// One run through a customer's attempts.
#[derive(Debug, Clone, Default)]
pub(crate) struct World {
    pub(crate) fates: Vec<Fate>,
    /// For each change the instant at which friction exposed the customer.
    pub(crate) since: Vec<Option<Micros>>,
}

/// The shares of attempts that are lost in ordinary times.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ordinary {
    authentication: f64,
    payment: f64,
}

impl Ordinary {
    pub(crate) fn new(journeys: &Journeys) -> Self {
        Self { authentication: journeys.challenged * journeys.abandoned, payment: journeys.payment_refused }
    }

    fn fate(self, luck: f64) -> Fate {
        if luck < self.authentication {
            Fate::LostAtAuthentication
        } else if luck < self.authentication + self.payment {
            Fate::LostAtPayment
        } else {
            Fate::Ordered
        }
    }
}

/// The changes whose absence alone would have altered something, and whether anything at all would.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Touched {
    pub(crate) alone: Changes,
    pub(crate) together: bool,
}

impl World {
    /// Runs through the attempts with these changes.
    pub(crate) fn run(&mut self, attempts: &[Attempt], stakes: &[Stake], with: Changes, ordinary: Ordinary) {
        self.reset(stakes);
        for (index, attempt) in attempts.iter().enumerate() {
            let fate = self.fate(index, attempt, stakes, with, ordinary);
            self.record(attempt, stakes, with, fate);
        }
    }

    /// The same with all changes, noting which of them made a difference.
    pub(crate) fn run_all(&mut self, attempts: &[Attempt], stakes: &[Stake], ordinary: Ordinary) -> Touched {
        let all = all_of(stakes);
        let mut touched = Touched::default();
        self.reset(stakes);
        for (index, attempt) in attempts.iter().enumerate() {
            let fate = self.fate(index, attempt, stakes, all, ordinary);
            if matches!(fate, Fate::Absent | Fate::LostTo(_) | Fate::Looked) {
                touched.together = true;
                let differs =
                    |number: &u32| self.fate(index, attempt, stakes, all & !(1 << number), ordinary) != fate;
                let count = u32::try_from(stakes.len()).unwrap_or(0);
                touched.alone |= (0..count).filter(differs).fold(0, |bits, number| bits | 1 << number);
            }
            self.record(attempt, stakes, all, fate);
        }
        touched
    }

    fn reset(&mut self, stakes: &[Stake]) {
        self.fates.clear();
        self.since.clear();
        self.since.resize(stakes.len(), None);
    }

    fn fate(
        &self,
        index: usize,
        attempt: &Attempt,
        stakes: &[Stake],
        with: Changes,
        ordinary: Ordinary,
    ) -> Fate {
        if let Intent::Look(change) = attempt.intent
            && with & (1 << change) == 0
        {
            return Fate::Absent;
        }
        let present =
            || stakes.iter().zip(&self.since).zip(0_u8..).filter(|(_, number)| with & (1 << number) != 0);
        let factor: f64 = present().map(|((stake, since), _)| stake.factor(*since, attempt.at)).product();
        if attempt.will >= factor {
            return Fate::Absent;
        }
        if let Some((_, number)) = present().find(|((stake, _), _)| stake.loses(index)) {
            return Fate::LostTo(number);
        }
        match attempt.intent {
            Intent::Buy => ordinary.fate(attempt.luck),
            Intent::Look(_) => Fate::Looked,
        }
    }

    fn record(&mut self, attempt: &Attempt, stakes: &[Stake], with: Changes, fate: Fate) {
        self.fates.push(fate);
        if fate == Fate::Absent {
            return;
        }
        for ((stake, since), number) in stakes.iter().zip(&mut self.since).zip(0_u8..) {
            let here = with & (1 << number) != 0 && stake.meets(attempt.at);
            if here && since.is_none() && (stake.is_by_sight() || fate == Fate::LostTo(number)) {
                *since = Some(attempt.at);
            }
        }
    }

    /// Whether the customer would come at an instant, given a uniform number.
    pub(crate) fn comes(&self, stakes: &[Stake], at: Micros, will: f64) -> bool {
        let factor =
            |(stake, since): (&Stake, &Option<Micros>)| stake.factor(since.filter(|since| *since <= at), at);
        will < stakes.iter().zip(&self.since).map(factor).product()
    }
}

/// All changes as bits.
pub(crate) fn all_of(stakes: &[Stake]) -> Changes {
    u32::try_from((1_u64 << stakes.len().min(31)) - 1).unwrap_or(u32::MAX)
}
