//! What a person asks of the data: which periods, which window. Everything else follows from the data.

use fidance_domain::time::Window;

use super::model::PeriodLength;

/// How long a customer counts as active after an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WindowOption {
    /// Chosen from the gaps between purchases.
    Auto,
    /// Given.
    Given(Window),
}

/// The choices behind one report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Question {
    /// Length of the periods.
    pub every: PeriodLength,
    /// Activity window.
    pub window: WindowOption,
}
