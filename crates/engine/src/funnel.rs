//! How far customers get along ordered steps: one pass, constant state per customer.
//!
//! An attempt begins with an event of the first step. It reaches a step if its events so far come in order, each
//! at or after the one before it, and all within the window that begins with the first. What a customer reaches is
//! what the best attempt reaches. Events of one instant have no order, so any order that helps is taken; no event
//! is two steps at once.

use fidance_domain::history::Micros;

/// So many steps at most: more make no funnel that anybody reads.
pub const MAX_STEPS: usize = 20;

/// The steps of a funnel and the time for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Funnel {
    steps: Vec<String>,
    /// For each step, the first one of the same kind.
    firsts: Vec<usize>,
    within: Micros,
}

/// A funnel makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FunnelError {
    /// Too few or too many steps.
    #[error("a funnel has 2 to {MAX_STEPS} steps, not {0}")]
    Steps(usize),
    /// A text is no length of time.
    #[error(
        "`{0}` is not a time to go through the steps in: write minutes as 30min, hours as 24h, days as 7d or weeks as 4w"
    )]
    Within(String),
}

impl Funnel {
    /// Steps by the kinds of their events, and the time within which they have to follow the first, such as `7d`.
    ///
    /// # Errors
    /// Where there are too few or too many steps, or the time is none.
    pub fn new(steps: Vec<String>, within: &str) -> Result<Self, FunnelError> {
        if !(2..=MAX_STEPS).contains(&steps.len()) {
            return Err(FunnelError::Steps(steps.len()));
        }
        let within = micros(within).ok_or_else(|| FunnelError::Within(within.to_owned()))?;
        let first_of = |kind: &String| steps.iter().position(|step| step == kind).unwrap_or(0);
        let firsts = steps.iter().map(first_of).collect();
        Ok(Self { steps, firsts, within })
    }

    /// The kinds of the steps.
    pub fn steps(&self) -> &[String] {
        &self.steps
    }

    /// A kernel that counts.
    pub fn kernel(&self) -> FunnelKernel<'_> {
        let steps = self.steps.len();
        FunnelKernel {
            funnel: self,
            starts: [None; MAX_STEPS],
            tied: [0; MAX_STEPS],
            at: Micros::MIN,
            reached: vec![0; steps],
        }
    }
}

/// Exact time, not civil: the window begins at an instant, and a day of it has 24 hours.
fn micros(text: &str) -> Option<Micros> {
    let text = text.trim();
    let (number, unit) = text.split_at_checked(text.bytes().take_while(u8::is_ascii_digit).count())?;
    let minutes = match unit.trim() {
        "min" | "minute" | "minutes" => 1,
        "h" | "hour" | "hours" => 60,
        "d" | "day" | "days" => 24 * 60,
        "w" | "week" | "weeks" => 7 * 24 * 60,
        _ => return None,
    };
    number.parse::<i64>().ok().filter(|&n| n > 0)?.checked_mul(minutes)?.checked_mul(60_000_000)
}

/// Counts customers step by step.
#[derive(Debug)]
pub struct FunnelKernel<'a> {
    funnel: &'a Funnel,
    /// For each step, when the latest attempt that reached it began. The latest has the most time left, so no
    /// other needs to be kept.
    starts: [Option<Micros>; MAX_STEPS],
    /// Events of the current instant, by the first step that is of their kind.
    tied: [u32; MAX_STEPS],
    at: Micros,
    reached: Vec<u64>,
}

impl FunnelKernel<'_> {
    /// A new customer.
    pub fn begin(&mut self) {
        self.starts.fill(None);
        self.tied.fill(0);
        self.at = Micros::MIN;
    }

    /// The customer's next event, in order of time; events of other kinds are passed over.
    pub fn observe(&mut self, at: Micros, kind: &str) {
        if at != self.at {
            self.close_instant();
            self.at = at;
        }
        let step = self.funnel.steps.iter().position(|step| step == kind);
        if let Some(count) = step.and_then(|step| self.tied.get_mut(step)) {
            *count = count.saturating_add(1);
        }
    }

    /// The customer has no more events.
    pub fn end(&mut self) {
        self.close_instant();
        for (reached, _) in self.reached.iter_mut().zip(&self.starts).filter(|(_, start)| start.is_some()) {
            *reached += 1;
        }
    }

    /// For each step, the customers who reached it.
    pub fn finish(self) -> Vec<u64> {
        self.reached
    }

    /// Carries every attempt as far as the events of this instant let it get.
    fn close_instant(&mut self) {
        if self.tied.iter().all(|&count| count == 0) {
            return;
        }
        // Level 0 has nothing yet: an attempt may begin now.
        let levels = std::iter::once(Some(self.at)).chain(self.starts);
        for (level, start) in levels.enumerate().take(self.funnel.steps.len()) {
            let Some(start) = start.filter(|start| self.at.saturating_sub(*start) <= self.funnel.within)
            else {
                continue;
            };
            let mut left = self.tied;
            for (&first, latest) in self.funnel.firsts.iter().zip(&mut self.starts).skip(level) {
                let Some(count) = left.get_mut(first) else { break };
                let Some(fewer) = count.checked_sub(1) else { break };
                *count = fewer;
                *latest = (*latest).max(Some(start));
            }
        }
        self.tied.fill(0);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: Micros = 3_600_000_000;

    fn reached(steps: &str, within: &str, customers: &[&[(i64, char)]]) -> Vec<u64> {
        let funnel = Funnel::new(steps.chars().map(String::from).collect(), within).unwrap();
        let mut kernel = funnel.kernel();
        for events in customers {
            kernel.begin();
            events.iter().for_each(|(at, kind)| kernel.observe(at * HOUR, &kind.to_string()));
            kernel.end();
        }
        kernel.finish()
    }

    #[test]
    fn steps_count_in_order_and_within_the_window_from_the_first() {
        let customers: &[&[(i64, char)]] = &[
            &[(0, 'a'), (1, 'b'), (2, 'c')],
            &[(0, 'b'), (1, 'a'), (2, 'c')],
            &[(0, 'a'), (1, 'b'), (25, 'c')],
            &[(0, 'a'), (1, 'b'), (24, 'c')],
            &[(0, 'c')],
        ];
        assert_eq!(reached("abc", "24h", customers), [4, 3, 2]);
    }

    #[test]
    fn the_best_attempt_counts() {
        // The first attempt reaches b and runs out; the second reaches c.
        assert_eq!(
            reached("abc", "1d", &[&[(0, 'a'), (1, 'b'), (30, 'a'), (31, 'b'), (32, 'c')]]),
            [1, 1, 1]
        );
        // A later start must not lose what an earlier one has reached.
        assert_eq!(reached("abc", "1d", &[&[(0, 'a'), (1, 'b'), (2, 'a'), (3, 'c')]]), [1, 1, 1]);
        // And what has been reached stays reached.
        assert_eq!(reached("abc", "1d", &[&[(0, 'a'), (1, 'b'), (90, 'a')]]), [1, 1, 0]);
    }

    #[test]
    fn events_of_one_instant_may_be_taken_in_the_order_of_the_steps() {
        assert_eq!(reached("abc", "1h", &[&[(5, 'c'), (5, 'b'), (5, 'a')]]), [1, 1, 1]);
        assert_eq!(reached("aa", "1h", &[&[(5, 'a')], &[(5, 'a'), (5, 'a')]]), [2, 1]);
        assert_eq!(
            reached("aba", "1h", &[&[(5, 'b'), (5, 'a'), (5, 'a')], &[(5, 'a'), (5, 'b')]]),
            [2, 2, 1]
        );
    }

    #[test]
    fn what_is_no_funnel_is_refused() {
        let new = |steps: usize, within| Funnel::new(vec!["a".to_owned(); steps], within);
        assert_eq!(new(1, "1d"), Err(FunnelError::Steps(1)));
        assert_eq!(new(21, "1d"), Err(FunnelError::Steps(21)));
        for within in ["", "7", "0d", "-1d", "1y", "d", "99999999999999w"] {
            assert!(new(2, within).is_err(), "{within}");
        }
    }

    /// Every choice of events, tried one by one.
    fn plain(events: &[(i64, char)], steps: &[char], within: i64) -> usize {
        fn longest(
            events: &[(i64, char)],
            used: u32,
            from: Option<(i64, i64)>,
            steps: &[char],
            within: i64,
        ) -> usize {
            let Some((step, rest)) = steps.split_first() else { return 0 };
            let mut best = 0;
            for (index, &(at, kind)) in events.iter().enumerate() {
                let fits = from.is_none_or(|(start, last)| at >= last && at - start <= within);
                if kind == *step && used >> index & 1 == 0 && fits {
                    let start = from.map_or(at, |(start, _)| start);
                    best = best.max(1 + longest(events, used | 1 << index, Some((start, at)), rest, within));
                }
            }
            best
        }
        longest(events, 0, None, steps, within)
    }

    proptest! {
        #[test]
        fn the_kernel_finds_the_best_choice_of_events(
            mut events in prop::collection::vec((0i64..12, prop::sample::select(vec!['a', 'b', 'c'])), 0..9),
            steps in prop::collection::vec(prop::sample::select(vec!['a', 'b', 'c']), 2..5),
            within in 1i64..8,
        ) {
            events.sort_by_key(|event| event.0);
            let text: String = steps.iter().collect();
            let levels = reached(&text, &format!("{within}h"), &[&events]);
            prop_assert_eq!(levels.iter().sum::<u64>(), plain(&events, &steps, within) as u64);
        }
    }
}
