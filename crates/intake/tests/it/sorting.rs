//! The sorter against a plain sort in memory, whatever the budget.

use std::collections::BTreeMap;

use fidance_domain::{
    amount::Amount,
    history::{Histories, HistoryVisitor, Micros, Profile, Segments},
    id::CustomerKey,
};
use fidance_intake::{SortedHistories, Sorter};
use proptest::prelude::*;

use crate::tools::{Customer, customers};

type Row = (CustomerKey, Micros, Profile, Amount);

/// Few customers, some with keys that differ only at one end, and many ties in time.
fn rows() -> impl Strategy<Value = Vec<Row>> {
    let key = (prop::sample::select(vec![0, 1, 1 << 56, u64::MAX]), 0_u32..3);
    let row = (key, -3_i64..3, 0_u32..3, -2_i64..2);
    let row = row.prop_map(|((high, low), at, profile, amount)| {
        (CustomerKey { high, low }, at, Profile(profile), Amount::from_steps(amount))
    });
    prop::collection::vec(row, 0..400)
}

fn sorted(rows: &[Row], budget: usize) -> SortedHistories {
    let mut sorter = Sorter::new(budget, std::env::temp_dir());
    for &(customer, at, profile, amount) in rows {
        sorter.push(customer, at, profile, amount).unwrap();
    }
    sorter.finish(Segments::default(), true, 0)
}

/// What a person would write: group, then sort.
fn plainly(rows: &[Row]) -> Vec<Customer> {
    let mut by_customer: BTreeMap<CustomerKey, Vec<(Micros, Profile, Amount)>> = BTreeMap::new();
    for &(customer, at, profile, amount) in rows {
        by_customer.entry(customer).or_default().push((at, profile, amount));
    }
    let customer = |mut rows: Vec<(Micros, Profile, Amount)>| {
        rows.sort_unstable();
        (rows[0].1, rows.iter().map(|(at, _, amount)| (*at, *amount)).collect())
    };
    by_customer.into_values().map(customer).collect()
}

proptest! {
    #[test]
    fn any_budget_gives_the_plain_order(rows in rows(), budget in prop::sample::select(vec![1_usize, 100, 1_000, 5_000, 1 << 20])) {
        let histories = sorted(&rows, budget);
        prop_assert_eq!(customers(&histories), plainly(&rows));
        let extent = histories.extent();
        prop_assert_eq!(extent.map(|extent| extent.rows), (!rows.is_empty()).then_some(rows.len() as u64));
        prop_assert_eq!(extent.map(|extent| extent.first), rows.iter().map(|row| row.1).min());
        prop_assert!(budget > 100 || rows.len() < 10 || histories.is_spilled());
    }
}

#[test]
fn one_customer_with_most_rows_comes_in_pieces() {
    struct Pieces(Vec<usize>, Micros);
    impl HistoryVisitor for Pieces {
        fn begin(&mut self, _: Profile) {}
        fn activities(&mut self, at: &[Micros], _: &[Amount]) {
            assert!(at.is_sorted() && at[0] >= self.1);
            self.1 = at[at.len() - 1];
            self.0.push(at.len());
        }
        fn end(&mut self) {}
    }
    let key = CustomerKey { high: 7 << 56, low: 1 };
    let rows: Vec<Row> =
        (0..100_000).map(|i| (key, (i * 7_919) % 100_003, Profile(0), Amount::ZERO)).collect();
    for budget in [64 << 10, 64 << 20] {
        let mut pieces = Pieces(Vec::new(), Micros::MIN);
        sorted(&rows, budget).visit(7, &mut pieces).unwrap();
        assert_eq!(pieces.0.iter().sum::<usize>(), 100_000);
        assert!(pieces.0.iter().all(|n| *n <= 1024));
    }
}

#[test]
fn parts_are_read_from_several_threads() {
    let rows: Vec<Row> = (0..200_000_u64)
        .map(|i| {
            let high = (i % 5_000).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            (CustomerKey { high, low: 0 }, i.cast_signed() * 31 % 1_000, Profile(0), Amount::ZERO)
        })
        .collect();
    let histories = sorted(&rows, 1 << 20);
    assert!(histories.is_spilled());
    let count = |parts: std::ops::Range<usize>| {
        #[derive(Default)]
        struct Count(usize);
        impl HistoryVisitor for Count {
            fn begin(&mut self, _: Profile) {}
            fn activities(&mut self, at: &[Micros], _: &[Amount]) {
                self.0 += at.len();
            }
            fn end(&mut self) {}
        }
        let mut count = Count::default();
        parts.for_each(|part| histories.visit(part, &mut count).unwrap());
        count.0
    };
    let total = std::thread::scope(|scope| {
        let left = scope.spawn(|| count(0..128));
        count(128..256) + left.join().unwrap()
    });
    assert_eq!(total, 200_000);
}
