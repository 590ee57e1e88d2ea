//! The detectors compared, behind one interface.
//!
//! A further method (PELT or BOCPD run online, say) is added by implementing [`Chart`] and naming it in
//! [`comparators`].

use std::cell::OnceCell;

use fidance_stats::change::cusum::Cusum;
use fidance_stats::change::ewma::Ewma;
use fidance_stats::change::laney::ControlLimits;
use fidance_stats::change::{BetaBinomial, Count, EDetector, Null, Share, Threshold};

/// A week as every detector sees it. What only some of them need is computed when asked for.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) count: Count,
    /// What the baseline expects, lowered by its guard where there is one.
    null: Null,
    score: OnceCell<f64>,
    ln_ratios: OnceCell<[f64; 4]>,
}

impl Judged {
    pub(crate) fn new(null: Null, count: Count) -> Self {
        Self { count, null, score: OnceCell::new(), ln_ratios: OnceCell::new() }
    }

    fn law(&self) -> BetaBinomial {
        BetaBinomial::new(self.null.share, self.null.rho)
    }

    pub(crate) fn expected(&self) -> Share {
        self.null.share
    }

    pub(crate) fn pearson(&self) -> f64 {
        self.law().pearson_score(self.count)
    }

    /// The normal score from the mid-P transform.
    pub(crate) fn score(&self) -> f64 {
        *self.score.get_or_init(|| self.law().normal_score(self.count))
    }

    pub(crate) fn ln_ratios(&self) -> [f64; 4] {
        *self.ln_ratios.get_or_init(|| self.null.ln_ratios(self.count))
    }
}

/// A detector that sees one week after another.
pub(crate) trait Chart {
    fn name(&self) -> String;
    /// Takes a week and tells whether it calls an alarm.
    fn alarms(&mut self, week: &Judged) -> bool;
    /// After an alarm.
    fn restart(&mut self);
}

/// p-chart with three standard deviations; `mean` is the share, or `None` for the expected share of the week.
struct PChart {
    mean: Option<f64>,
}

impl Chart for PChart {
    fn name(&self) -> String {
        if self.mean.is_some() { "p-chart 3σ, no season" } else { "p-chart 3σ, seasonal" }.to_owned()
    }

    fn alarms(&mut self, week: &Judged) -> bool {
        let limits = ControlLimits { mean: self.mean.unwrap_or(week.expected().value()), sigma_z: 1.0 };
        week.count.share().is_some_and(|share| share < limits.lower(3.0, week.count.due()))
    }

    fn restart(&mut self) {}
}

#[derive(Clone, Copy)]
enum Score {
    Pearson,
    MidP,
}

impl Score {
    fn of(self, week: &Judged) -> f64 {
        match self {
            Self::Pearson => week.pearson(),
            Self::MidP => week.score(),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Pearson => "Pearson",
            Self::MidP => "mid-P",
        }
    }
}

struct Shewhart(Score);

impl Chart for Shewhart {
    fn name(&self) -> String {
        format!("Shewhart 2.88, {}", self.0.name())
    }

    fn alarms(&mut self, week: &Judged) -> bool {
        self.0.of(week) < -2.88
    }

    fn restart(&mut self) {}
}

struct EwmaChart(Score, Ewma);

impl Chart for EwmaChart {
    fn name(&self) -> String {
        format!("EWMA λ .1 L 2.7, {}", self.0.name())
    }

    fn alarms(&mut self, week: &Judged) -> bool {
        self.1.update(self.0.of(week))
    }

    fn restart(&mut self) {
        self.1.restart();
    }
}

struct CusumChart(Score, Cusum);

impl Chart for CusumChart {
    fn name(&self) -> String {
        format!("CUSUM k .5 h 4.39, {}", self.0.name())
    }

    fn alarms(&mut self, week: &Judged) -> bool {
        self.1.update(self.0.of(week))
    }

    fn restart(&mut self) {
        self.1.restart();
    }
}

struct Alarm {
    name: String,
    threshold: Threshold,
    detector: EDetector,
}

impl Chart for Alarm {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn alarms(&mut self, week: &Judged) -> bool {
        self.threshold.is_reached_by(self.detector.add(week.ln_ratios()))
    }

    fn restart(&mut self) {
        self.detector.restart();
    }
}

fn alarm(name: String, threshold: Option<Threshold>) -> Option<Box<dyn Chart>> {
    Some(Box::new(Alarm { name, threshold: threshold?, detector: EDetector::new() }))
}

/// Alarms at A = 100, 150, 200, 500 periods.
pub(crate) fn thresholds() -> Vec<Box<dyn Chart>> {
    [100.0, 150.0, 200.0, 500.0]
        .into_iter()
        .filter_map(|a| alarm(format!("e-detector A = {a}"), Threshold::one_false_alarm_in(a, 1.0).ok()))
        .collect()
}

/// Alarms with the promise of one false alarm in 2, 5, 10 years.
pub(crate) fn promises() -> Vec<Box<dyn Chart>> {
    [2.0, 5.0, 10.0]
        .into_iter()
        .filter_map(|years| alarm(format!("{years}"), Threshold::one_false_alarm_in(years, 52.0).ok()))
        .collect()
}

/// Everything the alarm is compared with, then the alarm.
pub(crate) fn comparators() -> Vec<Box<dyn Chart>> {
    let mut charts: Vec<Box<dyn Chart>> = vec![
        Box::new(PChart { mean: Some(0.95) }),
        Box::new(PChart { mean: None }),
        Box::new(Shewhart(Score::Pearson)),
    ];
    for score in [Score::Pearson, Score::MidP] {
        if let Ok(ewma) = Ewma::new(0.1, 2.7) {
            charts.push(Box::new(EwmaChart(score, ewma)));
        }
    }
    for score in [Score::Pearson, Score::MidP] {
        if let Ok(cusum) = Cusum::new(0.5, 4.39) {
            charts.push(Box::new(CusumChart(score, cusum)));
        }
    }
    charts.extend(thresholds());
    charts
}
