//! Planted changes, compiled, and what each one is to one customer.

use crate::{
    attempt::{Attempt, Intent},
    calendar::{Calendar, DAY, Micros},
    draw::{Purpose, Stream, name_hash},
    person::Person,
    scenario::{Factors, Scenario, Shock, Who},
    segment::SegmentTable,
};

const WEEK: f64 = 7.0 * DAY as f64;

#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) id: String,
    pub(crate) deed: Deed,
    /// The day of [`Change::begins`].
    day: usize,
    hash: u64,
}

/// What happens, to whom and when.
#[derive(Debug)]
pub(crate) enum Deed {
    Breach {
        disclosed: Micros,
        contained_day: f64,
        affected: f64,
        affected_by: Factors,
        effect: Shock,
        bystanders: Shock,
    },
    Certificate {
        from_day: usize,
        to_day: usize,
        from: Micros,
        to: Micros,
        who: Who,
        abandon: f64,
        abandon_by: Factors,
        effect: Shock,
    },
    Step {
        from: Micros,
        to: Micros,
        who: Who,
        abandon: f64,
        abandon_by: Factors,
        effect: Shock,
    },
    Announcement {
        at: Micros,
    },
    Drift {
        from: Micros,
        to: Micros,
        who: Who,
        per_week: f64,
    },
}

impl Deed {
    const fn begins(&self) -> Micros {
        match self {
            Self::Breach { disclosed, .. } => *disclosed,
            Self::Certificate { from, .. } | Self::Step { from, .. } | Self::Drift { from, .. } => *from,
            Self::Announcement { at } => *at,
        }
    }
}

/// Whether a customer is among those whom a change concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Group {
    Exposed,
    /// Was a customer at the time and is not among them.
    Unexposed,
    /// Was no customer yet.
    #[default]
    Absent,
}

/// What a change is to one customer, before it is known which world is looked at.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stake {
    pub(crate) group: Group,
    pub(crate) hold: Hold,
    /// Whether an exposure makes this customer leave for good.
    pub(crate) leaves: bool,
    /// For each attempt, whether it is lost at the step or warning, if it is made.
    pub(crate) lost: Vec<bool>,
    /// Drawn once: decides whether this customer complains about the change.
    pub(crate) complaint: f64,
}

/// How a change acts on a customer.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Hold {
    #[default]
    None,
    /// From an instant on, whatever the customer does.
    Shock { at: Micros, shock: Shock },
    /// Every attempt inside the window may be lost. The shock comes with the first attempt where the sight
    /// is enough, otherwise with the first loss.
    Friction { from: Micros, to: Micros, sight: bool, shock: Shock },
    /// More each week.
    Drift { from: Micros, to: Micros, per_week: f64 },
}

impl Change {
    /// All changes of a scenario, numbered as [`Scenario::change_ids`].
    pub(crate) fn all(scenario: &Scenario, calendar: &Calendar) -> Vec<Self> {
        let begin = |date| calendar.at(calendar.day_of(date), 0);
        let after =
            |date: Option<_>| date.map_or(Micros::MAX, |date| calendar.at(calendar.day_of(date) + 1, 0));
        let breaches = scenario.breaches.iter().map(|breach| Deed::Breach {
            disclosed: calendar.at(calendar.day_of(breach.disclosed), usize::from(breach.disclosed_hour)),
            contained_day: (breach.contained - scenario.shop.start).get_days().into(),
            affected: breach.affected,
            affected_by: breach.affected_by.clone(),
            effect: breach.effect,
            bystanders: breach.bystanders,
        });
        let certificates = scenario.certificates.iter().map(|certificate| Deed::Certificate {
            from_day: calendar.day_of(certificate.started),
            to_day: calendar.day_of(certificate.ended),
            from: begin(certificate.started),
            to: after(Some(certificate.ended)),
            who: certificate.who.clone(),
            abandon: certificate.abandon,
            abandon_by: certificate.abandon_by.clone(),
            effect: certificate.effect,
        });
        let steps = scenario.authentication_steps.iter().map(|step| Deed::Step {
            from: begin(step.from),
            to: after(step.until),
            who: step.who.clone(),
            abandon: step.abandon,
            abandon_by: step.abandon_by.clone(),
            effect: step.effect,
        });
        let announcements =
            scenario.announcements.iter().map(|news| Deed::Announcement { at: begin(news.on) });
        let drifts = scenario.drifts.iter().map(|drift| Deed::Drift {
            from: begin(drift.from),
            to: after(drift.until),
            who: drift.who.clone(),
            per_week: drift.log_hazard_per_week,
        });
        let deeds = breaches.chain(certificates).chain(steps).chain(announcements).chain(drifts);
        let change = |(id, deed): (&str, Deed)| {
            let day = calendar.day_at(deed.begins());
            Self { id: id.to_owned(), deed, day, hash: name_hash(id) }
        };
        scenario.change_ids().into_iter().zip(deeds).map(change).collect()
    }

    /// The instant from which the change can be felt.
    pub(crate) const fn begins(&self) -> Micros {
        self.deed.begins()
    }

    /// Whether someone was a customer before the day on which the change began.
    pub(crate) fn is_later_than(&self, person: &Person) -> bool {
        person.acquired < self.day as f64
    }

    /// Whether the scenario names nobody whom alone it concerns.
    pub(crate) fn concerns_everyone(&self) -> bool {
        match &self.deed {
            Deed::Certificate { who, .. } | Deed::Step { who, .. } | Deed::Drift { who, .. } => {
                who.is_empty()
            }
            Deed::Breach { .. } | Deed::Announcement { .. } => true,
        }
    }

    /// Kind in files.
    pub(crate) const fn kind(&self) -> &'static str {
        match self.deed {
            Deed::Breach { .. } => "breach",
            Deed::Certificate { .. } => "certificate",
            Deed::Step { .. } => "authentication_step",
            Deed::Announcement { .. } => "announcement",
            Deed::Drift { .. } => "drift",
        }
    }
}

/// What every customer's stakes are drawn from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stakes<'a> {
    pub(crate) seed: u64,
    pub(crate) changes: &'a [Change],
    pub(crate) calendar: &'a Calendar,
    pub(crate) table: &'a SegmentTable,
    /// Visits without an attempt to buy, per attempt.
    pub(crate) browsing: f64,
}

impl Stakes<'_> {
    /// Draws a customer's stakes, and adds to `attempts` the visits during which something is met.
    pub(crate) fn draw(
        &self,
        customer: u32,
        person: &Person,
        attempts: &mut Vec<Attempt>,
        stakes: &mut Vec<Stake>,
    ) {
        stakes.resize_with(self.changes.len(), Stake::default);
        let mut streams = Vec::new();
        for ((change, stake), number) in self.changes.iter().zip(stakes.iter_mut()).zip(0_u8..) {
            let mut stream = Stream::new(self.seed, customer, Purpose::Change(change.hash), 0);
            self.draw_one(change, person, &mut stream, stake);
            if let (Deed::Certificate { from_day, to_day, .. }, Group::Exposed) = (&change.deed, stake.group)
            {
                attempts.extend(self.look(number, (*from_day, *to_day), person, &mut stream));
            }
            streams.push(stream);
        }
        attempts.sort_by_key(|attempt| (attempt.at, attempt.number));
        for (((change, stake), stream), number) in
            self.changes.iter().zip(stakes).zip(&mut streams).zip(0_u8..)
        {
            stake.lost.clear();
            if let Hold::Friction { from, to, .. } = stake.hold {
                let lost = self.share_lost(change, person);
                let own = |attempt: &Attempt| {
                    attempt.intent == Intent::Buy || attempt.intent == Intent::Look(number)
                };
                let decide = |attempt: &Attempt| {
                    (from..to).contains(&attempt.at) && own(attempt) && stream.chance(lost)
                };
                stake.lost.extend(attempts.iter().map(decide));
            }
        }
    }

    fn draw_one(&self, change: &Change, person: &Person, stream: &mut Stream, stake: &mut Stake) {
        let (chosen, leaving) = (stream.unit(), stream.unit());
        stake.complaint = stream.unit();
        stake.group = self.group(change, person, chosen);
        stake.hold = hold(change, stake.group);
        stake.leaves = match stake.hold {
            Hold::Shock { shock, .. } | Hold::Friction { shock, .. } => leaving < shock.leaving,
            Hold::None | Hold::Drift { .. } => false,
        };
    }

    fn group(&self, change: &Change, person: &Person, chosen: f64) -> Group {
        let among = |yes: bool| if yes { Group::Exposed } else { Group::Unexposed };
        match &change.deed {
            Deed::Breach { contained_day, affected, affected_by, .. } => {
                if person.acquired > contained_day + 1.0 {
                    return Group::Absent;
                }
                among(chosen < affected * self.table.factor(affected_by, person.profile))
            }
            Deed::Announcement { .. } => Group::Exposed,
            Deed::Certificate { who, .. } | Deed::Step { who, .. } | Deed::Drift { who, .. } => {
                among(self.table.is_among(who, person.profile))
            }
        }
    }

    fn share_lost(&self, change: &Change, person: &Person) -> f64 {
        match &change.deed {
            Deed::Certificate { abandon, abandon_by, .. } | Deed::Step { abandon, abandon_by, .. } => {
                abandon * self.table.factor(abandon_by, person.profile)
            }
            _ => 0.0,
        }
    }

    /// At most one visit without an intention to buy, while the warning is shown.
    fn look(
        &self,
        change: u8,
        days: (usize, usize),
        person: &Person,
        stream: &mut Stream,
    ) -> Option<Attempt> {
        let marks = [(); 5].map(|()| stream.unit());
        let [comes, which, hour, inside, will] = marks;
        let (first, last) = (days.0 as f64, days.1 as f64 + 1.0);
        let clip = |(start, end): &(f64, f64)| (start.max(first), end.min(last));
        let inside_window = person.spells.iter().map(clip).filter(|(start, end)| start < end);
        let (start, end) = inside_window.max_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0)))?;
        let busy = self.calendar.busy_until(end) - self.calendar.busy_until(start);
        let expected = person.rate * self.browsing * busy;
        if comes >= 1.0 - libm::exp(-expected) {
            return None;
        }
        let day = crate::calendar::floor_index(start + which * (end - start));
        let at = self.calendar.moment(day, hour, inside);
        Some(Attempt::look(at, u32::try_from(day).unwrap_or(u32::MAX), change, will))
    }
}

fn hold(change: &Change, group: Group) -> Hold {
    match (&change.deed, group) {
        (Deed::Breach { disclosed, effect, .. }, Group::Exposed) => {
            Hold::Shock { at: *disclosed, shock: *effect }
        }
        (Deed::Breach { disclosed, bystanders, .. }, Group::Unexposed) => {
            Hold::Shock { at: *disclosed, shock: *bystanders }
        }
        (Deed::Certificate { from, to, effect, .. }, Group::Exposed) => {
            Hold::Friction { from: *from, to: *to, sight: true, shock: *effect }
        }
        (Deed::Step { from, to, effect, .. }, Group::Exposed) => {
            Hold::Friction { from: *from, to: *to, sight: false, shock: *effect }
        }
        (Deed::Drift { from, to, per_week, .. }, Group::Exposed) => {
            Hold::Drift { from: *from, to: *to, per_week: *per_week }
        }
        _ => Hold::None,
    }
}

impl Stake {
    /// By how much the rate of coming is multiplied at an instant; `since` is the exposure by friction.
    pub(crate) fn factor(&self, since: Option<Micros>, at: Micros) -> f64 {
        match self.hold {
            Hold::Shock { at: begin, shock } => self.after(shock, begin, at),
            Hold::Friction { shock, .. } => since.map_or(1.0, |since| self.after(shock, since + 1, at)),
            Hold::Drift { from, to, per_week } if at >= from => {
                libm::exp(per_week * (at.min(to) - from) as f64 / WEEK)
            }
            Hold::None | Hold::Drift { .. } => 1.0,
        }
    }

    fn after(&self, shock: Shock, begin: Micros, at: Micros) -> f64 {
        if at < begin || (shock.log_hazard == 0.0 && !self.leaves) {
            return 1.0;
        }
        if self.leaves {
            return 0.0;
        }
        let days = (at - begin) as f64 / DAY as f64;
        libm::exp(shock.log_hazard * libm::exp2(-days / shock.half_life_days))
    }

    /// Whether the attempt of this index meets the step or warning.
    pub(crate) fn meets(&self, at: Micros) -> bool {
        matches!(self.hold, Hold::Friction { from, to, .. } if (from..to).contains(&at))
    }

    /// Whether this customer's browser warns of the site at an instant.
    pub(crate) fn is_warned(&self, at: Micros) -> bool {
        self.is_by_sight() && self.meets(at)
    }

    pub(crate) fn loses(&self, index: usize) -> bool {
        self.lost.get(index).copied().unwrap_or(false)
    }

    pub(crate) const fn is_by_sight(&self) -> bool {
        matches!(self.hold, Hold::Friction { sight: true, .. })
    }
}
