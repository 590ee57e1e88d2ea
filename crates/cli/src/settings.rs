//! From flags to the definitions of a report, and what only the command line may read: clock and environment.

use fidance_app::report::{question::Question, settings::Settings};
use fidance_domain::history::Micros;
use fidance_web::text::Lang;

use crate::args::QuestionArgs;

/// The definitions that the flags give.
pub(crate) fn settings(args: &QuestionArgs) -> Settings {
    let question = Question { every: args.every.into(), window: args.window };
    let usual = Settings::new(question, args.zone());
    Settings {
        brackets: args.brackets.clone().map(|brackets| brackets.0).unwrap_or_default(),
        until: args.until,
        calibrate_to: args.calibrate_to,
        seed: args.seed,
        threads: args.threads.map_or(usual.threads, usize::from),
        ..usual
    }
}

/// The present.
#[expect(clippy::disallowed_methods, reason = "the command line is where time enters")]
pub(crate) fn now() -> Micros {
    jiff::Timestamp::now().as_microsecond()
}

/// The language given, or that of the environment, or English.
#[expect(clippy::disallowed_methods, reason = "the command line is where the environment enters")]
pub(crate) fn language(given: Option<Lang>) -> Lang {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let environment = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(variable);
    given.or_else(|| environment?.split('.').next()?.parse().ok()).unwrap_or(Lang::En)
}
