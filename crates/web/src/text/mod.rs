//! The two languages of Fidance: which one, its sentences, and how it writes numbers and dates.
//!
//! Sentences are Fluent messages, checked at compile time by `fl!`; numbers and dates are written here in
//! Rust, because Fluent groups no digits and knows no months. The terminal report uses the same functions.

mod date;
mod number;

use std::{ops::Deref, str::FromStr};

use i18n_embed::{LanguageLoader, fluent::FluentLanguageLoader};
use rust_embed::RustEmbed;
use unic_langid::LanguageIdentifier;

pub use number::{PValue, percent_decimals, plain_decimals, rounding_unit};

/// No-break space.
pub const NBSP: char = '\u{a0}';
/// Narrow no-break space, which French sets between thousands and before `%`, `;`, `!` and `?`.
pub const NNBSP: char = '\u{202f}';

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lang {
    /// French.
    Fr,
    /// English.
    En,
}

impl Lang {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::Fr, Self::En];

    /// The tag of the `lang` attribute and of `?lang=`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Fr => "fr",
            Self::En => "en",
        }
    }

    /// What the language calls itself.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::Fr => "Français",
            Self::En => "English",
        }
    }

    fn id(self) -> LanguageIdentifier {
        self.tag().parse().unwrap_or_default()
    }
}

/// A text names no language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the languages are fr and en")]
pub struct LangParseError;

impl FromStr for Lang {
    type Err = LangParseError;

    /// Reads a language tag by its first part: `fr-CA` is French.
    fn from_str(tag: &str) -> Result<Self, LangParseError> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|lang| lang.tag().eq_ignore_ascii_case(primary)).ok_or(LangParseError)
    }
}

#[derive(RustEmbed)]
#[folder = "i18n/"]
struct Messages;

/// The sentences of one language.
#[derive(Debug)]
pub struct Text {
    lang: Lang,
    loader: FluentLanguageLoader,
}

impl Text {
    /// Loads the sentences of a language; English stands in for one that is missing. The embedded files are
    /// read by the compiler (`fl!`) and by the tests, so that nothing is left to fail here.
    pub fn new(lang: Lang) -> Self {
        let loader = FluentLanguageLoader::new("fidance", Lang::En.id());
        if let Err(error) = loader.load_languages(&Messages, &[lang.id()]) {
            eprintln!("fidance: the sentences of the interface cannot be read: {error}");
        }
        loader.set_use_isolating(false);
        Self { lang, loader }
    }

    /// The language.
    pub fn lang(&self) -> Lang {
        self.lang
    }
}

impl Deref for Text {
    type Target = FluentLanguageLoader;

    /// So that `fl!(text, ...)` takes a `Text`.
    fn deref(&self) -> &FluentLanguageLoader {
        &self.loader
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_read_by_its_first_part() {
        assert_eq!("fr-CA".parse(), Ok(Lang::Fr));
        assert_eq!(" EN ".parse(), Ok(Lang::En));
        assert_eq!("de".parse::<Lang>(), Err(LangParseError));
        assert_eq!("".parse::<Lang>(), Err(LangParseError));
    }
}
