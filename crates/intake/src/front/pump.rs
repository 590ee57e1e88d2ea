//! Reading and understanding rows at the same time, on two threads.
//!
//! One thread takes batches from the file, the caller's understands them; a few batches travel between them
//! and come back empty, so that memory stays the same however long the file is.

use std::{
    sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    thread,
};

use fidance_domain::table::{Batch, BrokenRow, ReadError, TableReader};

use super::{
    Options, Progress, Stage, columns::RoleColumns, prepare::Prepared, source::Opening, survey::Surveyed,
};
use crate::{dates::AtFormat, error::IntakeError, note::Note, reader::ParquetOpener};

/// Batches that may wait to be understood.
const WAITING: usize = 4;

/// A batch on its way.
pub(crate) struct Load {
    pub(crate) batch: Batch,
    pub(crate) broken: Vec<BrokenRow>,
    pub(crate) bytes: Option<(u64, u64)>,
}

/// Gives every batch of a file to `take`; what the reader had to say at the end.
fn pump(
    file: &str,
    reader: Box<dyn TableReader>,
    mut take: impl FnMut(&mut Load) -> Result<(), IntakeError>,
) -> Result<Vec<String>, IntakeError> {
    let (full_in, full_out) = sync_channel(WAITING);
    let (empty_in, empty_out) = channel();
    thread::scope(|scope| {
        let filling = scope.spawn(move || fill(reader, &full_in, &empty_out));
        let taken = empty(&full_out, &empty_in, &mut take);
        // A reader that waits for room must notice that nobody takes any more.
        drop(full_out);
        drop(empty_in);
        let filled = filling.join().map_err(|_| IntakeError::ReaderLost { file: file.to_owned() })?;
        taken?;
        filled.map_err(|source| IntakeError::Read { file: file.to_owned(), source })
    })
}

/// What a kind of table does with a batch: file, its columns, its date format, the batch; rows so far.
pub(crate) type Take<'a> =
    &'a mut dyn FnMut(&str, &RoleColumns, &AtFormat, &mut Load) -> Result<u64, IntakeError>;

/// Gives every batch of every file to `take`; the rows of each file.
pub(crate) fn pump_all(
    prepared: &mut Prepared,
    options: &Options,
    parquet: ParquetOpener<'_>,
    progress: &mut dyn FnMut(Progress),
    take: Take<'_>,
) -> Result<Vec<u64>, IntakeError> {
    let opening = Opening { text: &options.text, parquet };
    let files = prepared.files.len();
    let (mut rows_per_file, mut before) = (Vec::with_capacity(files), 0);
    for (at, (file, format)) in prepared.files.iter_mut().zip(&prepared.survey.formats).enumerate() {
        let Surveyed { source, columns, .. } = file;
        let mut reader = source.reader(opening)?;
        reader.select(&columns.select);
        let mut rows = before;
        let said = pump(&source.name, reader, |load| {
            rows = take(&source.name, columns, format, load)?;
            progress(Progress { stage: Stage::Reading, file: at + 1, files, rows, bytes: load.bytes });
            Ok(())
        })?;
        let name = &source.name;
        prepared.notes.extend(said.into_iter().map(|text| Note::File { file: name.clone(), text }));
        rows_per_file.push(rows - before);
        before = rows;
    }
    Ok(rows_per_file)
}

fn fill(
    mut reader: Box<dyn TableReader>,
    full: &SyncSender<Load>,
    empty: &Receiver<Load>,
) -> Result<Vec<String>, ReadError> {
    loop {
        let mut load = empty.try_recv().unwrap_or_else(|_| Load {
            batch: Batch::default(),
            broken: Vec::new(),
            bytes: None,
        });
        let more = reader.next_batch(&mut load.batch, &mut load.broken)?;
        load.bytes = reader.progress();
        let any = load.batch.rows() > 0 || !load.broken.is_empty();
        if (any && full.send(load).is_err()) || !more {
            return Ok(reader.notes());
        }
    }
}

fn empty(
    full: &Receiver<Load>,
    empty: &Sender<Load>,
    take: &mut impl FnMut(&mut Load) -> Result<(), IntakeError>,
) -> Result<(), IntakeError> {
    for mut load in full {
        take(&mut load)?;
        // The reader may have ended already.
        let _ = empty.send(load);
    }
    Ok(())
}
