//! Which runs to merge: levels of sizes that grow by a factor of eight, a level that is full goes into the next. So a
//! key is written once per level, and there are few runs on each. It reads no file.

/// Runs of a level before it is merged.
const FULL_LEVEL: usize = 8;
/// Runs up to this many keys are the lowest level: to write 4,096 keys costs no more than to sync a file.
const LOWEST_LEVEL: u64 = 4096;

/// The positions of the runs to merge now, given their numbers of keys, or none. All smaller runs go along with a
/// full level: they cost little and would otherwise have to be asked each time.
pub(super) fn due(counts: &[u64]) -> Vec<usize> {
    let in_level = |level: u32| counts.iter().filter(|count| level_of(**count) == level).count();
    let full =
        counts.iter().map(|count| level_of(*count)).filter(|level| in_level(*level) >= FULL_LEVEL).max();
    let Some(full) = full else { return Vec::new() };
    counts
        .iter()
        .enumerate()
        .filter(|(_, count)| level_of(**count) <= full)
        .map(|(position, _)| position)
        .collect()
}

/// 0 up to 4,096 keys, 1 up to 32,768, and so on.
fn level_of(count: u64) -> u32 {
    let over = count.div_ceil(LOWEST_LEVEL).max(1);
    (over - 1).checked_ilog2().map_or(0, |log| log / 3 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_grow_by_eight() {
        for (count, level) in
            [(0, 0), (1, 0), (4096, 0), (4097, 1), (32_768, 1), (32_769, 2), (262_144, 2), (262_145, 3)]
        {
            assert_eq!(level_of(count), level, "{count}");
        }
        assert_eq!(level_of(u64::MAX), 18);
    }

    #[test]
    fn a_key_is_written_once_per_level_and_runs_stay_few() {
        let (mut runs, mut written, mut most) = (Vec::new(), 0_u64, 0);
        for _ in 0..20_000 {
            runs.push(5000_u64);
            let merged = due(&runs);
            if !merged.is_empty() {
                let sum = merged.iter().map(|at| runs[*at]).sum();
                let mut at = 0;
                runs.retain(|_| {
                    at += 1;
                    !merged.contains(&(at - 1))
                });
                runs.push(sum);
                written += sum;
            }
            most = most.max(runs.len());
        }
        assert_eq!(runs.iter().sum::<u64>(), 100_000_000);
        assert!(most <= 45, "{most}");
        assert!(written / 100_000_000 <= 6, "{written}");
    }
}
