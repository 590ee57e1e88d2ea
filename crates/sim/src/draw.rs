//! Random numbers: one stream per customer and purpose, so that what is drawn for one thing never moves
//! another, whatever else the scenario contains.
//!
//! Logarithms and the like come from `libm` instead of the system: the same seed gives the same bytes on any
//! machine, which the system's mathematics do not promise.

use std::f64::consts::TAU;

use rand::Rng;
use rand_pcg::Pcg64Mcg;

/// What a stream is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    Person,
    Spells,
    Gaps,
    Attempts,
    Browsing,
    Journey,
    Dirt,
    Complaints,
    Survey,
    Identity,
    /// A planted change, by [`name_hash`] of its id.
    Change(u64),
}

impl Purpose {
    const fn number(self) -> u64 {
        match self {
            Self::Person => 1,
            Self::Spells => 2,
            Self::Gaps => 9,
            Self::Attempts => 3,
            Self::Browsing => 4,
            Self::Journey => 5,
            Self::Dirt => 6,
            Self::Complaints => 7,
            Self::Survey => 8,
            Self::Identity => 10,
            Self::Change(hash) => hash | 1 << 63,
        }
    }
}

/// FNV-1a of a name: a change keeps its stream when others are added or removed.
pub(crate) fn name_hash(name: &str) -> u64 {
    name.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// A bijection of 64 bits that looks random (the finaliser of `SplitMix64`).
pub(crate) const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub(crate) struct Stream(Pcg64Mcg);

impl Stream {
    /// The stream of one customer for one purpose; `part` tells apart its visits.
    pub(crate) fn new(seed: u64, customer: u32, purpose: Purpose, part: u32) -> Self {
        let place = (u64::from(customer) << 32) | u64::from(part);
        let low = mix(mix(seed.wrapping_add(0x9e37_79b9_7f4a_7c15)) ^ place);
        let high = mix(low ^ mix(purpose.number().wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let mut generator = Pcg64Mcg::new((u128::from(high) << 64) | u128::from(mix(low ^ high)));
        // The first number of neighbouring states is the only one that could still be alike.
        generator.next_u64();
        Self(generator)
    }

    /// Uniform in `[0, 1)`.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Uniform below `count`; 0 where `count` is 0.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and count")]
    pub(crate) fn below(&mut self, count: usize) -> usize {
        (self.unit() * count as f64) as usize
    }

    /// One of several; `None` where there is none.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }

    /// Exponential with mean 1.
    pub(crate) fn exponential(&mut self) -> f64 {
        -libm::log(1.0 - self.unit())
    }

    /// Standard normal (Box and Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        let (first, second) = (self.unit(), self.unit());
        (-2.0 * libm::log(1.0 - first)).sqrt() * libm::cos(TAU * second)
    }

    /// Gamma with mean `shape` and scale 1 (Marsaglia and Tsang 2000).
    pub(crate) fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let boost = libm::pow(1.0 - self.unit(), 1.0 / shape);
            return self.gamma(shape + 1.0) * boost;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = 1.0 + c * x;
            let v = v * v * v;
            if v > 0.0 && libm::log(1.0 - self.unit()) < 0.5 * x * x + d - d * v + d * libm::log(v) {
                return d * v;
            }
        }
    }

    /// Number of successes before the first failure, with this mean, at most 40.
    pub(crate) fn geometric(&mut self, mean: f64) -> u32 {
        let more = mean / (1.0 + mean);
        let mut count = 0;
        while count < 40 && self.chance(more) {
            count += 1;
        }
        count
    }
}

/// Weights from which an index is drawn in proportion.
#[derive(Debug, Clone)]
pub(crate) struct Weights {
    rising: Vec<f64>,
}

impl Weights {
    pub(crate) fn new(weights: impl IntoIterator<Item = f64>) -> Self {
        let mut sum = 0.0;
        let add = |weight| {
            sum += weight;
            sum
        };
        Self { rising: weights.into_iter().map(add).collect() }
    }

    pub(crate) fn total(&self) -> f64 {
        self.rising.last().copied().unwrap_or(0.0)
    }

    /// The index at a uniform number.
    pub(crate) fn at(&self, unit: f64) -> usize {
        let target = unit * self.total();
        self.rising.partition_point(|edge| *edge <= target).min(self.rising.len().saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(customer: u32) -> Stream {
        Stream::new(7, customer, Purpose::Person, 0)
    }

    /// Mean and variance over many customers' first draws: streams must differ from each other too.
    fn moments(draw: impl Fn(&mut Stream) -> f64) -> (f64, f64) {
        let values: Vec<f64> = (0..200_000).map(|customer| draw(&mut stream(customer))).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64)
    }

    fn check(draw: impl Fn(&mut Stream) -> f64, mean: f64, variance: f64) {
        let (found_mean, found_variance) = moments(draw);
        assert!((found_mean - mean).abs() < 4.0 * (variance / 200_000.0).sqrt(), "{found_mean} for {mean}");
        assert!((found_variance / variance - 1.0).abs() < 0.05, "{found_variance} for {variance}");
    }

    #[test]
    fn distributions_have_their_moments() {
        check(Stream::unit, 0.5, 1.0 / 12.0);
        check(Stream::exponential, 1.0, 1.0);
        check(Stream::normal, 0.0, 1.0);
        check(|s| s.gamma(0.4), 0.4, 0.4);
        check(|s| s.gamma(2.5), 2.5, 2.5);
        check(|s| f64::from(s.geometric(0.7)), 0.7, 0.7 * 1.7);
    }

    #[test]
    fn streams_repeat_and_differ() {
        assert_eq!(stream(1).unit().to_bits(), stream(1).unit().to_bits());
        let others = [
            stream(2).unit(),
            Stream::new(8, 1, Purpose::Person, 0).unit(),
            Stream::new(7, 1, Purpose::Person, 1).unit(),
        ];
        assert!(others.iter().all(|other| (other - stream(1).unit()).abs() > 1e-12));
    }

    #[test]
    fn weights_are_hit_in_proportion() {
        let weights = Weights::new([1.0, 0.0, 3.0]);
        assert_eq!([0.0, 0.2, 0.25, 0.9, 0.999_999].map(|u| weights.at(u)), [0, 0, 2, 2, 2]);
    }
}
