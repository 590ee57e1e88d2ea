//! Segments under watch: which are named, and how each stands against all other customers.

use fidance_app::watch::model::{SegmentWatch, Watch};
use i18n_embed_fl::fl;

use super::{
    effect::Scale,
    estimate::{between, change, fewer},
    figure::{Table, TableRow},
    ranked::{Row, Tone},
    segments::segment_name,
    watched::written,
};
use crate::text::Text;

/// Segments drawn where none is named, and at least where some are.
const DRAWN: usize = 8;
/// Rows of the table; the others are in the JSON.
const MOST_ROWS: usize = 40;

/// The part of the alarm page about segments.
#[derive(Debug)]
pub(crate) struct SegmentsWatch {
    /// What stands out, or that nothing does.
    pub(crate) said: Vec<String>,
    pub(crate) named: bool,
    pub(crate) rows: Vec<Row>,
    /// Absent where there is nothing to compare.
    pub(crate) table: Option<Table>,
    pub(crate) left_out: Option<String>,
}

impl SegmentsWatch {
    pub(crate) fn new(t: &Text, watch: &Watch) -> Self {
        let segments = &watch.segments;
        let named = watch.named().count();
        let drawn = segments.iter().take(DRAWN.max(named.min(MOST_ROWS)));
        let scale = Scale::over(drawn.clone().map(|segment| &segment.relative));
        let rows = drawn.map(|segment| row(t, segment, scale)).collect();
        let left_out = segments.len().saturating_sub(MOST_ROWS);
        let said = if segments.is_empty() {
            vec![fl!(t, "segment-watch-empty")]
        } else if named == 0 {
            vec![fl!(
                t,
                "segment-watch-calm",
                n = segments.len(),
                count = t.lang().count(segments.len() as u64)
            )]
        } else {
            sentences(t, watch)
        };
        Self {
            said,
            named: named > 0,
            rows,
            table: (!segments.is_empty()).then(|| table(t, watch)),
            left_out: (left_out > 0)
                .then(|| fl!(t, "segments-left-out", n = left_out, count = t.lang().count(left_out as u64))),
        }
    }
}

/// Line of the state where segments are named.
pub(super) fn remark(t: &Text, watch: &Watch) -> Option<String> {
    let first = name(t, watch.named().next()?);
    Some(match watch.named().count() {
        1 => fl!(t, "segment-watch-one", segment = first),
        several => {
            fl!(t, "segment-watch-several", count = t.lang().count(several as u64), segment = first)
        }
    })
}

/// A sentence for each segment that is named, up to some: how much it fell, and since when.
pub(super) fn sentences(t: &Text, watch: &Watch) -> Vec<String> {
    watch.named().take(DRAWN).map(|segment| sentence(t, segment)).collect()
}

fn name(t: &Text, segment: &SegmentWatch) -> String {
    fl!(t, "condition", values = segment_name(t, &segment.value), column = segment.by.as_str())
}

fn sentence(t: &Text, segment: &SegmentWatch) -> String {
    let (fewer, between) = (fewer(t, &segment.relative), between(t, &segment.relative));
    let since = segment.since.map_or_else(String::new, |since| t.lang().date(since));
    fl!(
        t,
        "segment-watch-named",
        segment = name(t, segment),
        since = since,
        change = fewer,
        between = between
    )
}

fn row(t: &Text, segment: &SegmentWatch, scale: Scale) -> Row {
    let words = change(t, &segment.relative);
    Row {
        name: segment_name(t, &segment.value),
        column: segment.by.clone(),
        picture: scale.picture(words.clone(), &segment.relative),
        change: words,
        tone: if segment.raised { Tone::Fall } else { Tone::Faint },
    }
}

fn table(t: &Text, watch: &Watch) -> Table {
    let lang = t.lang();
    let rows = watch.segments.iter().take(MOST_ROWS).map(|segment| TableRow {
        name: name(t, segment),
        cells: vec![
            change(t, &segment.relative),
            lang.count(segment.returned),
            lang.decimal(segment.expected, 0),
            super::alarm::weeks(t, segment.weeks),
            written(t, Some(segment.evidence)),
            segment.since.map_or_else(
                || fl!(t, "watch-week-quiet"),
                |since| fl!(t, "segment-watch-since", date = lang.date(since)),
            ),
        ],
        faint: false,
    });
    Table {
        caption: fl!(t, "segment-watch-table"),
        columns: vec![
            fl!(t, "segment-watch-column"),
            fl!(t, "segment-watch-change"),
            fl!(t, "watch-observed"),
            fl!(t, "watch-expected"),
            fl!(t, "segment-watch-over"),
            fl!(t, "segment-watch-evidence"),
            fl!(t, "state"),
        ],
        rows: rows.collect(),
        words_at_end: 1,
    }
}
