//! Groups of customers that are counted side by side: everybody, and every value of every segment column.

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
        Self { by_profile, names }
    }

    /// Number of groups, everybody included.
    pub fn len(&self) -> usize {
        self.names.len() + 1
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
        };
        let groups = Groups::new(&segments);
        assert_eq!(groups.len(), 4);
        assert_eq!(groups.of(Profile(1)), [0, 2, 3]);
        assert_eq!(groups.segments().collect::<Vec<_>>(), [(1, 0, 0), (2, 0, 1), (3, 1, 0)]);
    }
}
