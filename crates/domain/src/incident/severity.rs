//! How bad an incident was, from 0 to 3, and the rule where nobody said.

use super::attribute::{Attributes, Confidentiality, DataLoss};

/// How bad an incident was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Hardly anyone is concerned.
    Low,
    /// Some are concerned, without harm.
    Medium,
    /// Many are concerned, or harm is possible.
    High,
    /// Harm is likely.
    Critical,
}

impl Severity {
    /// All of them, from the least.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// 0 to 3.
    pub const fn level(self) -> u8 {
        match self {
            Self::Low => 0,
            Self::Medium => 1,
            Self::High => 2,
            Self::Critical => 3,
        }
    }

    /// From 0 to 3.
    pub const fn from_level(level: u8) -> Option<Self> {
        match level {
            0 => Some(Self::Low),
            1 => Some(Self::Medium),
            2 => Some(Self::High),
            3 => Some(Self::Critical),
            _ => None,
        }
    }

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    const fn worse(self) -> Self {
        match self {
            Self::Low => Self::Medium,
            Self::Medium => Self::High,
            Self::High | Self::Critical => Self::Critical,
        }
    }

    const fn milder(self) -> Self {
        match self {
            Self::Low | Self::Medium => Self::Low,
            Self::High => Self::Medium,
            Self::Critical => Self::High,
        }
    }
}

/// A severity and where it is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assessment {
    /// How bad.
    pub severity: Severity,
    /// Who says so.
    pub basis: SeverityBasis,
}

/// Where a severity is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeverityBasis {
    /// The entry says it.
    Given,
    /// From the rating of the impact on the business.
    Impact,
    /// From the kinds of data and the number of records.
    Data,
}

impl SeverityBasis {
    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Impact => "impact",
            Self::Data => "data",
        }
    }
}

/// VERIS `impact.overall_rating`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImpactRating {
    /// Absorbed by normal work.
    Insignificant,
    /// Felt through having to deal with it.
    Distracting,
    /// Felt in the result.
    Painful,
    /// Serious for the result or for what the business can earn later.
    Damaging,
    /// Ends the business.
    Catastrophic,
}

/// From so many records on, many are concerned.
const MANY: u64 = 100_000;
/// Below so many, hardly anyone is.
const FEW: u64 = 100;

impl Assessment {
    /// As the entry says.
    pub const fn given(severity: Severity) -> Self {
        Self { severity, basis: SeverityBasis::Given }
    }

    /// The rule for entries that do not say it; `None` where nothing tells.
    ///
    /// 1. The rating of the impact, where there is one: insignificant 0, distracting 1, painful 2, damaging and
    ///    catastrophic 3.
    /// 2. Else the data that were or may have been lost: 2 where their loss can harm ([`super::DataKind::is_harmful`]), else 1;
    ///    one more from 100,000 records or customers, one less below 100 and where the loss is only possible. Data
    ///    that are named by nobody say something only by their number.
    pub fn by_rule(
        impact: Option<ImpactRating>,
        attributes: &Attributes,
        customers: Option<u64>,
    ) -> Option<Self> {
        if let Some(rating) = impact {
            let severity = match rating {
                ImpactRating::Insignificant => Severity::Low,
                ImpactRating::Distracting => Severity::Medium,
                ImpactRating::Painful => Severity::High,
                ImpactRating::Damaging | ImpactRating::Catastrophic => Severity::Critical,
            };
            return Some(Self { severity, basis: SeverityBasis::Impact });
        }
        let severity = by_data(attributes.confidentiality.as_ref()?, customers)?;
        Some(Self { severity, basis: SeverityBasis::Data })
    }
}

fn by_data(lost: &Confidentiality, customers: Option<u64>) -> Option<Severity> {
    let number = customers.max(lost.records);
    if lost.loss == DataLoss::None || (lost.data.is_empty() && number.is_none()) {
        return None;
    }
    let harmful = lost.data.iter().any(|data| data.kind.is_harmful());
    let mut severity = if harmful { Severity::High } else { Severity::Medium };
    if number.is_some_and(|number| number >= MANY) {
        severity = severity.worse();
    }
    if number.is_some_and(|number| number < FEW) {
        severity = severity.milder();
    }
    Some(if lost.loss == DataLoss::Possible { severity.milder() } else { severity })
}
