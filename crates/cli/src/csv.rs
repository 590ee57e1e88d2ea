//! The report as CSV: one row per period and segment, numbers plain, so that a spreadsheet can take them.

use std::fmt::Write;

use fidance_app::report::model::{PeriodRow, Report, SurvivalCurve};

const PERIOD_COLUMNS: &str = "by,value,start,end,complete,warming_up,s,e,k,l,n,r,n_lost,trc,trc_low,trc_high,trc_formula,revenue,nrr,grr";
const SURVIVAL_COLUMNS: &str = "by,value,t,at_risk,lost,survival,low,high";

/// Periods, or the survival curves where the data have no dates.
pub(crate) fn render(report: &Report) -> String {
    if report.periods.is_empty() { survival(report) } else { periods(report) }
}

fn periods(report: &Report) -> String {
    let mut text = format!("{PERIOD_COLUMNS}\n");
    report.periods.iter().for_each(|row| period(&mut text, ("", ""), row));
    for segment in &report.segments {
        let name = (segment.segment.by.as_str(), segment.segment.value.as_str());
        segment.periods.iter().for_each(|row| period(&mut text, name, row));
    }
    text
}

fn period(text: &mut String, (by, value): (&str, &str), row: &PeriodRow) {
    let counts =
        [row.s, row.e, row.k, row.l, row.n, row.r, row.n_lost].map(|count| count.to_string()).join(",");
    let rates = [row.trc, row.trc_low, row.trc_high, row.trc_formula, row.revenue, row.nrr, row.grr];
    let rates = rates.map(|rate| rate.map_or_else(String::new, |rate| rate.to_string())).join(",");
    let names = format!("{},{}", field(by), field(value));
    let PeriodRow { start, end, complete, warming_up, .. } = row;
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{names},{start},{end},{complete},{warming_up},{counts},{rates}");
}

fn survival(report: &Report) -> String {
    let mut text = format!("{SURVIVAL_COLUMNS}\n");
    report.survival.iter().for_each(|one| curve(&mut text, one));
    text
}

fn curve(text: &mut String, curve: &SurvivalCurve) {
    let (by, value) = curve.segment.as_ref().map_or(("", ""), |segment| (&segment.by, &segment.value));
    let names = format!("{},{}", field(by), field(value));
    for point in &curve.points {
        let (t, at_risk, lost) = (point.t, point.at_risk, point.lost);
        let _ =
            writeln!(text, "{names},{t},{at_risk},{lost},{},{},{}", point.survival, point.low, point.high);
    }
}

/// Quoted where it must be; a leading sign that a spreadsheet would run as a formula is defused.
pub(crate) fn field(text: &str) -> String {
    let text =
        if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_commas_and_do_not_become_formulas() {
        assert_eq!(field("Bourgogne, Jura"), "\"Bourgogne, Jura\"");
        assert_eq!(field("say \"no\""), "\"say \"\"no\"\"\"");
        assert_eq!(field("=HYPERLINK(1)"), "'=HYPERLINK(1)");
    }
}
