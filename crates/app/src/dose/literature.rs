//! What is published on the loss of customers after incidents, and what of it may stand in for incidents of one's own.
//!
//! Only figures with a source that can be looked up. Most are no estimate of an effect at all: surveys and stock prices
//! say nothing of customers kept. What each may be used for stands beside it; `docs/statistics/dose-response.md` shows the same table.

use fidance_stats::meta::CoefficientPrior;

use super::model::{EffectUnit, Factor};

/// A published finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// Authors and title or firm.
    pub source: &'static str,
    /// When.
    pub date: &'static str,
    /// Of whom.
    pub population: &'static str,
    /// What was found.
    pub figure: &'static str,
    /// What it may be used for here.
    pub may_be_used_for: &'static str,
}

/// All of them.
pub const FINDINGS: &[Finding] = &[
    Finding {
        source: "TalkTalk, results after the attack of October 2015",
        date: "2015",
        population: "about 4 million customers of a British telecom, 157,000 of them exposed",
        figure: "101,000 customers lost in the quarter, 95,000 of them attributed by the firm: 2.4 to 2.5 points",
        may_be_used_for: "the prior on severity: the upper end of what a large public breach cost",
    },
    Finding {
        source: "Medibank, results after the theft of customers' data",
        date: "2022",
        population: "about 2 million policies of an Australian health insurer",
        figure: "13,000 policies fewer, net: 0.65 points; recovered by the end of the year",
        may_be_used_for: "the prior on severity",
    },
    Finding {
        source: "Kwon and Johnson, Production and Operations Management",
        date: "data of 2010 to 2017",
        population: "1,766 American hospitals",
        figure: "2.1 % fewer admissions, 0.28 % of the market's share",
        may_be_used_for: "the prior on severity: the lower end",
    },
    Finding {
        source: "Nikkhah and Grover, MIS Quarterly 46(4)",
        date: "2022",
        population: "204 letters, a survey of 811, an event study of 166",
        figure: "compensation no better than an apology; depends on the time of the response; gone after six months",
        may_be_used_for: "the prior on remedy: no direction",
    },
    Finding {
        source: "Goode et al., on the PlayStation Network",
        date: "2017",
        population: "customers of Sony after the breach of 2011",
        figure: "more compensation than expected lowers the will to buy again",
        may_be_used_for: "the prior on remedy: no direction",
    },
    Finding {
        source: "Janakiraman, Lim and Rishika, Journal of Marketing 82(2)",
        date: "2018",
        population: "customers of one retailer, affected against others",
        figure: "spending falls and moves to channels that were not breached, less for frequent customers",
        may_be_used_for: "the design: affected customers against others; no figure",
    },
    Finding {
        source: "Turjeman and Feinberg, Marketing Science",
        date: "10.1287/mksc.2019.0208",
        population: "43,000 paying male American users of a site for affairs (earlier version)",
        figure: "searches and messages fall, photos are deleted; recovery is visible by week 3",
        may_be_used_for: "the form: a loss that fades, not a step; no figure",
    },
    Finding {
        source: "Kwon and Johnson, WEIS",
        date: "2015",
        population: "761 matched American hospitals",
        figure: "no effect at short term; a significant one over three years in competitive markets",
        may_be_used_for: "nothing but caution: no effect is a finding too",
    },
    Finding {
        source: "Choi, JMIR e26157",
        date: "2021",
        population: "American hospitals",
        figure: "no effect on productivity",
        may_be_used_for: "nothing but caution: no effect is a finding too",
    },
    Finding {
        source: "SSRN 4029103",
        date: "data of UW Medicine",
        population: "patients of a hospital group",
        figure: "77 % cut their visits by 18 %, visible at 10 months; 9 % went elsewhere",
        may_be_used_for: "nothing here: visits to a hospital are no purchases",
    },
    Finding {
        source: "Ponemon, Cost of a Data Breach",
        date: "2006 to 2019",
        population: "surveyed firms",
        figure: "abnormal churn 2.0 to 3.9 %",
        may_be_used_for: "nothing: a survey, in which no customer was counted",
    },
];

/// What a published range says of one coefficient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LiteraturePrior {
    pub(super) prior: CoefficientPrior,
    pub(super) mean: f64,
    pub(super) standard_deviation: f64,
    pub(super) source: &'static str,
}

/// A large public breach cost 0.3 to 2.5 points a quarter. Severity 3 is such a breach: the middle of the range lies
/// 1.4 below an incident of severity 0, and the standard deviation there is 1.1, twice that of the range.
const RANGE: &str =
    "TalkTalk 2015, Medibank 2022, Kwon and Johnson 2010-2017: 0.3 to 2.5 points after a large public breach";
const NO_DIRECTION: &str =
    "Nikkhah and Grover 2022, Goode et al. 2017: compensation helps, does nothing or harms";

/// The prior on the coefficient of a factor, in points; on that of the intercept for `None`. Absent where nothing is
/// published that could be used: the prior is then flat.
const fn in_points(factor: Option<Factor>) -> Option<(f64, f64, &'static str)> {
    match factor {
        None => Some((0.0, 0.5, RANGE)),
        Some(Factor::Severity) => Some((-0.47, 0.33, RANGE)),
        Some(Factor::Remedy) => Some((0.0, 1.0, NO_DIRECTION)),
        Some(Factor::TimeToDisclose | Factor::Communication | Factor::ShareExposed) => None,
    }
}

/// The spread between incidents in points: scale of a half-normal prior. The published range spans twice that.
const SPREAD: f64 = 1.0;

/// What one point is in log-odds, at a rate of retention: d ln(p/(1−p)) = dp / (p(1−p)).
fn point(unit: EffectUnit, base_retention: Option<f64>) -> Option<f64> {
    match unit {
        EffectUnit::Points => Some(1.0),
        EffectUnit::LogOdds => base_retention.map(|rate| 0.01 / (rate * (1.0 - rate))),
    }
}

/// Whether published points can be turned into this unit.
pub(super) fn is_usable(unit: EffectUnit, base_retention: Option<f64>) -> bool {
    point(unit, base_retention).is_some()
}

/// The prior on a coefficient in this unit.
pub(super) fn prior(
    unit: EffectUnit,
    base_retention: Option<f64>,
    factor: Option<Factor>,
) -> Option<LiteraturePrior> {
    let point = point(unit, base_retention)?;
    let (mean, sd, source) = in_points(factor)?;
    let (mean, standard_deviation) = (mean * point, sd * point);
    let prior = CoefficientPrior::Normal { mean, sd: standard_deviation };
    Some(LiteraturePrior { prior, mean, standard_deviation, source })
}

/// The scale of the prior on the spread between incidents in this unit.
pub(super) fn spread(unit: EffectUnit, base_retention: Option<f64>) -> Option<f64> {
    point(unit, base_retention).map(|point| SPREAD * point)
}
