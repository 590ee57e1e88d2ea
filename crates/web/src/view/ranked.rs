//! Segments under one another, each with its change drawn: those under watch, and those that moved the rate.

use fidance_app::watch::model::Figure;

use super::effect::Picture;

/// One segment, drawn.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) column: String,
    pub(crate) change: String,
    pub(crate) picture: Picture,
    pub(crate) tone: Tone,
}

/// How a segment is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Nothing to be told.
    Faint,
    Fall,
    Gain,
}

impl Tone {
    /// Of a change: told where its interval leaves out 0.
    pub(super) fn of(change: &Figure) -> Self {
        if change.high < 0.0 {
            Self::Fall
        } else if change.low > 0.0 {
            Self::Gain
        } else {
            Self::Faint
        }
    }

    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Faint => "faint",
            Self::Fall => "fall",
            Self::Gain => "gain",
        }
    }
}
