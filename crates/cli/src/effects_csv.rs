//! What each incident did to the retention rate of the business, as a table that `fidance dose-response` reads.

use std::fmt::Write;

use fidance_app::dose::PastIncident;

use crate::csv::field;

const COLUMNS: &str = "incident,effect,se,severity,days_to_disclose,communication,remedy,share_exposed";

/// One incident a row, what is not known left empty.
pub(crate) fn render(incidents: &[PastIncident]) -> String {
    let mut text = format!("{COLUMNS}\n");
    for PastIncident { id, effect, standard_error, properties: known } in incidents {
        let written = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.4}"));
        let plain = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        let levels = [known.severity, known.days_to_disclose, known.communication, known.remedy].map(plain);
        let (levels, share) = (levels.join(","), written(known.share_exposed));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{},{effect:.4},{standard_error:.4},{levels},{share}", field(id));
    }
    text
}
