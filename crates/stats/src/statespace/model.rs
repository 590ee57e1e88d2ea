//! What a model is made of: components, their order in the state, and where the state starts.
//!
//! The transition matrix is never written out. Each component moves its own part of a vector, so that a step costs the
//! square of the state's length instead of its cube.

use std::f64::consts::TAU;

/// A part of the series. The components add up.
#[derive(Debug, Clone, PartialEq)]
pub enum Component {
    /// A random walk. One variance: of its steps.
    LocalLevel,
    /// A random walk with a slope that is itself a random walk. Two variances: level, slope.
    LocalLinearTrend,
    /// `seasons` effects, one per period in turn, that sum to noise over each cycle. One variance.
    Seasonal {
        /// Periods in a cycle, at least 2.
        seasons: usize,
    },
    /// Sines and cosines whose amplitudes drift. One variance, shared by all harmonics.
    Trigonometric {
        /// Periods in a cycle, not necessarily whole: 365.25 / 7 weeks.
        period: f64,
        /// Number of harmonics, at most half the period.
        harmonics: usize,
    },
    /// Coefficients that do not move, on known series of the length of the observations. No variance.
    Regression {
        /// One series per coefficient, covering also the periods to forecast.
        columns: Vec<Vec<f64>>,
    },
}

/// Where one element of the state starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum InitialState {
    /// Nothing is known: the exact limit of an infinite variance.
    Diffuse,
    /// Normal, independent of the other elements.
    Normal {
        /// Mean.
        mean: f64,
        /// Variance, 0 for a known start.
        variance: f64,
    },
}

/// Why a model or its data cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// No component was given.
    #[error("a model needs at least one component")]
    NoComponent,
    /// A cycle that is too short, or has fewer periods than its harmonics need.
    #[error("component {component}: a season needs at least 2 periods and at most half as many harmonics")]
    Season {
        /// Position of the component, from 0.
        component: usize,
    },
    /// A regression series is not a number somewhere in the periods used, or ends before them.
    #[error("regression column {column} has no number at period {period}")]
    Column {
        /// Position of the column, from 0.
        column: usize,
        /// Period, from 0.
        period: usize,
    },
    /// As many variances (or initial states) are needed as the model has.
    #[error("{needed} {what} needed, {given} given")]
    Count {
        /// What is counted.
        what: &'static str,
        /// How many the model has.
        needed: usize,
        /// How many were given.
        given: usize,
    },
    /// A variance is negative or not a number.
    #[error("a variance is negative or not a number")]
    Variance,
    /// Too few observations to fix the states that start diffuse and estimate the variances.
    #[error("{observed} observations, at least {needed} needed")]
    TooShort {
        /// Observations that are numbers.
        observed: usize,
        /// Least number.
        needed: usize,
    },
    /// The search for the largest likelihood did not settle.
    #[error("the likelihood has no optimum within reach: the series is constant or not a number")]
    NotConverged,
}

/// Variance of the observation noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ObservationVariance<'a> {
    /// The same in all periods.
    Constant(f64),
    /// One per period.
    PerPeriod(&'a [f64]),
}

impl ObservationVariance<'_> {
    #[inline]
    pub(super) fn at(self, period: usize) -> f64 {
        match self {
            Self::Constant(variance) => variance,
            Self::PerPeriod(variances) => variances[period],
        }
    }
}

/// All variances of a model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise<'a> {
    /// Of the observations.
    pub observation: ObservationVariance<'a>,
    /// Of the state's steps, in the order of the components (level before slope).
    pub states: &'a [f64],
}

#[derive(Debug, Clone, Copy)]
enum Move {
    Still,
    Trend,
    Seasonal(usize),
    Rotation { cos: f64, sin: f64 },
    Flip,
}

/// A model: its components laid out as one state.
///
/// ```
/// use fidance_stats::statespace::{Component, StateSpace};
/// let model = StateSpace::new(vec![Component::LocalLinearTrend, Component::Seasonal { seasons: 12 }])?;
/// assert_eq!((model.dimension(), model.variances()), (13, 3));
/// # Ok::<(), fidance_stats::statespace::ModelError>(())
/// ```
#[derive(Debug, Clone)]
pub struct StateSpace {
    moves: Vec<(usize, Move)>,
    still: bool,
    /// The part of Z that does not depend on time.
    design: Vec<f64>,
    /// The elements of Z that can differ from 0.
    pub(super) support: Vec<usize>,
    columns: Vec<(usize, Vec<f64>)>,
    /// Which element is moved by which variance.
    pub(super) disturbances: Vec<(usize, usize)>,
    pub(super) initial: Vec<InitialState>,
    variances: usize,
}

impl StateSpace {
    /// Lays out the components, all states diffuse. Errors: [`ModelError::NoComponent`], [`ModelError::Season`].
    pub fn new(components: Vec<Component>) -> Result<Self, ModelError> {
        let mut model = Self {
            moves: Vec::new(),
            still: true,
            design: Vec::new(),
            support: Vec::new(),
            columns: Vec::new(),
            disturbances: Vec::new(),
            initial: Vec::new(),
            variances: 0,
        };
        for (component, kind) in components.into_iter().enumerate() {
            model.add(component, kind)?;
        }
        if model.design.is_empty() {
            return Err(ModelError::NoComponent);
        }
        model.initial = vec![InitialState::Diffuse; model.design.len()];
        model.still = model.moves.iter().all(|(_, kind)| matches!(kind, Move::Still));
        Ok(model)
    }

    /// The same model with given starts, one per element of the state in the order of the components.
    /// Error: [`ModelError::Count`].
    pub fn with_initial(self, initial: Vec<InitialState>) -> Result<Self, ModelError> {
        let (needed, given) = (self.dimension(), initial.len());
        if needed == given {
            Ok(Self { initial, ..self })
        } else {
            Err(ModelError::Count { what: "initial states", needed, given })
        }
    }

    /// Length of the state.
    pub fn dimension(&self) -> usize {
        self.design.len()
    }

    /// Number of state variances.
    pub fn variances(&self) -> usize {
        self.variances
    }

    /// `Z_t a`: what the state says of the observation at `period`.
    pub fn signal(&self, period: usize, state: &[f64]) -> f64 {
        let fixed: f64 = self.support.iter().map(|&i| self.design[i] * state[i]).sum();
        let regression: f64 = self.columns.iter().map(|(i, column)| column[period] * state[*i]).sum();
        fixed + regression
    }

    /// Adds the squares of the steps between two successive states to one sum per variance, and their number.
    /// `expected` is room for one state.
    pub fn add_squared_steps(
        &self,
        from: &[f64],
        to: &[f64],
        expected: &mut [f64],
        sums: &mut [(f64, usize)],
    ) {
        expected.copy_from_slice(from);
        self.transition(expected);
        for &(state, variance) in &self.disturbances {
            let step = to[state] - expected[state];
            sums[variance].0 += step * step;
            sums[variance].1 += 1;
        }
    }

    fn add(&mut self, component: usize, kind: Component) -> Result<(), ModelError> {
        match kind {
            Component::LocalLevel => self.push(&[1.0], Move::Still, 1, true),
            Component::LocalLinearTrend => {
                let start = self.design.len();
                self.push(&[1.0, 0.0], Move::Trend, 0, false);
                self.disturbances.extend([(start, self.variances), (start + 1, self.variances + 1)]);
                self.variances += 2;
            }
            Component::Seasonal { seasons } if seasons >= 2 => {
                let mut design = vec![0.0; seasons - 1];
                design[0] = 1.0;
                self.push(&design, Move::Seasonal(seasons - 1), 1, true);
            }
            Component::Trigonometric { period, harmonics } => {
                let highest = harmonics as f64 / period;
                if !(period >= 2.0 && harmonics > 0 && highest <= 0.5) {
                    return Err(ModelError::Season { component });
                }
                self.add_harmonics(period, harmonics);
            }
            Component::Seasonal { .. } => return Err(ModelError::Season { component }),
            Component::Regression { columns } => {
                for column in columns {
                    let state = self.design.len();
                    self.push(&[0.0], Move::Still, 0, false);
                    self.columns.push((state, column));
                    self.support.push(state);
                }
            }
        }
        Ok(())
    }

    /// At half the period the sine is 0 in every period: that harmonic has one state.
    fn add_harmonics(&mut self, period: f64, harmonics: usize) {
        for harmonic in 1..=harmonics {
            let frequency = harmonic as f64 / period;
            let (sin, cos) = (TAU * frequency).sin_cos();
            let start = self.design.len();
            if (frequency - 0.5).abs() < 1e-12 {
                self.push(&[1.0], Move::Flip, 0, false);
            } else {
                self.push(&[1.0, 0.0], Move::Rotation { cos, sin }, 0, false);
            }
            self.disturbances.extend((start..self.design.len()).map(|state| (state, self.variances)));
        }
        self.variances += 1;
    }

    fn push(&mut self, design: &[f64], kind: Move, variances: usize, disturbs_first: bool) {
        let start = self.design.len();
        self.moves.push((start, kind));
        self.support.extend((0..design.len()).filter(|&i| design[i] != 0.0).map(|i| start + i));
        self.design.extend_from_slice(design);
        if disturbs_first {
            self.disturbances.push((start, self.variances));
        }
        self.variances += variances;
    }

    /// Refuses data that the model cannot step through: `periods` long, with these variances.
    pub(super) fn check(&self, periods: usize, noise: &Noise<'_>) -> Result<(), ModelError> {
        if noise.states.len() != self.variances {
            let (needed, given) = (self.variances, noise.states.len());
            return Err(ModelError::Count { what: "state variances", needed, given });
        }
        if let ObservationVariance::PerPeriod(variances) = noise.observation
            && variances.len() != periods
        {
            let given = variances.len();
            return Err(ModelError::Count { what: "observation variances", needed: periods, given });
        }
        let is_variance = |variance: f64| variance >= 0.0 && variance.is_finite();
        if !noise.states.iter().all(|&v| is_variance(v))
            || !(0..periods).all(|t| is_variance(noise.observation.at(t)))
        {
            return Err(ModelError::Variance);
        }
        for (column, (_, series)) in self.columns.iter().enumerate() {
            let missing = |&period: &usize| !series.get(period).is_some_and(|value| value.is_finite());
            if let Some(period) = (0..periods).find(missing) {
                return Err(ModelError::Column { column, period });
            }
        }
        Ok(())
    }

    /// Writes Z at `period`; `design` keeps its length.
    #[inline]
    pub(super) fn load_design(&self, period: usize, design: &mut [f64]) {
        for (state, column) in &self.columns {
            design[*state] = column[period];
        }
    }

    pub(super) fn fixed_design(&self) -> &[f64] {
        &self.design
    }

    /// Whether T is the identity.
    pub(super) fn stands_still(&self) -> bool {
        self.still
    }

    /// `v <- T v`.
    #[inline]
    pub(super) fn transition(&self, v: &mut [f64]) {
        if self.still {
            return;
        }
        for &(start, kind) in &self.moves {
            match kind {
                Move::Still => {}
                Move::Trend => v[start] += v[start + 1],
                Move::Seasonal(length) => {
                    let part = &mut v[start..start + length];
                    let sum: f64 = part.iter().sum();
                    part.copy_within(..length - 1, 1);
                    part[0] = -sum;
                }
                Move::Rotation { cos, sin } => {
                    let (first, second) = (v[start], v[start + 1]);
                    v[start] = cos * first + sin * second;
                    v[start + 1] = cos * second - sin * first;
                }
                Move::Flip => v[start] = -v[start],
            }
        }
    }

    /// `v <- T' v`.
    #[inline]
    pub(super) fn transition_transposed(&self, v: &mut [f64]) {
        if self.still {
            return;
        }
        for &(start, kind) in &self.moves {
            match kind {
                Move::Still => {}
                Move::Trend => v[start + 1] += v[start],
                Move::Seasonal(length) => {
                    let part = &mut v[start..start + length];
                    let first = part[0];
                    part.copy_within(1.., 0);
                    part[length - 1] = 0.0;
                    part.iter_mut().for_each(|value| *value -= first);
                }
                Move::Rotation { cos, sin } => {
                    let (first, second) = (v[start], v[start + 1]);
                    v[start] = cos * first - sin * second;
                    v[start + 1] = cos * second + sin * first;
                }
                Move::Flip => v[start] = -v[start],
            }
        }
    }

    /// `P <- T P T'` for a symmetric matrix stored by columns.
    #[inline]
    pub(super) fn transition_both_sides(&self, matrix: &mut [f64]) {
        if self.still {
            return;
        }
        let m = self.dimension();
        for _ in 0..2 {
            matrix.chunks_exact_mut(m).for_each(|column| self.transition(column));
            for i in 0..m {
                for j in 0..i {
                    matrix.swap(i * m + j, j * m + i);
                }
            }
        }
    }
}
