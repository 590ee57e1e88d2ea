//! Nelder and Mead's simplex search, for the few importances whose objective has corners and no gradient.

const MAX_ITERATIONS: usize = 1000;
const TOLERANCE: f64 = 1e-4;

/// A low point of `of` near `start`; it need not be the lowest. NaN counts as high.
pub(super) fn minimise(of: impl Fn(&[f64]) -> f64, start: &[f64]) -> Vec<f64> {
    let value = |point: Vec<f64>| (of(&point), point);
    let mut simplex = vec![value(start.to_vec())];
    for i in 0..start.len() {
        let mut point = start.to_vec();
        // The usual first step, 5 %.
        point[i] = if point[i] == 0.0 { 0.000_25 } else { 1.05 * point[i] };
        simplex.push(value(point));
    }
    for _ in 0..MAX_ITERATIONS {
        simplex.sort_by(|a, b| a.0.total_cmp(&b.0));
        if settled(&simplex) {
            break;
        }
        turn(&mut simplex, &value);
    }
    simplex.sort_by(|a, b| a.0.total_cmp(&b.0));
    simplex.into_iter().next().map(|(_, point)| point).unwrap_or_default()
}

type Vertex = (f64, Vec<f64>);

fn settled(simplex: &[Vertex]) -> bool {
    let Some(((best, centre), others)) = simplex.split_first() else { return true };
    let near = |point: &[f64]| point.iter().zip(centre).all(|(a, b)| (a - b).abs() <= TOLERANCE);
    others.iter().all(|(value, point)| (value - best).abs() <= TOLERANCE * TOLERANCE && near(point))
}

/// Reflects, expands, contracts or shrinks; `simplex` is sorted.
fn turn(simplex: &mut [Vertex], value: &impl Fn(Vec<f64>) -> Vertex) {
    let last = simplex.len() - 1;
    if last == 0 {
        return;
    }
    let worst = simplex[last].clone();
    let centre: Vec<f64> = (0..last)
        .map(|i| simplex.iter().take(last).map(|(_, point)| point[i]).sum::<f64>() / last as f64)
        .collect();
    let along = |factor: f64| value(centre.iter().zip(&worst.1).map(|(c, w)| c + factor * (c - w)).collect());
    let reflected = along(1.0);
    if reflected.0 < simplex[0].0 {
        let expanded = along(2.0);
        simplex[last] = if expanded.0 < reflected.0 { expanded } else { reflected };
    } else if reflected.0 < simplex[last - 1].0 {
        simplex[last] = reflected;
    } else {
        let contracted = if reflected.0 < worst.0 { along(0.5) } else { along(-0.5) };
        if contracted.0 < worst.0.min(reflected.0) {
            simplex[last] = contracted;
        } else {
            let best = simplex[0].1.clone();
            for vertex in simplex.iter_mut().skip(1) {
                *vertex = value(vertex.1.iter().zip(&best).map(|(p, b)| f64::midpoint(*p, *b)).collect());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corner_is_found() {
        let found = minimise(
            |p| (p[0] - 1.0).abs() + 2.0 * (p[1] + 3.0).abs() + (p[0] * p[1] + 3.0).abs(),
            &[0.5, 0.5],
        );
        assert!((found[0] - 1.0).abs() < 1e-3 && (found[1] + 3.0).abs() < 1e-3, "{found:?}");
    }
}
