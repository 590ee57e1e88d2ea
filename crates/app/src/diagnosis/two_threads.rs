//! Work shared between two threads: an event is worth a second, an estimate at a fake date a tenth, and a page waits for both.

use fidance_stats::causal::gate::FakeDates;

/// What `made` makes of each item, in their order.
pub(super) fn each<I: Sync, T: Send>(items: &[I], made: impl Fn(&I) -> T + Sync) -> Vec<T> {
    let every_other = |first: usize| items.iter().skip(first).step_by(2).map(&made).collect::<Vec<T>>();
    let (even, odd) = std::thread::scope(|scope| {
        let odd = scope.spawn(|| every_other(1));
        let even = every_other(0);
        (even, odd.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    let mut odd = odd.into_iter();
    even.into_iter().flat_map(|item| [Some(item), odd.next()]).flatten().collect()
}

/// What is found at each fake date that lies a whole horizon before `start`; dates at which nothing is are left out.
pub(super) fn at_fake_dates<T: Send>(
    dates: FakeDates,
    start: usize,
    horizon: usize,
    found: impl Fn(usize) -> Option<T> + Sync,
) -> Vec<(usize, T)> {
    let dates: Vec<usize> = dates.before(start, horizon).collect();
    each(&dates, |date| Some((*date, found(*date)?))).into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_keep_their_order_whichever_thread_they_fall_to() {
        for count in 0..6 {
            let items: Vec<usize> = (0..count).collect();
            assert_eq!(each(&items, |item| 2 * item), items.iter().map(|item| 2 * item).collect::<Vec<_>>());
        }
    }

    #[test]
    fn every_fake_date_is_tried_once() {
        let dates = FakeDates { first: 10, step: 7 };
        let found = at_fake_dates(dates, 60, 12, |date| (date != 24).then_some(2 * date));
        assert_eq!(found, [(10, 20), (17, 34), (31, 62), (38, 76), (45, 90)]);
    }

    #[test]
    #[should_panic(expected = "at the second")]
    fn a_panic_of_the_other_thread_is_not_lost() {
        each(&[1, 2, 3], |item| assert!(*item != 2, "at the second"));
    }
}
