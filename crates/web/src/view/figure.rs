//! A chart with its legend, its summary in one sentence, and the same figures in a table.
//!
//! The chart is data only: the script draws it with the colours of the style sheet, so that light, dark and
//! paper need no second drawing.

use askama::Template;
use i18n_embed_fl::fl;
use serde::Serialize;

use crate::text::Text;

/// What the script draws.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Chart {
    pub(crate) kind: ChartKind,
    /// Language of the numbers on the axes.
    pub(crate) lang: &'static str,
    /// Labels of the categories; absent on an axis of numbers.
    pub(crate) labels: Option<Vec<String>>,
    /// The same labels in full, for the box that follows the pointer.
    pub(crate) titles: Option<Vec<String>>,
    /// What the axis of numbers counts.
    pub(crate) x_name: Option<String>,
    /// Whether the values are shares.
    pub(crate) percent: bool,
    /// Whether the value axis starts at 0.
    pub(crate) from_zero: bool,
    /// Least value of a logarithmic axis; smaller ones are drawn there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log_from: Option<f64>,
    /// Categories with a tinted ground.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) marked: Option<Vec<bool>>,
    pub(crate) series: Vec<Series>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChartKind {
    #[default]
    Lines,
    Steps,
    Bars,
}

/// One line, or one layer of bars.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Series {
    pub(crate) name: String,
    /// Class that gives the colour: see `chart.css`.
    pub(crate) tone: &'static str,
    /// Positions on an axis of numbers; absent with categories.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) x: Option<Vec<u32>>,
    pub(crate) values: Vec<Option<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) low: Option<Vec<Option<f64>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) high: Option<Vec<Option<f64>>>,
    /// Values as the pointer box writes them, with their interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) written: Option<Vec<String>>,
    /// Which values are not settled: drawn dashed or hatched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unsettled: Option<Vec<bool>>,
}

/// One entry of a legend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    /// Class of the swatch.
    pub(crate) mark: String,
    pub(crate) name: String,
}

impl Key {
    pub(crate) fn new(mark: impl Into<String>, name: impl Into<String>) -> Self {
        Self { mark: mark.into(), name: name.into() }
    }
}

/// A table whose first column names the row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Table {
    pub(crate) caption: String,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<TableRow>,
    /// Columns at the end that hold words, not numbers.
    pub(crate) words_at_end: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct TableRow {
    pub(crate) name: String,
    pub(crate) cells: Vec<String>,
    /// Shown fainter: not counted.
    pub(crate) faint: bool,
}

impl Table {
    /// The first column, the name of the row not counted, that holds words.
    pub(crate) fn words_from(&self) -> usize {
        self.columns.len().saturating_sub(1 + self.words_at_end)
    }
}

/// A chart with everything around it.
#[derive(Debug, Clone, Template)]
#[template(path = "figure.html")]
pub(crate) struct Figure<'a> {
    pub(crate) t: &'a Text,
    /// Unique in the page.
    pub(crate) id: String,
    /// What the chart shows, in one sentence.
    pub(crate) summary: String,
    pub(crate) keys: Vec<Key>,
    pub(crate) data: String,
    /// Class of the height.
    pub(crate) size: &'static str,
    pub(crate) table: Table,
}

impl askama::filters::HtmlSafe for Figure<'_> {}

/// The data of a chart for a `<script>` of JSON: no character in it can end the element.
pub(crate) fn embed(chart: &Chart) -> String {
    let json = serde_json::to_string(chart).unwrap_or_else(|_| "null".to_owned());
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '&' => text.push_str("\\u0026"),
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            _ => text.push(character),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_can_end_the_script_element() {
        let series =
            Series { name: "</script><script>alert(1)</script>&amp;".to_owned(), ..Series::default() };
        let chart =
            Chart { lang: "en", percent: true, from_zero: true, series: vec![series], ..Chart::default() };
        let text = embed(&chart);
        assert!(!text.contains(['<', '>', '&']));
        let back: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(back["series"][0]["name"], "</script><script>alert(1)</script>&amp;");
    }
}
