//! Estimates at fake dates, on two threads: each of them is worth a tenth of a second, and a page waits for a dozen.

use fidance_stats::causal::gate::FakeDates;

/// What was found at fake dates; dates at which nothing was are left out.
pub(super) struct Tried<T>(Vec<(usize, T)>);

impl<T: Send> Tried<T> {
    /// At each date that lies a whole horizon before `start`.
    pub(super) fn at(
        dates: FakeDates,
        start: usize,
        horizon: usize,
        found: impl Fn(usize) -> Option<T> + Sync,
    ) -> Self {
        let found = &found;
        let half = move |which: usize| {
            let mine = dates.before(start, horizon).skip(which).step_by(2);
            mine.filter_map(|date| Some((date, found(date)?))).collect::<Vec<_>>()
        };
        Self(std::thread::scope(|scope| {
            let other = scope.spawn(move || half(1));
            let mut mine = half(0);
            match other.join() {
                Ok(theirs) => mine.extend(theirs),
                Err(panic) => std::panic::resume_unwind(panic),
            }
            mine
        }))
    }

    /// At one of the dates.
    pub(super) fn of(&self, date: usize) -> Option<&T> {
        self.0.iter().find(|(tried, _)| *tried == date).map(|(_, found)| found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_date_is_tried_once_whichever_thread_it_falls_to() {
        let dates = FakeDates { first: 10, step: 7 };
        let tried = Tried::at(dates, 60, 12, |date| (date != 24).then_some(2 * date));
        let found: Vec<Option<&usize>> = dates.before(60, 12).map(|date| tried.of(date)).collect();
        assert_eq!(found, [Some(&20), Some(&34), None, Some(&62), Some(&76), Some(&90)]);
        assert_eq!(tried.of(11), None);
    }
}
