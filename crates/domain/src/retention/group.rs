//! Groups of customers that are counted side by side: everybody, and every value of every segment column, or every
//! list of customers.

use crate::history::{Profile, Segments};

/// Index of a group; 0 is everybody.
pub type GroupId = u32;

/// Which groups a customer counts in.
///
/// A customer belongs to the segment values of the first activity: an attribute that changes later must not
/// move a customer from one denominator to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    by_profile: Vec<Vec<GroupId>>,
    names: Vec<(usize, usize)>,
    lists: usize,
}

/// The group of all customers.
pub const EVERYBODY: GroupId = 0;

impl Groups {
    /// One group for everybody and one per segment value.
    pub fn new(segments: &Segments) -> Self {
        let mut names = Vec::new();
        let mut offsets = Vec::new();
        for (dimension, values) in segments.values.iter().enumerate() {
            offsets.push(count(&names) + 1);
            names.extend((0..values.len()).map(|value| (dimension, value)));
        }
        let groups_of = |values: &Vec<u32>| {
            let in_segments = offsets.iter().zip(values).map(|(offset, value)| offset + value);
            std::iter::once(EVERYBODY).chain(in_segments).collect()
        };
        let mut by_profile: Vec<Vec<GroupId>> = segments.profiles.iter().map(groups_of).collect();
        if by_profile.is_empty() {
            by_profile.push(vec![EVERYBODY]);
        }
        Self { by_profile, names, lists: 0 }
    }

    /// One group for everybody, and group 1 + j for those who are on list j, whatever the segment values.
    pub fn of_lists(segments: &Segments) -> Self {
        let groups_of = |profile| {
            let lists = (1..).zip(0..segments.lists.len()).filter(|(_, list)| segments.is_on(profile, *list));
            std::iter::once(EVERYBODY).chain(lists.map(|(group, _)| group)).collect()
        };
        let by_profile = (0..).map(Profile).take(segments.memberships.len()).map(groups_of).collect();
        Self { by_profile, names: Vec::new(), lists: segments.lists.len() }
    }

    /// Number of groups, everybody included.
    pub fn len(&self) -> usize {
        self.names.len() + self.lists + 1
    }

    /// There is always the group of everybody.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The groups of a customer.
    #[inline]
    pub fn of(&self, profile: Profile) -> &[GroupId] {
        self.by_profile.get(profile.0 as usize).map_or(&[EVERYBODY], Vec::as_slice)
    }

    /// The segment groups: (group, index of the dimension, index of the value).
    pub fn segments(&self) -> impl Iterator<Item = (GroupId, usize, usize)> + '_ {
        (1..).zip(&self.names).map(|(group, &(dimension, value))| (group, dimension, value))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "segment values are limited to some thousands")]
fn count(names: &[(usize, usize)]) -> GroupId {
    names.len() as GroupId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_counts_once_per_dimension() {
        let segments = Segments {
            dimensions: vec!["country".into(), "plan".into()],
            values: vec![vec!["FR".into(), "BE".into()], vec!["free".into()]],
            profiles: vec![vec![0, 0], vec![1, 0]],
            ..Segments::default()
        };
        let groups = Groups::new(&segments);
        assert_eq!(groups.len(), 4);
        assert_eq!(groups.of(Profile(1)), [0, 2, 3]);
        assert_eq!(groups.segments().collect::<Vec<_>>(), [(1, 0, 0), (2, 0, 1), (3, 1, 0)]);
    }

    #[test]
    fn lists_are_groups_of_their_own_and_change_no_others() {
        let plain = Segments {
            dimensions: vec!["country".into()],
            values: vec![vec!["FR".into(), "BE".into()]],
            profiles: vec![vec![0], vec![1], vec![0], vec![1]],
            ..Segments::default()
        };
        let lists = (0..64).map(|list| list.to_string()).collect();
        let listed = Segments { lists, memberships: vec![0, 1, 1 << 63 | 2, 0], ..plain.clone() };
        assert_eq!(Groups::new(&listed), Groups::new(&plain));
        let groups = Groups::of_lists(&listed);
        assert_eq!(groups.len(), 65);
        let of = |profile| groups.of(Profile(profile)).to_vec();
        assert_eq!([of(0), of(1), of(2), of(3)], [vec![0], vec![0, 1], vec![0, 2, 64], vec![0]]);
        assert_eq!(groups.segments().count(), 0);
        assert_eq!((Groups::of_lists(&plain).len(), Groups::of_lists(&plain).of(Profile(1))), (1, &[0][..]));
    }
}
