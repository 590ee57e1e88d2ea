//! The automatic window: long enough that nearly all who will come back have come back.

use std::num::NonZeroU32;

use fidance_domain::{retention::gap::GapSummary, time::Window};
use fidance_stats::quantile::quantile;

use super::model::WindowChoice;

/// Lengths that people recognise; the window is the first that holds 95 % of the gaps.
const USUAL_DAYS: [u32; 15] = [7, 14, 30, 45, 60, 90, 120, 180, 270, 365, 540, 730, 1095, 1825, 3650];

/// Chooses the window from the gaps between active days; `None` where no customer ever came back.
pub(crate) fn choose(gaps: &GapSummary, data_days: u32) -> (Window, Option<WindowChoice>) {
    let quantile = |share| u32::try_from(quantile(gaps.closed(), share)?).ok();
    let (Some(p50), Some(p90), Some(p95)) = (quantile(0.5), quantile(0.9), quantile(0.95)) else {
        return (days(90), None);
    };
    let wanted = USUAL_DAYS.into_iter().find(|&usual| usual >= p95).unwrap_or(p95);
    // Half of the data at most, or every period would still be warming up.
    let longest = USUAL_DAYS.into_iter().rfind(|&usual| usual <= data_days / 2).unwrap_or(7);
    let chosen = wanted.min(longest);
    let choice = WindowChoice {
        gaps: gaps.closed().iter().sum(),
        p50_days: p50,
        p90_days: p90,
        p95_days: p95,
        days: chosen,
        limited_by_data: chosen < wanted,
    };
    (days(chosen), Some(choice))
}

fn days(n: u32) -> Window {
    Window::Days(NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN))
}
