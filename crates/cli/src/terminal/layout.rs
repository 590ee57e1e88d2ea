//! Lines, wrapped paragraphs and tables of a given width.

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

/// Bold, for what is looked for.
pub(super) const STRONG: Style = Style::new().bold();
/// Dim, for what is looked up.
pub(super) const FAINT: Style = Style::new().dimmed();
/// Headings.
pub(super) const HEADING: Style = AnsiColor::Cyan.on_default().bold();
/// A figure that got better.
pub(super) const BETTER: Style = AnsiColor::Green.on_default();
/// A figure that got worse.
pub(super) const WORSE: Style = AnsiColor::Red.on_default();

/// Text with a style around it.
pub(super) fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// A page under construction.
#[derive(Debug)]
pub(super) struct Page {
    width: usize,
    text: String,
}

impl Page {
    pub(super) fn new(width: usize) -> Self {
        Self { width, text: String::new() }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    /// One line as it is.
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// A heading with an empty line before it.
    pub(super) fn heading(&mut self, heading: &str) {
        self.line("");
        self.line(&styled(HEADING, heading));
    }

    /// A paragraph, wrapped at spaces and indented by two.
    pub(super) fn paragraph(&mut self, style: Style, text: &str) {
        self.wrapped("  ", "  ", style, text);
    }

    /// An entry of a list: its further lines stand under its first word.
    pub(super) fn item(&mut self, text: &str) {
        self.wrapped("  - ", "    ", Style::new(), text);
    }

    /// What belongs to the entry above it.
    pub(super) fn under_item(&mut self, style: Style, text: &str) {
        self.wrapped("    ", "    ", style, text);
    }

    /// Both indents are equally wide.
    fn wrapped(&mut self, first: &str, further: &str, style: Style, text: &str) {
        let room = self.width.saturating_sub(first.len()).max(20);
        let mut indent = first;
        let mut line = String::new();
        for word in text.split(' ') {
            if !line.is_empty() && width(&line) + 1 + width(word) > room {
                self.line(&format!("{indent}{}", styled(style, &line)));
                indent = further;
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.line(&format!("{indent}{}", styled(style, &line)));
    }

    /// A table; columns that do not fit are left out, the least important first.
    pub(super) fn table(&mut self, table: &Table) {
        let columns = table.fitting(self.width.saturating_sub(2));
        let row = |cells: &[Cell], header: bool| {
            let written = columns.iter().map(|&(index, width)| {
                let cell = cells.get(index).cloned().unwrap_or_default();
                let left = table.columns.get(index).is_some_and(|column| column.left);
                let padded = pad(&cell.text, width, left);
                let style = if header { FAINT } else { cell.style };
                if style == Style::new() { padded } else { styled(style, &padded) }
            });
            format!("  {}", written.collect::<Vec<_>>().join("  "))
        };
        let names: Vec<Cell> = table.columns.iter().map(|column| Cell::plain(column.name.clone())).collect();
        if names.iter().any(|name| !name.text.is_empty()) {
            self.line(&row(&names, true));
        }
        for cells in &table.rows {
            self.line(&row(cells, false));
        }
    }
}

/// A table to be laid out.
#[derive(Debug, Default)]
pub(super) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

#[derive(Debug)]
struct Column {
    name: String,
    left: bool,
    /// 0 is never left out.
    dispensable: u8,
}

/// One cell.
#[derive(Debug, Clone, Default)]
pub(super) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), style: Style::new() }
    }

    pub(super) fn styled(style: Style, text: impl Into<String>) -> Self {
        Self { text: text.into(), style }
    }
}

impl Table {
    /// Adds a column aligned left.
    pub(super) fn left(mut self, name: impl Into<String>, dispensable: u8) -> Self {
        self.columns.push(Column { name: name.into(), left: true, dispensable });
        self
    }

    /// Adds a column aligned right.
    pub(super) fn right(mut self, name: impl Into<String>, dispensable: u8) -> Self {
        self.columns.push(Column { name: name.into(), left: false, dispensable });
        self
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// The columns that fit, with their widths. Empty columns are left out.
    fn fitting(&self, room: usize) -> Vec<(usize, usize)> {
        let width_of = |index: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(index)).map(|cell| width(&cell.text));
            let widest = cells.max().unwrap_or(0);
            let name = self.columns.get(index).map_or(0, |column| width(&column.name));
            if widest == 0 { 0 } else { widest.max(name) }
        };
        let mut kept: Vec<(usize, usize)> = (0..self.columns.len())
            .map(|index| (index, width_of(index)))
            .filter(|&(_, width)| width > 0)
            .collect();
        let total = |kept: &[(usize, usize)]| kept.iter().map(|(_, width)| width + 2).sum::<usize>();
        while total(&kept) > room + 2 {
            let dispensable = |index: usize| self.columns.get(index).map_or(0, |column| column.dispensable);
            let Some(worst) =
                kept.iter().map(|&(index, _)| dispensable(index)).max().filter(|&worst| worst > 0)
            else {
                break;
            };
            kept.retain(|&(index, _)| dispensable(index) != worst);
        }
        kept
    }
}

fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

fn pad(text: &str, to: usize, left: bool) -> String {
    let space = " ".repeat(to.saturating_sub(width(text)));
    if left { format!("{text}{space}") } else { format!("{space}{text}") }
}

/// A share as a bar of eighths of a character.
pub(super) fn bar(share: f64, characters: usize) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share times a small width"
    )]
    let eighths = (share.clamp(0.0, 1.0) * characters as f64 * 8.0).round() as usize;
    let part = PARTS.get(eighths % 8).copied().unwrap_or("");
    format!("{}{part}", "█".repeat(eighths / 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_give_way_in_order_and_never_the_first() {
        let mut table =
            Table::default().left("period", 0).right("TRC", 0).right("interval", 2).right("end", 1);
        table.row(["March 1998", "76.4%", "75.1 to 77.8", "3,817"].map(Cell::plain).to_vec());
        let shown = |width| {
            let mut page = Page::new(width);
            page.table(&table);
            page.finish()
        };
        assert!(shown(60).contains("75.1 to 77.8"));
        assert!(!shown(32).contains("75.1 to 77.8") && shown(32).contains("3,817"));
        assert!(shown(10).contains("March 1998") && !shown(10).contains("3,817"));
    }

    #[test]
    fn an_entry_stands_out_by_its_dash_alone_and_what_belongs_to_it_is_under_it() {
        let mut page = Page::new(30);
        page.item("everybody: 14% fewer returns than expected");
        page.under_item(Style::new(), "other methods: −15%");
        let lines = ["  - everybody: 14% fewer", "    returns than expected", "    other methods: −15%", ""];
        assert_eq!(page.finish(), lines.join("\n"));
    }

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        assert_eq!(bar(0.5, 8), "████");
        assert_eq!(bar(0.0, 8), "");
        assert_eq!(bar(1.5, 2), "██");
    }
}
