//! The dose-response in a terminal, in the words of the page of events.

use fidance_app::dose::model::DoseResponse;
use fidance_web::words;

use super::{Words, diagnosed::show, layout::Page};

/// Lays it out for a terminal of this width, with styles.
pub(crate) fn render(found: &DoseResponse, words: &Words, width: usize) -> String {
    let mut page = Page::new(width.clamp(40, 160));
    words::dose(&words.pages, found).iter().for_each(|passage| show(&mut page, passage));
    page.finish()
}
