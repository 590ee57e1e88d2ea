//! Whom an event concerns by segment values, in words.

use fidance_app::{
    diagnosis::model::{KnownEvent, KnownScope, ScopeState},
    watch::model::Condition,
};
use i18n_embed_fl::fl;

use super::{effect::Whose, segments::segment_name};
use crate::text::Text;

/// Values of a column that are named; the others are counted.
const MOST_VALUES: usize = 6;

/// Whose returns the comparison of an event is about.
pub(super) fn compared(event: &KnownEvent) -> Whose<'_> {
    let scope = event.scope.as_ref().filter(|scope| scope.is_compared());
    scope.map_or(Whose::Listed, |scope| Whose::Scoped(&scope.conditions))
}

/// Columns with their values: `device: mobile, desktop; country: FR`.
pub(super) fn columns(t: &Text, conditions: &[Condition]) -> String {
    let column = |condition: &Condition| {
        let names = condition.values.iter().map(|value| segment_name(t, value)).collect::<Vec<_>>();
        let (shown, more) = names.split_at(names.len().min(MOST_VALUES));
        let mut values = shown.join(", ");
        if !more.is_empty() {
            let count = t.lang().count(more.len() as u64);
            values = fl!(t, "values-more", values = values, n = more.len(), count = count);
        }
        fl!(t, "scope-column", column = condition.by.as_str(), values = values)
    };
    let both = |first: String, next: String| fl!(t, "scope-and", first = first, next = next);
    conditions.iter().map(column).reduce(both).unwrap_or_default()
}

/// What is said of a scope beside the other facts of an event.
pub(super) fn facts(t: &Text, scope: &KnownScope) -> Vec<String> {
    let mut facts = vec![fl!(t, "event-scope", scope = columns(t, &scope.conditions))];
    facts.extend(match &scope.state {
        ScopeState::Compared => None,
        ScopeState::ListInstead => Some(fl!(t, "event-scope-list")),
        ScopeState::UnknownColumn { by } => Some(fl!(t, "event-scope-no-column", column = by.as_str())),
        ScopeState::UnknownValue { by, value } => {
            Some(fl!(t, "event-scope-no-value", column = by.as_str(), value = value.as_str()))
        }
    });
    facts
}
