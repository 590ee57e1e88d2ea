//! The alarm, a diagnosis and the effects of events as plain passages: what the pages say, for whoever shows text only.

use i18n_embed_fl::fl;

use super::{
    across::Across, alarm::Alarms, diagnosis::DiagnosisView, effect::EffectView, events::Events,
    headline::Fact, method::each_once,
};
use crate::text::Text;

/// A heading and what is said under it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Passage {
    /// The heading.
    pub heading: String,
    /// Sentences, each a paragraph.
    pub sentences: Vec<String>,
    /// Entries of a list after them.
    pub items: Vec<Item>,
}

/// An entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it says.
    pub words: String,
    /// A line under it.
    pub under: Option<String>,
}

impl From<String> for Item {
    fn from(words: String) -> Self {
        Self { words, under: None }
    }
}

impl Passage {
    fn new(heading: impl Into<String>) -> Self {
        Self { heading: heading.into(), ..Self::default() }
    }

    fn with(mut self, sentences: impl IntoIterator<Item = String>) -> Self {
        self.sentences.extend(sentences.into_iter().filter(|sentence| !sentence.is_empty()));
        self
    }

    fn list<I: Into<Item>>(mut self, items: impl IntoIterator<Item = I>) -> Self {
        self.items.extend(items.into_iter().map(Into::into));
        self
    }
}

fn fact(t: &Text, fact: &Fact) -> String {
    let Fact { label, verdict, detail, .. } = fact;
    let detail = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
    fl!(t, "passage-fact", label = label.as_str(), what = format!("{verdict}{detail}"))
}

/// The label with what is said of the effect, and what other methods say of it.
fn effect(t: &Text, effect: &EffectView) -> Item {
    let labelled = |label: String, what: &str| fl!(t, "passage-fact", label = label, what = what);
    let beside = effect.beside.as_ref();
    let kept = effect.kept.as_ref().map_or_else(String::new, |kept| format!(" {kept}."));
    Item {
        words: labelled(effect.label.clone(), &format!("{}{kept}", effect.sentence)),
        under: beside.map(|words| labelled(fl!(t, "effect-second"), words)),
    }
}

impl Alarms<'_> {
    pub(crate) fn passages(&self) -> Vec<Passage> {
        let t = self.t;
        let state = Passage::new(self.title.clone())
            .with([self.lead.clone()])
            .with(self.remark.clone())
            .with(self.running.clone())
            .with(self.promise.clone())
            .list(self.facts.iter().map(|one| fact(t, one)));
        let alarms = self.items.iter().map(|alarm| format!("{}  {}", alarm.id, alarm.sentence));
        let alarms = Passage::new(fl!(t, "alarms-title")).list(alarms);
        let segments = self.segments.as_ref().filter(|segments| segments.table.is_some());
        let segments = segments.map_or_else(Passage::default, |segments| {
            Passage::new(fl!(t, "segment-watch-title")).with(segments.said.iter().cloned())
        });
        [state, alarms, segments]
            .into_iter()
            .filter(|one| !one.sentences.is_empty() || !one.items.is_empty())
            .collect()
    }
}

impl DiagnosisView<'_> {
    pub(crate) fn passages(&self) -> Vec<Passage> {
        let t = self.t;
        let mut passages = vec![
            Passage::new(self.title.clone())
                .with([self.eyebrow.clone(), self.lead.clone(), self.verdict.clone()])
                .with([self.verdict_detail.clone()])
                .list(self.facts.iter().map(|one| fact(t, one))),
        ];
        for cause in &self.causes {
            let said = cause.evidence.iter().flat_map(|(name, found)| {
                found
                    .iter()
                    .map(move |what| fl!(t, "passage-fact", label = name.as_str(), what = what.as_str()))
            });
            passages.push(
                Passage::new(cause.title.clone())
                    .with([format!("{}. {}", cause.standing, cause.standing_detail)])
                    .list(cause.facts.iter().cloned())
                    .list(cause.effects.iter().map(|one| effect(t, one)))
                    .list(said),
            );
        }
        let place =
            Passage::new(fl!(t, "where-title")).with([self.place.clone()]).with(self.place_chance.clone());
        passages.push(place);
        passages.push(Passage::new(fl!(t, "change-title")).list(self.would_change.iter().cloned()));
        passages.push(Passage::new(fl!(t, "next-title")).list(self.next.iter().cloned()));
        let pages = fl!(t, "method-pages");
        // Several of them may be parts of one page.
        let files = each_once(self.how.iter().map(|chapter| chapter.file()));
        let method = Passage::new(fl!(t, "method-title"));
        passages.push(method.list([self.seed.clone(), format!("{pages} {}", files.join(", "))]));
        passages.retain(|one| !one.sentences.is_empty() || !one.items.is_empty());
        passages
    }
}

impl Across {
    pub(crate) fn passages(&self, t: &Text) -> Vec<Passage> {
        let coefficients = self.coefficients.iter();
        let coefficients =
            coefficients.map(|(words, under)| Item { words: words.clone(), under: Some(under.clone()) });
        let told = Passage::new(fl!(t, "dose")).with(self.lead.iter().cloned()).list(coefficients);
        let told = told.list(self.more.iter().chain(&self.notes).cloned());
        let left_out = Passage::new(fl!(t, "dose-left-out")).list(self.left_out.iter().cloned());
        let priors = Passage::new(fl!(t, "dose-priors")).list(self.priors.iter().cloned());
        [told, left_out, priors]
            .into_iter()
            .filter(|one| !one.sentences.is_empty() || !one.items.is_empty())
            .collect()
    }
}

impl Events<'_> {
    pub(crate) fn passages(&self) -> Vec<Passage> {
        let t = self.t;
        let rows = self.rows.iter().map(|row| {
            Passage::new(row.title.clone())
                .list(row.facts.iter().cloned())
                .list(row.effects.iter().map(|one| effect(t, one)))
        });
        rows.chain(self.across.iter().flat_map(|across| across.passages(t))).collect()
    }
}
