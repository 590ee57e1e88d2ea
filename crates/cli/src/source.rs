//! From file arguments to a barometer: reads the files in whichever shape they have, or opens the lake.

pub(crate) mod lake;

use std::{
    collections::BTreeMap,
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
};

use anyhow::Context;
use fidance_app::{
    barometer::{Barometer, Rows, YEARS},
    report::{
        model::{ColumnChoice, Input, Rejected, RejectedReason},
        settings::{Provenance, Settings},
    },
};
use fidance_domain::{
    incident::Register,
    list::CustomerLists,
    table::{ReadError, TableReader},
    time::date_of,
};
use fidance_intake::{
    AnyIntake, Encoding, How, ListColumns, Mapping, Options, Progress, Role, Summary, TextOptions, read_any,
    read_lists,
};
use fidance_lake::file::ParquetTable;
use jiff::tz::TimeZone;

use crate::{
    args::{self, QuestionArgs, SourceArgs},
    commands::incidents,
    input_notes,
    progress::Reading,
    register_args::DateArgs,
    settings,
    watch_args::WatchArgs,
};

const REJECTS: &str = "fidance-rejects.csv";

/// Opens Parquet files for intake, which does not know the format.
pub(crate) fn parquet(path: &Path) -> Result<Box<dyn TableReader>, ReadError> {
    Ok(ParquetTable::open(path)?)
}

/// What was read, and how it is to be understood.
#[derive(Debug)]
pub(crate) struct Opened {
    rows: Rows,
    settings: Settings,
    pub(crate) provenance: Provenance,
    register: Register,
    years: f64,
}

impl Opened {
    /// Puts the rows behind the questions.
    pub(crate) fn barometer(self) -> Barometer {
        Barometer::new(self.rows, self.settings, self.provenance)
            .with_register(self.register)
            .with_promise(self.years)
    }

    fn new(rows: Rows, settings: Settings, provenance: Provenance) -> Self {
        Self { rows, settings, provenance, register: Register::default(), years: YEARS }
    }
}

/// Reads the files, and beside them what may explain a fall: the register of events, and who was affected.
pub(crate) fn watched(
    source: &SourceArgs,
    question: &QuestionArgs,
    watch: &WatchArgs,
) -> anyhow::Result<Opened> {
    // The small files first: their mistakes should not wait for the large ones.
    let register = register(watch, &question.zone())?;
    let lists = affected(watch)?;
    Ok(Opened { register, years: watch.years.get(), ..open_with(source, question, &lists)? })
}

fn register(watch: &WatchArgs, zone: &TimeZone) -> anyhow::Result<Register> {
    if watch.events.is_empty() {
        return Ok(Register::default());
    }
    let dates = DateArgs { time_zone: Some(zone.clone()), at_format: None };
    let read = incidents::read(&watch.events, &dates);
    incidents::announce(&read);
    anyhow::ensure!(read.entries() > 0, "no event could be read from what --events names");
    Ok(read.register)
}

/// The lists of affected customers, each called like its incident.
fn affected(watch: &WatchArgs) -> anyhow::Result<CustomerLists> {
    let mut lists = Vec::new();
    for file in &watch.affected {
        lists.extend(read_lists(file, &ListColumns::default(), &TextOptions::default(), &parquet)?);
    }
    CustomerLists::new(lists).context("--affected")
}

/// Reads the files.
pub(crate) fn open(source: &SourceArgs, question: &QuestionArgs) -> anyhow::Result<Opened> {
    open_with(source, question, &CustomerLists::default())
}

/// Reads the files, told who is on which list.
fn open_with(source: &SourceArgs, question: &QuestionArgs, lists: &CustomerLists) -> anyhow::Result<Opened> {
    if let Some(mapping) = &source.save_mapping {
        refuse_input(source, mapping)?;
    }
    if let Some(lake) = &source.lake {
        return lake::open(lake, source, question, lists);
    }
    let options = options(source, &question.zone())?;
    let today = date_of(&options.time_zone, options.now);
    if let Some(until) = question.until.filter(|until| *until > today) {
        anyhow::bail!(
            "--until {until} is not over yet: data cannot be complete to a day after today, {today}"
        );
    }
    let mut bar = Reading::new();
    let read = read(source, &options, lists, &mut |progress| bar.show(progress));
    bar.finish();
    let (rows, summary) = read?;
    save_mapping(source, &summary)?;
    let settings = definitions(source, question, &summary);
    Ok(Opened::new(rows, settings, provenance(options.rejects.as_deref(), &summary)))
}

fn read(
    source: &SourceArgs,
    options: &Options,
    lists: &CustomerLists,
    progress: &mut dyn FnMut(Progress),
) -> anyhow::Result<(Rows, Summary)> {
    Ok(match read_any(&source.files, options, &parquet, progress)? {
        AnyIntake::Activities(intake) => {
            (Rows::Activities(Box::new(intake.histories.with_lists(lists)?)), intake.summary)
        }
        AnyIntake::Subscriptions(intake) => (Rows::Subscriptions(intake.table), intake.summary),
        AnyIntake::Lifetimes(intake) => (Rows::Lifetimes(intake.table), intake.summary),
    })
}

/// Where rejected rows go: the file given, or the usual one where this folder can be written to. Rejects of an
/// earlier run must not pass for those of this one; and no other file may be overwritten.
fn rejects_file(given: Option<&Path>) -> anyhow::Result<Option<PathBuf>> {
    let file = given.unwrap_or(Path::new(REJECTS));
    if file.is_file() {
        remove_earlier_rejects(file)?;
    }
    if given.is_none() {
        // Figures do not depend on the rejects, so a folder that cannot be written to does not stop the report.
        // The attempt is made with a file without a name: another process may be reading this folder.
        return Ok(tempfile::tempfile_in(".").ok().map(|_| file.to_owned()));
    }
    Ok(Some(file.to_owned()))
}

fn remove_earlier_rejects(file: &Path) -> anyhow::Result<()> {
    const HEADER: &[u8] = b"file,line,reason,content";
    let mut beginning = Vec::new();
    let earlier = match std::fs::File::open(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        opened => opened.with_context(|| format!("cannot read {}", file.display()))?,
    };
    earlier.take(HEADER.len() as u64).read_to_end(&mut beginning)?;
    if beginning != HEADER {
        anyhow::bail!(
            "{} exists and does not hold rejects; name another file with --rejects",
            file.display()
        );
    }
    match std::fs::remove_file(file) {
        // Another run in the same folder was quicker.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed.with_context(|| format!("cannot replace {}", file.display())),
    }
}

pub(crate) fn options(source: &SourceArgs, zone: &TimeZone) -> anyhow::Result<Options> {
    let temp = source.temp_dir.clone().unwrap_or_else(std::env::temp_dir);
    let header = if source.header {
        Some(true)
    } else if source.no_header {
        Some(false)
    } else {
        None
    };
    let text = TextOptions {
        format: None,
        delimiter: source.delimiter.and_then(|delimiter| u8::try_from(delimiter).ok()),
        header,
        encoding: match source.encoding {
            args::Encoding::Auto => Encoding::Auto,
            args::Encoding::Utf8 => Encoding::Utf8,
            args::Encoding::Cp1252 => Encoding::Cp1252,
        },
    };
    Ok(Options {
        mapping: mapping(source)?,
        text,
        memory: source.memory.get().saturating_mul(1 << 20),
        rejects: rejects_file(source.rejects.as_deref())?,
        ..Options::new(zone.clone(), settings::now(), temp)
    })
}

/// What the flags say of the columns, over what a saved mapping says.
fn mapping(source: &SourceArgs) -> anyhow::Result<Mapping> {
    let condition = |text: &String| text.parse().with_context(|| format!("--where {text}"));
    let given = Mapping {
        customer: source.customer.clone(),
        at: source.at.clone(),
        at_format: source.at_format.as_deref().map(str::parse).transpose().context("--at-format")?,
        event: source.event.clone(),
        message_id: source.message_id.clone(),
        activity: source.activity.clone(),
        value: source.value.clone(),
        currency: source.currency.clone(),
        segments: source.segment.clone(),
        conditions: source.conditions.iter().map(condition).collect::<anyhow::Result<_>>()?,
        start: source.start.clone(),
        end: source.end.clone(),
        reason: source.reason.clone(),
        duration: source.duration.clone(),
        ended: source.ended.clone(),
        entry: source.entry.clone(),
    };
    let Some(file) = &source.mapping else { return Ok(given) };
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the mapping {}", file.display()))?;
    Ok(given.or(Mapping::from_toml(&text, &file.display().to_string())?))
}

/// Refuses to write over a file that is to be read.
pub(crate) fn refuse_input(source: &SourceArgs, output: &Path) -> anyhow::Result<()> {
    let real = |path: &Path| path.canonicalize().ok();
    let Some(output_file) = real(output) else { return Ok(()) };
    if source.files.iter().any(|file| real(file).as_ref() == Some(&output_file)) {
        anyhow::bail!("{} is one of the files to be read; write to another one", output.display());
    }
    Ok(())
}

pub(crate) fn save_mapping(source: &SourceArgs, summary: &Summary) -> anyhow::Result<()> {
    let Some(file) = &source.save_mapping else { return Ok(()) };
    let text = summary.mapping.to_toml()?;
    std::fs::write(file, text).with_context(|| format!("cannot write the mapping {}", file.display()))
}

fn definitions(source: &SourceArgs, question: &QuestionArgs, summary: &Summary) -> Settings {
    let activity = &summary.mapping.activity;
    Settings {
        activity: if activity.is_empty() { "every row".to_owned() } else { activity.join(", ") },
        currency: summary.currency.clone(),
        grace: source.grace,
        observed_from: source.observed_from,
        ..settings::settings(question)
    }
}

fn provenance(rejects: Option<&Path>, summary: &Summary) -> Provenance {
    let rejected_rows = summary.rows_rejected();
    let reason = |count: &fidance_intake::RejectCount| RejectedReason {
        reason: count.reason.to_owned(),
        rows: count.rows,
        first_line: count.first_line,
    };
    Provenance {
        input: Input {
            version: None,
            files: summary.files.iter().map(|file| file.file.clone()).collect(),
            rows: summary.rows_read,
            rows_used: summary.rows_used,
            rows_filtered: summary.filtered + summary.not_activity,
            customers: 0,
            columns: columns(summary),
        },
        rejected: Rejected {
            rows: rejected_rows,
            reasons: summary.rejected.iter().map(reason).collect(),
            file: rejects.filter(|_| rejected_rows > 0).map(|file| file.display().to_string()),
        },
        notes: summary.notes.iter().map(input_notes::note).collect(),
    }
}

fn columns(summary: &Summary) -> BTreeMap<String, ColumnChoice> {
    let format = summary.files.first().and_then(|file| file.date_format.clone());
    let mut columns = BTreeMap::new();
    for choice in summary.columns.iter().filter(|choice| choice.role != Role::Where) {
        let role = choice.role.flag().trim_start_matches('-');
        let is_date = matches!(choice.role, Role::At | Role::Start | Role::End);
        // Several segment columns: segment, segment 2, ...
        let name = (1..).map(|n| if n == 1 { role.to_owned() } else { format!("{role} {n}") });
        let free = name.into_iter().find(|name| !columns.contains_key(name)).unwrap_or_default();
        let choice = ColumnChoice {
            column: choice.column.clone(),
            guessed: matches!(choice.how, How::Guessed(_)),
            format: format.clone().filter(|_| is_date),
        };
        columns.insert(free, choice);
    }
    columns
}
