//! The watch and its diagnoses in a terminal, in the words of the pages.

use anstyle::Style;
use fidance_web::words::{self, Passage};

use super::{
    Words,
    layout::{FAINT, Page, STRONG, styled},
};
use crate::commands::diagnose::Diagnosed;

/// Lays out what was found for a terminal of this width, with styles.
pub(crate) fn render(found: &Diagnosed, currency: Option<&str>, words: &Words, width: usize) -> String {
    let mut page = Page::new(width.clamp(40, 160));
    let t = &words.pages;
    words::watch(t, &found.watch, currency).iter().for_each(|passage| show(&mut page, passage));
    for diagnosis in &found.diagnoses {
        page.line("");
        page.line(&styled(STRONG, &diagnosis.alarm.id));
        words::diagnosis(t, diagnosis, currency).iter().for_each(|passage| show(&mut page, passage));
    }
    words::events(t, &found.events, currency).iter().for_each(|passage| show(&mut page, passage));
    page.finish()
}

pub(super) fn show(page: &mut Page, passage: &Passage) {
    page.heading(&passage.heading);
    passage.sentences.iter().for_each(|sentence| page.paragraph(Style::new(), sentence));
    for item in &passage.items {
        page.item(&item.words);
        item.under.iter().for_each(|line| page.under_item(FAINT, line));
    }
}
