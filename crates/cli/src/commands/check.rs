//! `fidance check lake`: is everything there, and do masks and events agree?

use std::{
    num::NonZeroUsize,
    time::{Duration, SystemTime},
};

use fidance_lake::{Checked, Lake};

use crate::{args::CheckLakeArgs, progress};

#[expect(clippy::disallowed_methods, reason = "the command line is where time enters")]
pub(crate) fn run(args: &CheckLakeArgs) -> anyhow::Result<()> {
    let mut lake = Lake::open(&args.cache.locate(&args.lake)?)?;
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let spinner = progress::spinner("reading the lake");
    let checked = lake.check(threads);
    spinner.finish_and_clear();
    let checked = checked?;
    if args.json {
        anstream::println!("{}", json(&checked));
    } else {
        say(&checked);
    }
    if args.repair {
        let removed = lake.vacuum(Duration::ZERO, SystemTime::now())?;
        anstream::println!("{} files removed, {:.1} MB.", removed.files, removed.bytes as f64 / 1e6);
    }
    if checked.problems.is_empty() { Ok(()) } else { anyhow::bail!("the lake is not whole") }
}

fn say(checked: &Checked) {
    anstream::println!(
        "{} events in {} files; {} days of the masks equal what the events say.",
        checked.rows,
        checked.files,
        checked.days
    );
    for problem in &checked.problems {
        anstream::println!("wrong: {}: {}", problem.path.display(), problem.what);
    }
    for path in &checked.foreign {
        anstream::println!("not of the lake: {}", path.display());
    }
    if !checked.left_over.is_empty() {
        anstream::println!(
            "{} files belong to no table any more; --repair removes them once no other program reads the lake.",
            checked.left_over.len()
        );
    }
}

fn json(checked: &Checked) -> serde_json::Value {
    let problems = checked.problems.iter().map(
        |problem| serde_json::json!({ "file": problem.path.display().to_string(), "what": problem.what }),
    );
    let paths = |paths: &[std::path::PathBuf]| -> Vec<String> {
        paths.iter().map(|path| path.display().to_string()).collect()
    };
    serde_json::json!({
        "events": checked.rows,
        "files": checked.files,
        "days": checked.days,
        "problems": problems.collect::<Vec<_>>(),
        "left_over": paths(&checked.left_over),
        "foreign": paths(&checked.foreign),
    })
}
