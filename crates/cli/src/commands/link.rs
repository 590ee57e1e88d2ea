//! `fidance link`: which ids of a lake are one customer.

use fidance_intake::{LinkRow, read_links};
use fidance_lake::{Lake, LinkAction, Pseudonyms};
use xxhash_rust::xxh3::Xxh3;

use crate::{lake_args::LinkArgs, progress, source};

pub(crate) fn run(args: &LinkArgs) -> anyhow::Result<()> {
    let mut lake = Lake::open(&args.cache.locate(&args.lake)?)?;
    let rows = read_links(&args.file, lake.zone(), &source::parquet)?;
    let pseudonyms = lake.pseudonyms()?;
    let statements: Vec<_> = rows.iter().map(|row| statement(row, &pseudonyms)).collect();
    let spinner = progress::spinner("taking the statements into the lake");
    let taken = lake.link(&statements, (format!("links:{:032x}", content(&statements)), 1));
    spinner.finish_and_clear();
    if taken? {
        anstream::println!("{} statements taken in.", statements.len());
    } else {
        anstream::println!(
            "These {} statements were taken in before; nothing has changed.",
            statements.len()
        );
    }
    Ok(())
}

type Statement = (i64, LinkAction, i64, i64);

fn statement(row: &LinkRow, pseudonyms: &Pseudonyms) -> Statement {
    let action = if row.merges { LinkAction::Merge } else { LinkAction::Split };
    (row.at, action, pseudonyms.of(row.from), pseudonyms.of(row.into))
}

/// The identity of the file's content, so that the same file is taken once.
fn content(statements: &[Statement]) -> u128 {
    let mut hash = Xxh3::new();
    for (at, action, from, into) in statements {
        hash.update(&at.to_le_bytes());
        hash.update(&[u8::from(*action == LinkAction::Merge)]);
        hash.update(&from.to_le_bytes());
        hash.update(&into.to_le_bytes());
    }
    hash.digest128()
}
