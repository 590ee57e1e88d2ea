//! The alarm: did the share of customers kept fall below what was to be expected, since when, and how?
//!
//! One question pages a person: [`EDetector`], whose rate of false alarms is promised and proven under stated
//! conditions. Everything else colours, dates or ranks what it found and promises nothing.
//!
//! | module | question it answers | main entry points |
//! |---|---|---|
//! | [`beta_binomial`] | how likely is a count, given an expected share? | [`BetaBinomial`], [`Count`], [`Share`], [`Overdispersion`] |
//! | [`overdispersion`] | how much more than chance do periods differ? | [`overdispersion::fit`] |
//! | [`baseline`], [`structural`] | what was to be expected? | [`Baseline`](baseline::Baseline), [`PlugIn`](baseline::PlugIn), [`Structural`](structural::Structural) |
//! | [`edetector`] | page someone? | [`EDetector`], [`Threshold`], [`Null`] |
//! | [`cusum`], [`ewma`], [`laney`] | is something drifting? (colour, and for comparison) | [`cusum::Cusum`], [`ewma::Ewma`], [`laney::ControlLimits`] |
//! | [`onset`], [`shape`] | since when, suddenly or gradually? | [`onset::locate`], [`shape::classify`] |
//! | [`completion`] | what does an unfinished period already say? | [`completion::CompletionCurve`] |
//! | [`segments`], [`panel`], [`part`] | which segments carry it, against the others? | [`segments::global`], [`segments::rank`], [`panel::Panel`] |
//! | [`comparator`] | what would others have found? (for the study) | [`comparator::pelt`], [`comparator::Bocpd`] |
//!
//! A period is whatever the caller counts in (weeks, days, months); times are numbers of periods.

pub mod baseline;
pub mod beta_binomial;
pub mod comparator;
pub mod completion;
pub mod cusum;
pub mod edetector;
pub mod ewma;
pub mod laney;
pub(crate) mod numeric;
pub mod onset;
pub mod overdispersion;
pub mod panel;
pub mod part;
pub mod segments;
pub mod shape;
pub mod structural;

pub use beta_binomial::{BetaBinomial, BetaBinomialError, Count, Overdispersion, Share, Tails};
pub use edetector::{EDetector, Falls, Null, Threshold};
