//! Nelder and Mead's simplex within a box, for likelihoods of a few parameters without a gradient.
//!
//! Two to five log-variances on a flat optimum need no more. Nelder and Mead (1965), Computer Journal 7; restarted at its
//! end until it stops improving, because a simplex can collapse before the optimum.

/// Where a search ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct End {
    pub(crate) point: Vec<f64>,
    pub(crate) value: f64,
}

const RESTARTS: usize = 8;

/// Minimises `value` from `start`, with first steps of `step`, inside `range`. `None` when the start has no finite value.
pub(crate) fn minimise(
    value: &mut impl FnMut(&[f64]) -> f64,
    start: &[f64],
    step: f64,
    range: (f64, f64),
    tolerance: f64,
) -> Option<End> {
    let mut best = End { point: start.to_vec(), value: value(start) };
    if !best.value.is_finite() {
        return None;
    }
    for restart in 0..RESTARTS {
        let sign = if restart % 2 == 0 { 1.0 } else { -1.0 };
        let end = descend(value, &best.point, sign * step, range, tolerance);
        let gain = best.value - end.value;
        if gain > 0.0 {
            best = end;
        }
        if gain < tolerance {
            break;
        }
    }
    Some(best)
}

fn descend(
    value: &mut impl FnMut(&[f64]) -> f64,
    start: &[f64],
    step: f64,
    (low, high): (f64, f64),
    tolerance: f64,
) -> End {
    let size = start.len();
    let mut at = |point: Vec<f64>| {
        let point: Vec<f64> = point.into_iter().map(|x| x.clamp(low, high)).collect();
        let found = value(&point);
        End { point, value: if found.is_finite() { found } else { f64::INFINITY } }
    };
    let mut corners = vec![at(start.to_vec())];
    for i in 0..size {
        let mut point = start.to_vec();
        // A first step out of the box would flatten the simplex.
        point[i] += if (low..=high).contains(&(point[i] + step)) { step } else { -step };
        corners.push(at(point));
    }
    for _ in 0..400 * size {
        corners.sort_by(|a, b| a.value.total_cmp(&b.value));
        let (best, worst) = (corners[0].value, corners[size].value);
        let spread =
            (0..size).map(|i| (corners[size].point[i] - corners[0].point[i]).abs()).fold(0.0, f64::max);
        if worst - best <= tolerance && spread < 1e-6 || spread < 1e-12 {
            break;
        }
        let centre: Vec<f64> = (0..size)
            .map(|i| corners[..size].iter().map(|c| c.point[i]).sum::<f64>() / size as f64)
            .collect();
        let mut towards = |scale: f64, from: &End| {
            at(centre.iter().zip(&from.point).map(|(c, w)| c + scale * (w - c)).collect())
        };
        let reflected = towards(-1.0, &corners[size]);
        if reflected.value < best {
            let expanded = towards(-2.0, &corners[size]);
            corners[size] = if expanded.value < reflected.value { expanded } else { reflected };
        } else if reflected.value < corners[size - 1].value {
            corners[size] = reflected;
        } else {
            let closer = if reflected.value < worst { reflected } else { corners[size].clone() };
            let contracted = towards(0.5, &closer);
            if contracted.value < closer.value {
                corners[size] = contracted;
            } else {
                for i in 1..=size {
                    let point = (0..size).map(|j| f64::midpoint(corners[0].point[j], corners[i].point[j]));
                    corners[i] = at(point.collect());
                }
            }
        }
    }
    corners.sort_by(|a, b| a.value.total_cmp(&b.value));
    corners.swap_remove(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rosenbrock_and_a_corner_are_found() {
        let mut rosenbrock = |p: &[f64]| (1.0 - p[0]).powi(2) + 100.0 * (p[1] - p[0] * p[0]).powi(2);
        let end = minimise(&mut rosenbrock, &[-1.2, 1.0], 0.5, (-5.0, 5.0), 1e-14).unwrap();
        assert!((end.point[0] - 1.0).abs() < 1e-5 && (end.point[1] - 1.0).abs() < 1e-5, "{end:?}");
        let mut plane = |p: &[f64]| p[0] + 2.0 * p[1];
        let end = minimise(&mut plane, &[0.3, 0.4], 0.5, (-1.0, 1.0), 1e-12).unwrap();
        assert_eq!(end.point, [-1.0, -1.0]);
        assert_eq!(minimise(&mut |_| f64::NAN, &[0.0], 0.5, (-1.0, 1.0), 1e-12), None);
    }
}
