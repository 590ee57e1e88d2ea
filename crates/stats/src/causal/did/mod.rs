//! Difference in differences: customers known to be affected against customers known not to be.
//!
//! Three estimators for three kinds of data, all resting on parallel trends: without the incident both sides
//! would have moved alike. [`gap`] needs only shares; [`logit`] uses the counts and is the one for retention,
//! because shifts near 100 % are alike on the log-odds scale, not in points; [`group_time`] is for incidents that
//! reach groups at different dates. [`event_time`] shows whether the trends were parallel before, and [`matching`]
//! makes the two sides alike in what they were before; [`landmark`] allows for what that does to sides of different habits.
//! [`stay`] is about the retention rate itself: who of them was still a customer a window later.

pub mod event_time;
pub mod gap;
pub mod group_time;
pub mod landmark;
pub mod logit;
pub mod matching;
pub mod stay;
mod two_way;
