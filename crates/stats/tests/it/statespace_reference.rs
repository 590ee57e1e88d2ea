//! State space models against statsmodels 0.15 and Durbin and Koopman (2012), and against plain linear algebra.

use fidance_stats::statespace::{
    Component, InitialState, Noise, ObservationVariance, SimulationSmoother, StateSpace,
};
use nalgebra::{DMatrix, DVector};
use rand_pcg::{Pcg64, rand_core::SeedableRng};

use crate::data::{assert_close, read};

pub(crate) fn column(path: &str, index: usize) -> Option<Vec<f64>> {
    let text = read(path)?;
    Some(text.lines().skip(1).map(|line| line.split(',').nth(index).unwrap().parse().unwrap()).collect())
}

pub(crate) fn nile() -> Option<Vec<f64>> {
    column("statistics/uc/nile.csv", 1)
}

pub(crate) fn noise(observation: f64, states: &[f64]) -> Noise<'_> {
    Noise { observation: ObservationVariance::Constant(observation), states }
}

pub(crate) fn local_level() -> StateSpace {
    StateSpace::new(vec![Component::LocalLevel]).unwrap()
}

/// Durbin and Koopman (2012), section 2.2 and 2.4: variances 15099 and 1469.1, exact diffuse start.
#[test]
fn nile_at_the_published_variances() {
    let Some(y) = nile() else { return };
    let (model, noise) = (local_level(), noise(15_099.0, &[1469.1]));
    let filtered = model.filter(&y, &noise).unwrap();
    assert_close(filtered.log_likelihood.value, -633.464_563_648_878_7, 1e-8);
    assert_close(filtered.log_likelihood.without_diffuse_constant(), -632.545_625, 1e-6);
    let innovations = [1120.0, 40.0, -177.927_839_934_822_03, 137.201_470_472_556_14];
    let variances = [15_099.0, 31_667.1, 24_467.836_379_396_91, 22_349.569_938_700_02];
    for t in 0..4 {
        assert_close(filtered.innovations[t], innovations[t], 1e-8);
        assert_close(filtered.innovation_variances[t], variances[t], 1e-8 * variances[t]);
    }
    assert_close(filtered.states[0][0], 1120.0, 1e-8);
    assert_close(filtered.state[0], 798.370_292_608_357_8, 1e-8);
    assert_close(filtered.state_variances[0], 4_032.157_941_808_783_6, 1e-7);
    let smoothed = model.smooth(&y, &noise).unwrap();
    let first = [
        1_111.668_319_126_795_7,
        1_110.857_664_621_807,
        1_105.265_567_312_387_5,
        1_113.515_601_597_022_4,
        1_112.377_912_873_920_6,
    ];
    for (state, expected) in smoothed.states.iter().zip(first) {
        assert_close(state[0], expected, 1e-8);
    }
    assert_close(smoothed.states[99][0], 798.370_292_608_357_8, 1e-8);
}

/// statsmodels `UnobservedComponents(..., 'llevel')` with `ssm.initialize_diffuse()`, at its own optimum.
#[test]
fn nile_at_the_optimum() {
    let Some(y) = nile() else { return };
    let (model, noise) = (local_level(), noise(15_098.519_029_231_375, &[1_469.176_283_109_627_5]));
    let filtered = model.filter(&y, &noise).unwrap();
    assert_close(filtered.log_likelihood.value, -633.464_563_636_245_8, 1e-8);
    assert_close(filtered.state[0], 798.367_296_875_488_5, 1e-8);
    assert_close(filtered.state_variances[0], 4_032.172_373_254_17, 1e-7);
    let smoothed = model.smooth(&y, &noise).unwrap();
    for (t, expected) in [
        (0, 1_111.668_678_270_864_3),
        (1, 1_110.857_990_794_317_4),
        (2, 1_105.265_491_652_032_6),
        (3, 1_113.516_276_465_971_7),
        (4, 1_112.378_617_416_783),
        (95, 859.504_095_874_52),
        (96, 842.708_060_526_014_8),
        (99, 798.367_296_875_488_5),
    ] {
        assert_close(smoothed.states[t][0], expected, 1e-8);
    }
    assert_close(smoothed.variances[0][0], 4_032.172_373_253_863, 1e-7);
    assert_close(smoothed.variances[50][0], 2_326.777_902_824_825, 1e-7);
    let forecast = model.forecast(&y, &noise, 10).unwrap();
    for (step, expected) in [
        (0, 143.526_540_004_263_44),
        (1, 148.556_534_587_695_15),
        (2, 153.421_707_237_974_3),
        (9, 183.908_820_434_426_4),
    ] {
        assert_close(forecast[step].mean, 798.367_296_875_488_5, 1e-8);
        assert_close(forecast[step].standard_deviation, expected, 1e-8);
    }
}

/// A start with variance 1e6, statsmodels' default.
#[test]
fn nile_with_an_approximate_diffuse_start() {
    let Some(y) = nile() else { return };
    let start = vec![InitialState::Normal { mean: 0.0, variance: 1e6 }];
    let model = local_level().with_initial(start).unwrap();
    let filtered = model.filter(&y, &noise(15_099.0, &[1469.1])).unwrap();
    // statsmodels leaves the first period out of the sum ("burn").
    let first = -0.5 * ((std::f64::consts::TAU * 1_015_099.0).ln() + 1120.0 * 1120.0 / 1_015_099.0);
    assert_close(filtered.log_likelihood.value - first, -632.537_695_047_552_5, 1e-8);
    assert_close(filtered.innovation_variances[0], 1_015_099.0, 1e-6);
    assert_close(filtered.states[0][0], 1_103.340_659_383_961_6, 1e-8);
    let fit = model.fit(&y).unwrap();
    assert_close(fit.observation, 15_108.316_492_796, 15.0);
    assert_close(fit.states[0], 1_463.546_939_417_5, 1.5);
}

#[test]
fn nile_fitted() {
    let Some(y) = nile() else { return };
    let fit = local_level().fit(&y).unwrap();
    println!("nile {fit:?}");
    assert_close(fit.observation, 15_098.52, 15.0);
    assert_close(fit.states[0], 1_469.18, 1.5);
    assert_close(fit.log_likelihood.value, -633.464_564, 1e-6);
}

/// A step at 1899: the level stands still and the step takes it all. Coefficients are states here, variances alone are
/// searched, so the optimum is the restricted one: the error variance is that of least squares.
#[test]
fn nile_with_a_step() {
    let Some(y) = nile() else { return };
    let step: Vec<f64> = (0..100).map(|year| f64::from(u8::from(year >= 28))).collect();
    let model =
        StateSpace::new(vec![Component::LocalLevel, Component::Regression { columns: vec![step] }]).unwrap();
    let fit = model.fit(&y).unwrap();
    println!("step {fit:?}");
    assert!(fit.states[0] < 1e-3 * fit.observation);
    assert_close(fit.observation, 16_300.583_616_78, 16.0);
    let filtered = model.filter(&y, &fit.noise()).unwrap();
    assert_close(filtered.state[1], -247.777_777_8, 0.25);
    assert_close(filtered.state_variances[1].sqrt(), 28.435_201_692, 0.03);
}

/// statsmodels `UnobservedComponents(y, 'lltrend', seasonal=12)`; the optimum is flat, hence 1e-3.
#[test]
fn co2_trend_and_season() {
    let Some(y) = column("statistics/uc/co2_monthly_tail180.csv", 1) else { return };
    let model =
        StateSpace::new(vec![Component::LocalLinearTrend, Component::Seasonal { seasons: 12 }]).unwrap();
    let start = vec![InitialState::Normal { mean: 0.0, variance: 1e6 }; model.dimension()];
    let approximate = model.clone().with_initial(start).unwrap();
    for model in [&model, &approximate] {
        let fit = model.fit(&y).unwrap();
        assert_close(fit.observation, 0.024_827_6, 1e-3 * 0.024_827_6);
        assert_close(fit.states[0], 0.035_856_1, 1e-3 * 0.035_856_1);
        assert!(fit.states[1] < 1e-7 && fit.states[2] < 1e-7, "{fit:?}");
        let forecast = model.forecast(&y, &fit.noise(), 12).unwrap();
        assert_close(forecast[0].mean, 372.042_599, 1e-4);
        assert_close(forecast[11].mean, 372.545_599, 1e-4);
        assert_close(forecast[0].standard_deviation, 0.288_212_86, 1e-4);
        assert_close(forecast[11].standard_deviation, 0.709_773_5, 1e-3);
    }
    let exact = model.fit(&y).unwrap().log_likelihood;
    assert_close(exact.value, -56.666_390, 1e-4);
}

/// The joint normal of a short series by plain algebra: filter, smoother and draws must agree with it.
#[test]
fn a_short_series_agrees_with_the_joint_normal() {
    let periods = 9;
    let z: Vec<f64> = (0..periods).map(|t| f64::from(t * t % 5) - 1.5).collect();
    let components = vec![
        Component::LocalLinearTrend,
        Component::Seasonal { seasons: 4 },
        Component::Trigonometric { period: 6.0, harmonics: 3 },
        Component::Regression { columns: vec![z] },
    ];
    let model = StateSpace::new(components).unwrap();
    let size = model.dimension();
    assert_eq!((size, model.variances()), (2 + 3 + 5 + 1, 4));
    let initial: Vec<InitialState> = (0..size)
        .map(|i| InitialState::Normal { mean: 0.3 * i as f64 - 0.5, variance: 0.4 + 0.1 * i as f64 })
        .collect();
    let model = model.with_initial(initial.clone()).unwrap();
    let states = [0.3, 0.1, 0.2, 0.05];
    let observation: Vec<f64> = (0..9).map(|t| 0.5 + 0.1 * f64::from(t)).collect();
    let noise = Noise { observation: ObservationVariance::PerPeriod(&observation), states: &states };
    let mut y: Vec<f64> = (0..9).map(|t| f64::from(t * 7 % 5) * 0.7 + 1.0).collect();
    y[3] = f64::NAN;

    let plain = plain_posterior(&model, &initial, &states, &observation, &y);
    let filtered = model.filter(&y, &noise).unwrap();
    assert_close(filtered.log_likelihood.value, plain.log_likelihood, 1e-9);
    let smoothed = model.smooth(&y, &noise).unwrap();
    for t in 0..9 {
        for i in 0..size {
            assert_close(smoothed.states[t][i], plain.mean[t * size + i], 1e-9);
            assert_close(smoothed.variances[t][i], plain.covariance[(t * size + i, t * size + i)], 1e-9);
        }
    }

    let mut smoother = SimulationSmoother::new(&model, 9);
    let mut rng = Pcg64::seed_from_u64(5);
    let draws = 20_000;
    let (mut sum, mut squares) = (vec![0.0; 9 * size], vec![0.0; 9 * size]);
    for _ in 0..draws {
        let drawn = smoother.draw(&model, &y, &noise, &mut rng).unwrap();
        for (i, value) in drawn.iter().enumerate() {
            let shift = value - plain.mean[i];
            sum[i] += shift;
            squares[i] += shift * shift;
        }
    }
    for i in 0..9 * size {
        let variance = plain.covariance[(i, i)];
        // Five standard errors of a mean and of a variance over the draws.
        assert_close(sum[i] / f64::from(draws), 0.0, 5.0 * (variance / f64::from(draws)).sqrt());
        assert_close(squares[i] / f64::from(draws) / variance, 1.0, 5.0 * (2.0 / f64::from(draws)).sqrt());
    }
}

/// An exact diffuse start is the limit of a growing variance.
#[test]
fn a_diffuse_start_is_the_limit_of_a_vague_one() {
    let components = vec![Component::LocalLinearTrend, Component::Seasonal { seasons: 4 }];
    let exact = StateSpace::new(components).unwrap();
    let size = exact.dimension();
    let start = vec![InitialState::Normal { mean: 0.0, variance: 1e5 }; size];
    let vague = exact.clone().with_initial(start).unwrap();
    let mut y: Vec<f64> =
        (0..30).map(|t| 2.0 + 0.1 * f64::from(t) + f64::from(t * 7 % 5) * 0.3 - f64::from(t % 4)).collect();
    (y[1], y[2], y[17]) = (f64::NAN, f64::NAN, f64::NAN);
    let noise = noise(0.5, &[0.1, 0.01, 0.02]);
    let (a, b) = (exact.smooth(&y, &noise).unwrap(), vague.smooth(&y, &noise).unwrap());
    for t in 0..30 {
        for i in 0..size {
            assert_close(a.states[t][i], b.states[t][i], 3e-4);
            assert_close(a.variances[t][i], b.variances[t][i], 3e-4);
        }
    }
    let (a, b) = (exact.filter(&y, &noise).unwrap(), vague.filter(&y, &noise).unwrap());
    assert_eq!(a.log_likelihood.diffuse, size);
    // Each diffuse state costs half the log of its variance in the vague start.
    let difference = a.log_likelihood.value - 0.5 * (1e5_f64).ln() * size as f64;
    assert_close(difference, b.log_likelihood.value, 1e-4);
    let mut smoother = SimulationSmoother::new(&exact, 30);
    let mut rng = Pcg64::seed_from_u64(5);
    let smoothed = exact.smooth(&y, &noise).unwrap();
    let mean: f64 =
        (0..4000).map(|_| smoother.draw(&exact, &y, &noise, &mut rng).unwrap()[size]).sum::<f64>() / 4000.0;
    let error = (smoothed.variances[1][0] / 4000.0).sqrt();
    assert_close(mean, smoothed.states[1][0], 4.0 * error);
}

struct Plain {
    log_likelihood: f64,
    mean: DVector<f64>,
    covariance: DMatrix<f64>,
}

/// Stacks all states: a = A (start, steps), y = Z a + e; conditions once.
fn plain_posterior(
    model: &StateSpace,
    initial: &[InitialState],
    states: &[f64],
    observation: &[f64],
    y: &[f64],
) -> Plain {
    let (size, periods) = (model.dimension(), y.len());
    let whole = size * periods;
    let transition = transition(model);
    let mut mean = DVector::zeros(whole);
    let mut covariance = DMatrix::zeros(whole, whole);
    let steps = step_variances(model, states);
    for (i, start) in initial.iter().enumerate() {
        let InitialState::Normal { mean: centre, variance } = *start else { panic!("proper") };
        mean[i] = centre;
        covariance[(i, i)] = variance;
    }
    for t in 1..periods {
        let (before, now) = ((t - 1) * size, t * size);
        let next = &transition * mean.rows(before, size);
        mean.rows_mut(now, size).copy_from(&next);
        let cross = &transition * covariance.view((before, 0), (size, now));
        covariance.view_mut((now, 0), (size, now)).copy_from(&cross);
        covariance.view_mut((0, now), (now, size)).copy_from(&cross.transpose());
        let own =
            &transition * covariance.view((before, before), (size, size)) * transition.transpose() + &steps;
        covariance.view_mut((now, now), (size, size)).copy_from(&own);
    }
    let seen: Vec<usize> = (0..periods).filter(|&t| y[t].is_finite()).collect();
    let mut z = DMatrix::zeros(seen.len(), whole);
    for (row, &t) in seen.iter().enumerate() {
        for i in 0..size {
            let mut unit = vec![0.0; size];
            unit[i] = 1.0;
            z[(row, t * size + i)] = model.signal(t, &unit);
        }
    }
    let noise =
        DMatrix::from_diagonal(&DVector::from_iterator(seen.len(), seen.iter().map(|&t| observation[t])));
    let spread = &z * &covariance * z.transpose() + noise;
    let surprise = DVector::from_iterator(seen.len(), seen.iter().map(|&t| y[t])) - &z * &mean;
    let inverse = spread.clone().try_inverse().unwrap();
    let count = seen.len() as f64;
    let log_likelihood = -0.5
        * (count * std::f64::consts::TAU.ln()
            + spread.determinant().ln()
            + (surprise.transpose() * &inverse * &surprise)[(0, 0)]);
    let gain = &covariance * z.transpose() * inverse;
    Plain {
        log_likelihood,
        mean: mean + &gain * surprise,
        covariance: &covariance - &gain * &z * &covariance,
    }
}

/// From the definitions: level and slope, dummy season of 4, harmonics of 6 periods, one coefficient.
fn transition(model: &StateSpace) -> DMatrix<f64> {
    let mut t = DMatrix::zeros(model.dimension(), model.dimension());
    (t[(0, 0)], t[(0, 1)], t[(1, 1)]) = (1.0, 1.0, 1.0);
    for j in 2..5 {
        t[(2, j)] = -1.0;
    }
    (t[(3, 2)], t[(4, 3)]) = (1.0, 1.0);
    for (start, angle) in [(5, 60.0_f64), (7, 120.0)] {
        let (sin, cos) = angle.to_radians().sin_cos();
        t.view_mut((start, start), (2, 2)).copy_from(&DMatrix::from_row_slice(2, 2, &[cos, sin, -sin, cos]));
    }
    (t[(9, 9)], t[(10, 10)]) = (-1.0, 1.0);
    t
}

fn step_variances(model: &StateSpace, states: &[f64]) -> DMatrix<f64> {
    let mut q = DMatrix::zeros(model.dimension(), model.dimension());
    (q[(0, 0)], q[(1, 1)], q[(2, 2)]) = (states[0], states[1], states[2]);
    for i in 5..10 {
        q[(i, i)] = states[3];
    }
    q
}
