//! All segments together, week by week: the evidence of each, who is named by e-BH, since when, and until when.
//!
//! Segments are named with the evidence of all of them in view (`segments::rank`), which is why they step together.
//! That a segment is named implies that the mean of the evidence has reached A, so that the promise of the alarm
//! holds for all segments of a panel together.

use std::ops::Range;

use super::beta_binomial::Count;
use super::edetector::{EDetector, Falls, Null, Threshold};
use super::onset::{JudgedPeriod, locate_among};
use super::part::{GAP, PartRun, PartWeek, Place, Spreads};
use super::segments::rank;

/// Weeks from one fit of steps and scatter to the next.
const REFIT_EVERY: usize = 4;
/// Weeks after which a fall that lasts is the new normal.
const NEW_NORMAL: usize = 26;
/// Weeks that are looked at together to see whether a fall is over.
const RECOVERY_WEEKS: usize = 4;
/// Of a fall, what may be left when it counts as over.
const RECOVERED: f64 = 0.25;

/// What a segment is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reading {
    /// Its own past, everybody's expectation taken as it is.
    Own,
    /// The others in the same week.
    Others,
    /// Both: the smaller of the two evidences. What Fidance uses.
    #[default]
    Both,
}

/// Since when a segment is named.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Named {
    /// The week that named it.
    pub at: usize,
    /// The most likely first week of the fall.
    pub onset: usize,
}

/// A segment after the last week.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PartState {
    /// ln M; while it is named, that of the week that named it. −∞ before there is anything to compare with.
    pub ln_evidence: f64,
    /// Since when it is named; `None` where it is not.
    pub named: Option<Named>,
    /// Since the onset where it is named, else over the last [`GAP`] weeks; `None` where nothing can be compared.
    pub run: Option<PartRun>,
}

/// The segments of a data set, from week to week.
///
/// **Promise.** While every segment's share of the returns is at or above its guarded baseline, or its returns are at or
/// above what is expected of it, the mean number of weeks until any segment is named is at least A.
#[derive(Debug, Clone)]
pub struct Panel {
    threshold: Threshold,
    parts: Vec<Part>,
    weeks: usize,
}

#[derive(Debug, Clone)]
struct Part {
    weeks: Vec<PartWeek>,
    reading: Reading,
    others: EDetector,
    own: EDetector,
    ln_evidence: f64,
    /// Weeks judged since the evidence last began from nothing.
    since: Vec<(usize, JudgedPeriod)>,
    spreads: Option<(usize, Spreads)>,
    /// What is known of its place now.
    place: Option<Place>,
    open: Option<Named>,
    hidden: Vec<Range<usize>>,
    /// Weeks before teach nothing: a lower level is the new normal since.
    from: usize,
    /// How often it was named.
    times: usize,
}

impl Panel {
    /// For so many segments.
    pub fn new(segments: usize, threshold: Threshold, reading: Reading) -> Self {
        Self { threshold, parts: (0..segments).map(|_| Part::new(reading)).collect(), weeks: 0 }
    }

    /// Takes the next week, one entry per segment, and says which are newly named, strongest first.
    pub fn step(&mut self, week: &[PartWeek]) -> Vec<usize> {
        let at = self.weeks;
        self.weeks += 1;
        self.parts.iter_mut().zip(week).for_each(|(part, week)| part.take(at, *week));
        let evidence: Vec<f64> = self.parts.iter().map(|part| part.ln_evidence).collect();
        let mut named = rank(&evidence, self.threshold);
        named.retain(|&index| self.parts[index].open.is_none() && self.parts[index].name(at));
        named
    }

    /// Every segment after the last week.
    pub fn states(&self) -> Vec<PartState> {
        self.parts.iter().map(Part::state).collect()
    }

    /// How often each segment was named so far.
    pub fn times(&self) -> impl Iterator<Item = usize> {
        self.parts.iter().map(|part| part.times)
    }
}

impl Part {
    fn new(reading: Reading) -> Self {
        Self {
            weeks: Vec::new(),
            reading,
            others: EDetector::new().with_falls(Falls::KEPT),
            own: EDetector::new().with_falls(Falls::KEPT),
            ln_evidence: f64::NEG_INFINITY,
            since: Vec::new(),
            spreads: None,
            place: None,
            open: None,
            hidden: Vec::new(),
            from: 0,
            times: 0,
        }
    }

    fn take(&mut self, at: usize, week: PartWeek) {
        self.weeks.push(week);
        if let Some(open) = self.open {
            self.close(open, at);
            return;
        }
        self.learn(at);
        let Some(judged) = self.place.and_then(|place| place.judge(&week)) else { return };
        let update = |detector: &mut EDetector, (null, count): (Null, Count)| detector.update(&null, count);
        self.ln_evidence = match self.reading {
            Reading::Own => update(&mut self.own, judged.own),
            Reading::Others => update(&mut self.others, judged.others),
            Reading::Both => update(&mut self.own, judged.own).min(update(&mut self.others, judged.others)),
        };
        let (null, count) = judged.others;
        self.since.push((at, JudgedPeriod { null, count }));
    }

    fn learn(&mut self, at: usize) {
        let known = self.spreads.filter(|(fitted, _)| at < fitted + REFIT_EVERY).map(|(_, spreads)| spreads);
        self.place = Place::learn(&self.weeks, at, self.from, &self.hidden, known);
        if let (None, Some(place)) = (known, &self.place) {
            self.spreads = Some((at, place.spreads()));
        }
    }

    /// Opens an episode; `false` where the fall cannot be dated.
    fn name(&mut self, at: usize) -> bool {
        let judged: Vec<JudgedPeriod> = self.since.iter().map(|(_, judged)| *judged).collect();
        let onset = locate_among(&judged, Falls::KEPT).and_then(|onset| self.since.get(onset.period));
        let Some(onset) = onset.map(|(week, _)| *week) else { return false };
        self.open = Some(Named { at, onset });
        self.times += 1;
        // The week before may have begun to fall.
        self.hidden.push(onset.saturating_sub(1)..usize::MAX);
        self.learn(at);
        true
    }

    /// Ends the episode where the fall is over, or has lasted long enough to be what is expected.
    fn close(&mut self, open: Named, at: usize) {
        let left = |from: usize| {
            let run = self.place?.run(self.weeks.get(from..)?)?;
            Some(1.0 - run.returned as f64 / run.expected)
        };
        let first = (at + 1).saturating_sub(RECOVERY_WEEKS);
        let fall = self.place.and_then(|place| place.run(self.weeks.get(open.onset..=open.at)?));
        let fall = fall.map(|run| 1.0 - run.returned as f64 / run.expected);
        let recovered = first > open.at
            && matches!((fall, left(first)), (Some(fall), Some(left)) if left <= RECOVERED * fall);
        let lasting = at + 1 >= open.onset + NEW_NORMAL;
        if !recovered && !lasting {
            return;
        }
        self.hidden.pop();
        if recovered {
            self.hidden.push(open.onset.saturating_sub(1)..first);
        } else {
            self.from = open.onset;
        }
        self.open = None;
        self.ln_evidence = f64::NEG_INFINITY;
        self.others.restart();
        self.own.restart();
        self.since.clear();
        self.spreads = None;
    }

    fn state(&self) -> PartState {
        let first = self.open.map_or_else(|| self.weeks.len().saturating_sub(GAP), |open| open.onset);
        let run = self.place.and_then(|place| place.run(self.weeks.get(first..)?));
        PartState { ln_evidence: self.ln_evidence, named: self.open, run }
    }
}
