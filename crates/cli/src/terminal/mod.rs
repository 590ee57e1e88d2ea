//! The report in a terminal: what a marketing lead reads first, in the order of the questions asked.
//!
//! Everything is laid out for a given width; styles are escape sequences that the printer removes where the
//! output is not a terminal.

mod customers;
mod diagnosed;
mod dose;
mod incidents;
mod layout;
mod rates;
mod reading;
mod worth;

use fidance_app::report::model::Report;
use fidance_web::text::{Lang, Text};
use i18n_embed::{LanguageLoader, fluent::FluentLanguageLoader};
use rust_embed::RustEmbed;

use self::layout::Page;
pub(crate) use self::{
    diagnosed::render as render_diagnosed, dose::render as render_dose, incidents::render as render_incidents,
};

#[derive(RustEmbed)]
#[folder = "i18n/"]
struct Messages;

/// The sentences of the terminal in one language.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) lang: Lang,
    pub(crate) loader: FluentLanguageLoader,
    /// The sentences that terminal and pages share.
    pub(crate) pages: Text,
}

impl Words {
    /// Loads a language; English stands in for what is missing.
    pub(crate) fn new(lang: Lang) -> anyhow::Result<Self> {
        let loader = FluentLanguageLoader::new("terminal", Lang::En.tag().parse()?);
        loader.load_languages(&Messages, &[lang.tag().parse()?])?;
        loader.set_use_isolating(false);
        Ok(Self { lang, loader, pages: Text::new(lang) })
    }
}

/// Lays the report out for a terminal of this width, with styles.
pub(crate) fn render(report: &Report, words: &Words, width: usize) -> String {
    let mut page = Page::new(width.clamp(40, 160));
    rates::title(&mut page, report, words);
    rates::headline(&mut page, report, words);
    rates::periods(&mut page, report, words);
    rates::segments(&mut page, report, words);
    customers::cohorts(&mut page, report, words);
    customers::survival(&mut page, report, words);
    worth::value(&mut page, report, words);
    reading::read(&mut page, report, words);
    reading::notes(&mut page, report, words);
    page.finish()
}
