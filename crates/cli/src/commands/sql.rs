//! `fidance sql`: one question over a lake.

use std::{io::Write as _, time::Duration};

use anyhow::Result;
use fidance_engine::{
    lake,
    sql::{Limits, query},
};

use crate::engine_args::SqlArgs;

pub(crate) fn run(args: &SqlArgs) -> Result<()> {
    let limits = Limits {
        rows: args.limit,
        timeout: Duration::from_secs(args.timeout),
        memory: args.memory.saturating_mul(1 << 20),
        ..Limits::default()
    };
    let answer = query(lake::open(args.cache.locate(&args.lake)?)?, &args.query, &limits)?;
    let mut out = anstream::stdout().lock();
    answer.write(args.format, &mut out)?;
    out.flush()?;
    if answer.cut {
        anstream::eprintln!("only the first {} rows: --limit shows more", args.limit);
    }
    Ok(())
}
