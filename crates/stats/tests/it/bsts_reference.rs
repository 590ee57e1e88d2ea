//! The Gaussian mode against R's `CausalImpact` 1.4.1 (bsts 0.9.10), on the data its summaries were printed from.
//!
//! R's figures are themselves draws: 5000 for the `r_reference` files, 1000 for the printed summaries. Point and ends
//! are compared in the table of all references (`reference`); here is what follows from the draws.

use fidance_stats::causal::bsts::Chain;
use fidance_stats::causal::bsts::gaussian::{self, Impact, Options};
use rand_pcg::{Pcg64, rand_core::SeedableRng};

use crate::data::{assert_close, read};
use crate::expected::Expected;

fn fit(y: &[f64], controls: &[Vec<f64>], start: usize, options: &Options) -> Impact {
    gaussian::fit(y, controls, start, options, &mut Pcg64::seed_from_u64(1)).unwrap()
}

/// An output of R with its input: its name, the incident, the season.
#[derive(Clone, Copy)]
pub(crate) struct Fixture {
    pub(crate) name: &'static str,
    start: usize,
    seasons: Option<usize>,
}

pub(crate) const FIXTURES: [Fixture; 5] = [
    Fixture { name: "basic", start: 70, seasons: None },
    Fixture { name: "covariates", start: 70, seasons: None },
    Fixture { name: "no_effect", start: 70, seasons: None },
    Fixture { name: "seasonal", start: 84, seasons: Some(7) },
    Fixture { name: "strong_effect", start: 70, seasons: None },
];

impl Fixture {
    /// Ours, and the file with R's. More draws than R's, so that what is compared is R's own chance alone.
    pub(crate) fn impact(self) -> Option<(Impact, Expected)> {
        let file = Expected::read(&format!("statistics/causalimpact_r/r_reference_{}.json", self.name))?;
        let controls: Vec<Vec<f64>> = ["x1", "x2"].into_iter().filter_map(|x| file.known(&[x])).collect();
        let chain = Chain { draws: 20_000, burn_in: 500 };
        let options = Options { seasons: self.seasons, chain, ..Options::default() };
        Some((fit(&file.numbers(&["y"]), &controls, self.start, &options), file))
    }
}

/// A printed summary: the data, the incident, and R's figures. The defaults of `CausalImpact`, without season: also for
/// `volks`, whose arguments R's summary does not tell.
#[derive(Clone, Copy)]
pub(crate) struct Summary {
    pub(crate) name: &'static str,
    separator: char,
    y: usize,
    controls: &'static [usize],
    pub(crate) start: usize,
    /// Point, standard deviation, ends of the average effect.
    pub(crate) average: [f64; 4],
    /// The same of the sum.
    pub(crate) cumulative: [f64; 4],
    /// Relative effect, and what R's rounding may hide of it.
    pub(crate) relative: [f64; 2],
    pub(crate) p_value: f64,
}

pub(crate) const VOLKSWAGEN: Summary = Summary {
    name: "volks",
    separator: ' ',
    y: 1,
    controls: &[2, 3],
    start: 246,
    average: [-44.0, 5.6, -55.0, -33.0],
    cumulative: [-3496.0, 438.5, -4338.0, -2571.0],
    relative: [-0.26, 0.005],
    p_value: 0.001_06,
};

pub(crate) const SUMMARIES: [Summary; 5] = [
    Summary {
        name: "arma",
        separator: ',',
        y: 0,
        controls: &[1],
        start: 70,
        average: [0.89, 0.3, 0.27, 1.5],
        cumulative: [26.67, 9.1, 7.99, 44.4],
        relative: [0.0074, 0.000_05],
        p_value: 0.003_01,
    },
    // Three nearly collinear controls: a coordinate at a time gives -830 to -980.
    Summary {
        name: "comparison",
        separator: ',',
        y: 1,
        controls: &[2, 3, 4],
        start: 90,
        average: [-657.0, 736.0, -2076.0, 832.0],
        cumulative: [-11_831.0, 13_248.0, -37_371.0, 14_971.0],
        relative: [-0.0083, 0.000_05],
        p_value: 0.200_61,
    },
    Summary {
        name: "google",
        separator: ',',
        y: 0,
        controls: &[1, 2],
        start: 61,
        average: [27.0, 4.5, 18.0, 36.0],
        cumulative: [804.0, 134.2, 539.0, 1073.0],
        relative: [0.21, 0.005],
        p_value: 0.001,
    },
    VOLKSWAGEN,
    Summary {
        name: "basque",
        separator: ',',
        y: 1,
        controls: &[2],
        start: 21,
        average: [-0.76, 0.31, -1.4, -0.2],
        cumulative: [-16.75, 6.89, -30.0, -4.3],
        relative: [-0.088, 0.000_5],
        p_value: 0.004_13,
    },
];

impl Summary {
    /// The series and its controls.
    pub(crate) fn data(self) -> Option<(Vec<f64>, Vec<Vec<f64>>)> {
        let text = read(&format!("statistics/causalimpact_r/tf_{}_data.csv", self.name))?;
        let number = |line: &str, index: usize| -> f64 {
            line.split(self.separator).nth(index).unwrap().trim_matches('"').parse().unwrap()
        };
        let column = |index: usize| text.lines().skip(1).map(|line| number(line, index)).collect();
        Some((column(self.y), self.controls.iter().map(|&index| column(index)).collect()))
    }

    pub(crate) fn impact(self) -> Option<Impact> {
        let (y, controls) = self.data()?;
        Some(fit(&y, &controls, self.start, &Options::default()))
    }
}

#[test]
fn sums_are_of_the_same_draws() {
    let Some(impact) = SUMMARIES[0].impact() else { return };
    let periods = impact.pointwise.len() as f64;
    assert_close(impact.cumulative.value, impact.average.value * periods, 1e-9);
    assert_close(impact.running.last().unwrap().value, impact.cumulative.value, 1e-9);
}

#[test]
fn collinear_controls_share_the_weight() {
    let Some(impact) = SUMMARIES[1].impact() else { return };
    assert!(impact.inclusion.iter().all(|&share| share > 0.3 && share < 0.97), "{:?}", impact.inclusion);
}
