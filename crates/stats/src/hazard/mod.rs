//! Expected returns: how many of the customers who could come back this week were to be expected to, given how
//! recently, how often and for how long each had been buying.
//!
//! It leads the retention rate. A customer counts as lost only when the window of activity has passed; returns below
//! expectation show in the week they fail to happen. And it is not moved by growth: a share of returns among all
//! customers rises with every campaign that brings new ones, expected returns rise with it.
//!
//! [`rolling`]: the estimate for week t uses weeks up to t − gap only, so that a slow decline is not learned as normal; for
//! the alarm. [`frozen`]: all weeks before an origin, none after; for what an incident cost, summed by [`RunReturns`]. Both
//! keep the chances behind the sums, so that any part of the customers can be compared as well.
//!
//! [`Expectation::landmark`]: those who were customers before an origin, by what they were like at that moment. Asked week by
//! week, whoever stays away is soon somebody of whom little is expected; asked of the moment before, the whole of a loss
//! shows.
//!
//! [`Running`]: the week that is not over, by the part of a week's returns that has usually come by now.
//!
//! [`Expectation`] is all of these, week by week, with peaks of the year and weeks that are not learned from. [`Expectation::evidence`]
//! weighs the evidence of a lasting fall. See `docs/statistics/expected-returns.md`.

mod cells;
mod chances;
mod landmark;
mod level;
mod model;
mod run;
mod running;
mod series;
mod table;
mod watch;
mod week;

pub use chances::{CellChances, Expected};
pub use landmark::{Landmark, LandmarkTable};
pub use run::RunReturns;
pub use running::{Completion, Running};
pub use series::{Episode, Expectation, Season, Settings, expected_returns, frozen, rolling};
pub use table::{Exposure, ExposureTable, HazardError};
pub use watch::{WatchedWeek, mixed};
pub use week::WeekReturns;
