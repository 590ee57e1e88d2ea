//! Times the effect models at the size they are meant for:
//! `cargo run --release -p fidance-stats --example bsts_timings`.

#![allow(clippy::print_stdout, reason = "printing is what this program is for")]

use std::error::Error;
use std::time::Instant;

use fidance_stats::causal::bsts::binomial::{self, Period, Season};
use fidance_stats::causal::bsts::gaussian;
use fidance_stats::change::structural::{self, StructuralBaseline};
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::{Pcg64, rand_core::SeedableRng};

const WEEKS: usize = 325;
const START: usize = 246;

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    println!("{:>9.0} ms  {what}", start.elapsed().as_secs_f64() * 1e3);
    result
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut rng = Pcg64::seed_from_u64(1);
    let mut noise = |scale: f64| -> f64 {
        let value: f64 = StandardNormal.sample(&mut rng);
        scale * value
    };
    let [first, second] = [(); 2].map(|()| (0..WEEKS).map(|_| noise(1.0)).collect::<Vec<f64>>());
    let y: Vec<f64> = first.iter().zip(&second).map(|(a, b)| 0.7 * a + 0.2 * b + noise(0.5)).collect();
    let controls = [first, second];
    let periods: Vec<Period> =
        (0..WEEKS as u64).map(|t| Period { due: 2000 + t, retained: 1900 + t % 9 }).collect();
    let mut rng = Pcg64::seed_from_u64(1);

    let options = gaussian::Options::default();
    timed("gaussian, 5000 draws after 500, 325 weeks, 2 controls", || {
        gaussian::fit(&y, &controls, START, &options, &mut rng)
    })?;
    let seasonal = gaussian::Options { seasons: Some(52), ..options };
    timed("the same with a season of 52 weeks", || gaussian::fit(&y, &controls, START, &seasonal, &mut rng))?;
    let options = binomial::Options::default();
    timed("binomial, 5000 draws after 500, 325 weeks, 2 controls", || {
        binomial::fit(&periods, &controls, &[], START, &options, &mut rng)
    })?;
    let season = Season::Fourier { period: 365.25 / 7.0, harmonics: 2 };
    let options = binomial::Options { season, ..options };
    timed("the same with a year's season of two pairs", || {
        binomial::fit(&periods, &controls, &[], START, &options, &mut rng)
    })?;
    let options = structural::Options::default();
    timed("baseline, 100 refits on 156 weeks", || {
        (0..100).try_for_each(|_| StructuralBaseline::fit(&periods, &[], 156, &options).map(|_| ()))
    })?;
    Ok(())
}
