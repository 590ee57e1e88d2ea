//! Progress of long work, on a terminal only.

use std::time::Duration;

use fidance_intake::{Progress, Stage};
use indicatif::{ProgressBar, ProgressStyle};

/// A bar for reading files.
#[derive(Debug)]
pub(crate) struct Reading {
    bar: ProgressBar,
    stage: Option<(Stage, usize)>,
}

impl Reading {
    pub(crate) fn new() -> Self {
        Self { bar: spinner("looking at the columns"), stage: None }
    }

    /// Shows how far the work is. Where the bar is hidden this costs next to nothing.
    pub(crate) fn show(&mut self, progress: Progress) {
        if self.bar.is_hidden() {
            return;
        }
        let now = (progress.stage, progress.file);
        if self.stage.replace(now) != Some(now) {
            self.begin(progress);
        }
        if let Some((done, all)) = progress.bytes {
            self.bar.set_length(all);
            self.bar.set_position(done);
        }
        self.bar.set_message(format!("{} rows", fidance_web::text::Lang::En.count(progress.rows)));
    }

    fn begin(&mut self, progress: Progress) {
        let name = match progress.stage {
            Stage::Looking => "looking at",
            Stage::Reading => "reading",
            Stage::Sorting => "sorting",
        };
        let file =
            if progress.files > 1 { format!(" {}/{}", progress.file, progress.files) } else { String::new() };
        self.bar.set_prefix(format!("{name}{file}"));
        if progress.bytes.is_some() {
            self.bar.set_style(style("{prefix} {bar:30} {percent:>3} %  {msg}  {eta} left"));
        } else {
            self.bar.set_style(style("{prefix} {spinner} {msg}"));
        }
    }

    pub(crate) fn finish(self) {
        self.bar.finish_and_clear();
    }
}

/// A spinner with a sentence, for work of unknown length.
pub(crate) fn spinner(sentence: &'static str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_style(style("{spinner} {msg}")).with_message(sentence);
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// A bar over a known number of steps.
pub(crate) fn bar(steps: u64, sentence: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(steps).with_style(style("{msg} {bar:30} {percent:>3} %  {eta} left"));
    bar.set_message(sentence);
    bar
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
