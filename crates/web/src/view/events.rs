//! What every event of the register did to returns, alarm or not: one row each, all on one scale.

use askama::Template;
use fidance_app::diagnosis::model::EventEffects;
use i18n_embed_fl::fl;

use super::{
    across::Across,
    cause,
    effect::{EffectView, Names, Scale, Whose, Writer},
    method::Chapter,
    scope,
};
use crate::text::Text;

/// The body of the page.
#[derive(Debug, Template)]
#[template(path = "events.html")]
pub(crate) struct Events<'a> {
    pub(super) t: &'a Text,
    /// Why there is nothing to show.
    empty: Option<Empty>,
    pub(super) rows: Vec<Row>,
    /// What its incidents tell together, where there are any.
    pub(super) across: Option<Across>,
}

/// Why there is no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Empty {
    /// The data have no weekly returns.
    OnlyActivities,
    /// There is no register, or nothing is in it.
    NoRegister,
}

/// One event.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) facts: Vec<String>,
    pub(crate) effects: Vec<EffectView>,
}

impl<'a> Events<'a> {
    pub(crate) fn new(t: &'a Text, effects: Option<&EventEffects>, currency: Option<&'a str>) -> Self {
        let Some(effects) = effects else {
            return Self { t, empty: Some(Empty::OnlyActivities), rows: Vec::new(), across: None };
        };
        let all = effects.events.iter().flat_map(|one| [Some(&one.total), one.exposed.as_ref()]);
        let writer = Writer {
            t,
            currency,
            scale: Scale::of(all.flatten()),
            names: Names::new(effects.events.iter().map(|one| &one.event)),
        };
        let rows = effects.events.iter().enumerate().map(|(index, one)| {
            let mut shown = vec![writer.effect(Whose::Everybody, &one.total)];
            let compared = scope::compared(&one.event);
            shown.extend(one.exposed.as_ref().map(|effect| writer.effect(compared, effect)));
            Row {
                id: format!("event-{index}"),
                title: one.event.title.clone(),
                facts: cause::facts(t, &one.event),
                effects: shown,
            }
        });
        let rows = rows.collect::<Vec<_>>();
        let across =
            effects.across.as_ref().map(|found| Across::new(t, found).with_rows(t, found, &writer.names));
        Self { t, empty: rows.is_empty().then_some(Empty::NoRegister), rows, across }
    }

    fn no_register(&self) -> bool {
        self.empty == Some(Empty::NoRegister)
    }
}
