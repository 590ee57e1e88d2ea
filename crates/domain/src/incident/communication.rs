//! How customers were told, as a score from −2 to 2, and what was offered to them.
//!
//! The score has two parts that research and the law agree on: who told first, and whether the notice says plainly what
//! happened, to which data, what was done and what to do (article 34 of the GDPR). How soon it came is kept beside it and not
//! in it: in the dose-response it is a factor of its own, and would count twice.

/// How customers were told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Communication {
    /// Who told first.
    pub disclosed_by: Option<DisclosedBy>,
    /// Days from discovery to disclosure, where it was given as a number. Below 0 where others told first.
    pub days_after_discovery: Option<i32>,
    /// In what words.
    pub wording: Option<Wording>,
    /// What the notice names.
    pub content: Content,
    /// A score given by people, which stands before the one from the parts.
    pub given: Option<Score>,
}

/// Who told customers first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DisclosedBy {
    /// The business.
    Company,
    /// Newspapers.
    Press,
    /// Anybody else: an authority, a researcher, the attacker.
    Other,
}

impl DisclosedBy {
    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Press => "press",
            Self::Other => "other",
        }
    }
}

/// How the notice was worded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wording {
    /// It says what is known.
    Plain,
    /// It hedges.
    Vague,
}

impl Wording {
    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Vague => "vague",
        }
    }
}

/// What a notice names; absent where nobody looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Content {
    /// What happened, and when.
    pub what_happened: Option<bool>,
    /// Which data of the reader.
    pub which_data: Option<bool>,
    /// What the business did.
    pub what_was_done: Option<bool>,
    /// What the reader can do.
    pub what_to_do: Option<bool>,
}

impl Content {
    /// In the order of the notice.
    pub const fn parts(self) -> [Option<bool>; 4] {
        [self.what_happened, self.which_data, self.what_was_done, self.what_to_do]
    }

    /// +1 where all that was looked at is named, −1 where at most one of the four is, `None` where nobody looked.
    fn points(self) -> Option<i8> {
        let known: Vec<bool> = self.parts().into_iter().flatten().collect();
        let named = known.iter().filter(|named| **named).count();
        match (known.len(), named) {
            (0, _) => None,
            (known, named) if named == known => Some(1),
            (4, 0 | 1) | (_, 0) => Some(-1),
            _ => Some(0),
        }
    }
}

/// A score of communication: −2 is the worst, 2 the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score(i8);

impl Score {
    /// From −2 to 2.
    pub const fn new(value: i8) -> Option<Self> {
        if value >= -2 && value <= 2 { Some(Self(value)) } else { None }
    }

    /// The number.
    pub const fn value(self) -> i8 {
        self.0
    }
}

/// One part of a score, with its points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Who told first: the business 1, anybody else −1.
    DisclosedBy(DisclosedBy, i8),
    /// What was said: plain words and all of the content 1, vague words or hardly any content −1, where both disagree 0.
    Said(i8),
}

impl Communication {
    /// The score: that of people, else the sum of the parts that are known; `None` where none is.
    pub fn score(&self) -> Option<Score> {
        self.given.or_else(|| {
            let parts = self.parts();
            let points = |part: &Part| match part {
                Part::DisclosedBy(_, points) | Part::Said(points) => *points,
            };
            (!parts.is_empty()).then(|| Score(parts.iter().map(points).sum::<i8>().clamp(-2, 2)))
        })
    }

    /// The parts that are known.
    pub fn parts(&self) -> Vec<Part> {
        let who = self
            .disclosed_by
            .map(|who| Part::DisclosedBy(who, if who == DisclosedBy::Company { 1 } else { -1 }));
        let wording = self.wording.map(|wording| if wording == Wording::Plain { 1 } else { -1 });
        let said = match (wording, self.content.points()) {
            (None, None) => None,
            (wording, content) => Some((wording.unwrap_or(0) + content.unwrap_or(0)).signum()),
        };
        who.into_iter().chain(said.map(Part::Said)).collect()
    }
}

/// What was offered to those concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Remedy {
    /// Passwords were reset for them.
    Reset,
    /// A person could be reached.
    Support,
    /// Money or points to spend.
    Voucher,
    /// What they lost was given back.
    Refund,
    /// Somebody watches whether their data are used.
    Monitoring,
    /// Anything else.
    Other,
}

impl Remedy {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Reset, Self::Support, Self::Voucher, Self::Refund, Self::Monitoring, Self::Other];

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Support => "support",
            Self::Voucher => "voucher",
            Self::Refund => "refund",
            Self::Monitoring => "monitoring",
            Self::Other => "other",
        }
    }
}
