//! Lists of customers, looked up in a lake: ids become pseudonyms, pseudonyms persons.
//!
//! Who of a list is a customer at all, no table says: a customer may have come under several ids, or with events that
//! are no activities. So the lake is read once, by the very way it is read later, with the place on the list in place
//! of the profile.

use fidance_domain::{
    amount::Amount,
    history::{DayVisitor, Marked, Profile},
    list::{CustomerLists, Member},
    time::{Day, Days, date_of},
};

use super::LakeHistories;
use crate::{config::Pseudonyms, customers::PartProfiles, error::LakeError, walk::profile_of};

impl LakeHistories {
    /// With these lists of customers, where there were none: see
    /// [`Segments::lists`](fidance_domain::history::Segments::lists). A person whom several ids were merged into is on
    /// the lists of all of them.
    ///
    /// # Errors
    /// Where the lake cannot be read.
    pub fn with_lists(self, lists: &CustomerLists, pseudonyms: &Pseudonyms) -> Result<Self, LakeError> {
        self.with(lists, |key| pseudonyms.of(key))
    }

    /// The same with lists of pseudonyms, as a server keeps them.
    ///
    /// # Errors
    /// Where the lake cannot be read.
    pub fn with_listed(self, lists: &CustomerLists<i64>) -> Result<Self, LakeError> {
        self.with(lists, |pseudonym| pseudonym)
    }

    fn with<Id: Copy + Ord>(
        mut self,
        lists: &CustomerLists<Id>,
        pseudonym: impl Fn(Id) -> i64,
    ) -> Result<Self, LakeError> {
        let links = self.snapshot.links.clone();
        let person = |id| links.person(pseudonym(id));
        let listed = lists.listed(person);
        let mut parts: Vec<Vec<(i64, u64)>> = vec![Vec::new(); self.profiles.len()];
        for &(person, on) in &listed {
            if let Some(part) = parts.get_mut(self.part_of(person)) {
                part.push((person, on));
            }
        }
        let mut known = self.known(&parts)?;
        lists.enter(&mut self.segments, person, &mut known);
        let mut parts: Vec<PartProfiles> = vec![Vec::new(); self.profiles.len()];
        for member in known {
            if let Some(part) = parts.get_mut(self.part_of(member.id)) {
                part.push((member.id, member.profile));
            }
        }
        for (profiles, members) in
            self.profiles.iter_mut().zip(parts).filter(|(_, members)| !members.is_empty())
        {
            profiles.retain(|(customer, _)| profile_of(&members, *customer).is_none());
            profiles.extend(members);
            profiles.sort_unstable();
        }
        Ok(self)
    }

    /// The part that hands over a person.
    fn part_of(&self, person: i64) -> usize {
        if self.is_moved(person) {
            self.snapshot.buckets.len()
        } else {
            usize::from(self.snapshot.config.bucket_of(person))
        }
    }

    /// Who of the listed persons, given by part, has an activity, in order and with the profile of the segment values.
    fn known(&mut self, listed: &[Vec<(i64, u64)>]) -> Result<Vec<Member<i64>>, LakeError> {
        let Some(extent) = self.extent else { return Ok(Vec::new()) };
        let date = |at| date_of(&self.snapshot.zone, at);
        let days = Days::new(&self.snapshot.zone, date(extent.first), date(extent.until - 1));
        let places =
            |part: &Vec<(i64, u64)>| (1..).zip(part).map(|(place, (id, _))| (*id, Profile(place))).collect();
        let places: Vec<PartProfiles> = listed.iter().map(places).collect();
        let profiles = std::mem::replace(&mut self.profiles, places);
        let mut found = Vec::new();
        let mut all = Ok(());
        for (part, listed) in listed.iter().enumerate().filter(|(_, listed)| !listed.is_empty()) {
            let mut seen = Seen {
                marks: vec![0; days.len() as usize],
                places: vec![false; listed.len() + 1],
                current: Profile(0),
            };
            all = self.visit_part(part, &days, extent.until, &mut seen);
            if all.is_err() {
                break;
            }
            let profiles = profiles.get(part).map_or(&[][..], Vec::as_slice);
            let known = listed.iter().zip(seen.places.iter().skip(1)).filter(|(_, seen)| **seen);
            let member = |&(id, lists): &(i64, u64)| Member {
                id,
                profile: profile_of(profiles, id).unwrap_or_default(),
                lists,
            };
            found.extend(known.map(|(listed, _)| member(listed)));
        }
        self.profiles = profiles;
        found.sort_unstable_by_key(|member| member.id);
        all.map(|()| found)
    }
}

/// Notes which profiles have a day.
struct Seen {
    /// No day has a mark: whether there is a day is all that is asked for.
    marks: Vec<u64>,
    places: Vec<bool>,
    current: Profile,
}

impl Seen {
    fn note(&mut self, profile: Profile) {
        if let Some(seen) = self.places.get_mut(profile.0 as usize) {
            *seen = true;
        }
    }
}

impl DayVisitor for Seen {
    fn wants_amounts(&self) -> bool {
        false
    }

    fn begin(&mut self, profile: Profile) {
        self.current = profile;
    }

    fn days(&mut self, days: &[Day], _: &[Amount]) {
        if !days.is_empty() {
            self.note(self.current);
        }
    }

    fn end(&mut self) {}

    fn marks(&self) -> Option<&[u64]> {
        Some(&self.marks)
    }

    fn marked(&mut self, customers: &[Marked]) {
        customers.iter().for_each(|customer| self.note(customer.profile));
    }
}
