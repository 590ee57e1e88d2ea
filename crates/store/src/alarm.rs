//! Alarms: that a series fell below what was expected, and what became of it.
//!
//! An alarm is known by its series and by the week that raised it. Offered again, by the next evaluation or by one that goes
//! on after a crash, it is the same alarm. None is ever deleted: one that a restatement of the data took away is closed for
//! that reason, and opens again should the data bring it back.

use std::fmt;

use fidance_domain::history::Micros;
use jiff::civil::Date;

use crate::{
    NewAuditEntry, Store, StoreError, audit,
    session::{Row, Tx, stored},
};

const TABLE: &str = "alarm";
const COLUMNS: &str = "SELECT week, series, raised_at, evaluation, acknowledged_at, acknowledged_by, explained_by, \
                       explained_at, explained_who, note, noted_at, noted_who, closed_at, closed_as, closed_who, \
                       updated_at FROM alarm";

/// What an alarm is known by. In the order of time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlarmKey {
    /// The first day of the week that raised it.
    pub week: Date,
    /// The series that fell.
    pub series: String,
}

impl fmt::Display for AlarmKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.series, self.week)
    }
}

impl AlarmKey {
    /// Reads what is shown: `returns-2026-11-09`.
    pub fn parse(text: &str) -> Option<Self> {
        const DATE: usize = "2026-11-09".len();
        let (series, week) = text.split_at_checked(text.len().checked_sub(DATE)?)?;
        let series = series.strip_suffix('-').filter(|series| !series.is_empty())?;
        let key = Self { week: week.parse().ok()?, series: series.to_owned() };
        // Other forms of a date would be other names of the same alarm.
        (key.to_string() == text).then_some(key)
    }
}

/// An alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// What it is known by.
    pub key: AlarmKey,
    /// When it was first raised.
    pub raised_at: Micros,
    /// What was last found of it, as the caller writes it.
    pub evaluation: String,
    /// Who has seen it.
    pub acknowledged: Option<Signed>,
    /// What explains it.
    pub explained: Option<Explanation>,
    /// Who said so. Absent too for what was said before this was kept, as the next two are.
    pub explained_signed: Option<Signed>,
    /// What people have to say of it.
    pub note: Option<String>,
    /// Who wrote that.
    pub note_signed: Option<Signed>,
    /// How it ended.
    pub closed: Option<Closed>,
    /// Who closed it.
    pub closed_by: Option<String>,
    /// When something of it changed last.
    pub updated_at: Micros,
}

/// What explains an alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Explanation {
    /// The event of this id.
    Event(String),
    /// What people say of it: no event of the register.
    Words,
}

impl Explanation {
    /// As it is stored: no event has an empty id.
    fn as_str(&self) -> &str {
        match self {
            Self::Event(id) => id,
            Self::Words => "",
        }
    }

    fn parse(text: String) -> Self {
        if text.is_empty() { Self::Words } else { Self::Event(text) }
    }
}

/// Who said something of an alarm, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// When.
    pub at: Micros,
    /// Who, without personal data: `operator 3`.
    pub by: String,
}

/// How an alarm ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed {
    /// When.
    pub at: Micros,
    /// Why.
    pub why: Closing,
}

/// Why an alarm is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Closing {
    /// A person has done with it.
    ByPerson,
    /// The series is where it was expected again.
    Recovered,
    /// The data were restated, and do not raise it any more.
    Restated,
    /// It has lasted so long that the lower level is what is expected by now.
    Lasting,
}

impl Closing {
    const ALL: [Self; 4] = [Self::ByPerson, Self::Recovered, Self::Restated, Self::Lasting];

    /// The reason's name, as stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ByPerson => "person",
            Self::Recovered => "recovered",
            Self::Restated => "restated",
            Self::Lasting => "lasting",
        }
    }

    /// The reason of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

/// How far an alarm is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AlarmState {
    /// Nobody has seen it.
    Raised,
    /// Somebody has.
    Acknowledged,
    /// What explains it is known.
    Explained,
    /// It has ended.
    Closed,
}

impl AlarmState {
    /// The state's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Acknowledged => "acknowledged",
            Self::Explained => "explained",
            Self::Closed => "closed",
        }
    }
}

/// What an alarm was when it was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Raising {
    /// Unknown: it is raised now.
    New,
    /// Closed as restated: it is open again.
    Reopened,
    /// Known, open or closed; what was found is noted, and nothing else changes.
    Known,
}

impl Alarm {
    /// Open again, as if it had never been closed.
    fn reopen(&mut self) -> Option<Closed> {
        self.closed_by = None;
        self.closed.take()
    }

    /// How far it is.
    pub const fn state(&self) -> AlarmState {
        match self {
            Self { closed: Some(_), .. } => AlarmState::Closed,
            Self { explained: Some(_), .. } => AlarmState::Explained,
            Self { acknowledged: Some(_), .. } => AlarmState::Acknowledged,
            _ => AlarmState::Raised,
        }
    }
}

impl Store {
    /// Offers an alarm with what was found. Of two that offer a new one at the same time, one has [`Raising::New`].
    pub async fn raise_alarm(
        &self,
        key: &AlarmKey,
        evaluation: &str,
        by: &str,
        now: Micros,
    ) -> Result<Raising, StoreError> {
        let tx = self.begin(TABLE).await?;
        let Some(mut alarm) = find(&tx, key).await? else {
            let new = Alarm {
                key: key.clone(),
                raised_at: now,
                evaluation: evaluation.to_owned(),
                acknowledged: None,
                explained: None,
                explained_signed: None,
                note: None,
                note_signed: None,
                closed: None,
                closed_by: None,
                updated_at: now,
            };
            write(&tx, &new).await?;
            note(&tx, key, "alarm.raise", "", by, now).await?;
            tx.commit(TABLE).await?;
            return Ok(Raising::New);
        };
        let is_back = alarm.closed.is_some_and(|closed| closed.why == Closing::Restated);
        if !is_back && alarm.evaluation == evaluation {
            return Ok(Raising::Known);
        }
        evaluation.clone_into(&mut alarm.evaluation);
        alarm.updated_at = now;
        if is_back {
            alarm.reopen();
            note(&tx, key, "alarm.reopen", "", by, now).await?;
        }
        write(&tx, &alarm).await?;
        tx.commit(TABLE).await?;
        Ok(if is_back { Raising::Reopened } else { Raising::Known })
    }

    /// Opens an alarm again that the data had closed, with what was found; whoever saw and explained it before has done so
    /// still. [`StoreError::State`] for one that a person closed.
    pub async fn reopen_alarm(
        &self,
        key: &AlarmKey,
        evaluation: &str,
        by: &str,
        now: Micros,
    ) -> Result<(), StoreError> {
        let change = |alarm: &mut Alarm| {
            if alarm.closed.is_some_and(|closed| closed.why == Closing::ByPerson) {
                return Change::Refused("be opened again");
            }
            let closed = alarm.reopen();
            evaluation.clone_into(&mut alarm.evaluation);
            closed.map_or(Change::None, |closed| Change::Made(closed.why.as_str().to_owned()))
        };
        self.change_alarm(key, "alarm.reopen", by, now, change).await
    }

    /// Notes who has seen an alarm; whoever was first stays. [`StoreError::State`] for one that is closed.
    pub async fn acknowledge_alarm(&self, key: &AlarmKey, by: &str, now: Micros) -> Result<(), StoreError> {
        let change = |alarm: &mut Alarm| {
            if alarm.closed.is_some() {
                return Change::Refused("be acknowledged");
            }
            if alarm.acknowledged.is_some() {
                return Change::None;
            }
            alarm.acknowledged = Some(Signed { at: now, by: by.to_owned() });
            Change::Made(String::new())
        };
        self.change_alarm(key, "alarm.acknowledge", by, now, change).await
    }

    /// Notes what explains an alarm, over an earlier explanation. What caused a fall is often known after it is over, so
    /// this is for closed alarms too; [`StoreError::State`] only for one that the data do not raise any more.
    pub async fn explain_alarm(
        &self,
        key: &AlarmKey,
        explanation: &Explanation,
        by: &str,
        now: Micros,
    ) -> Result<(), StoreError> {
        let change = |alarm: &mut Alarm| {
            if alarm.closed.is_some_and(|closed| closed.why == Closing::Restated) {
                return Change::Refused("be explained");
            }
            if alarm.explained.as_ref() == Some(explanation) {
                return Change::None;
            }
            alarm.explained = Some(explanation.clone());
            alarm.explained_signed = Some(Signed { at: now, by: by.to_owned() });
            Change::Made(explanation.as_str().to_owned())
        };
        self.change_alarm(key, "alarm.explain", by, now, change).await
    }

    /// Notes what people have to say of an alarm, whatever its state; `None` takes the note away.
    pub async fn note_alarm(
        &self,
        key: &AlarmKey,
        text: Option<&str>,
        by: &str,
        now: Micros,
    ) -> Result<(), StoreError> {
        let change = |alarm: &mut Alarm| {
            if alarm.note.as_deref() == text {
                return Change::None;
            }
            alarm.note = text.map(str::to_owned);
            alarm.note_signed = text.map(|_| Signed { at: now, by: by.to_owned() });
            Change::Made(String::new())
        };
        self.change_alarm(key, "alarm.note", by, now, change).await
    }

    /// Closes an alarm. One that is closed already stays as it is, for its first reason.
    pub async fn close_alarm(
        &self,
        key: &AlarmKey,
        why: Closing,
        by: &str,
        now: Micros,
    ) -> Result<(), StoreError> {
        let change = |alarm: &mut Alarm| {
            if alarm.closed.is_some() {
                return Change::None;
            }
            alarm.closed = Some(Closed { at: now, why });
            alarm.closed_by = Some(by.to_owned());
            Change::Made(why.as_str().to_owned())
        };
        self.change_alarm(key, "alarm.close", by, now, change).await
    }

    /// An alarm.
    pub async fn alarm(&self, key: &AlarmKey) -> Result<Option<Alarm>, StoreError> {
        let sql = format!("{COLUMNS} WHERE week = $1 AND series = $2");
        let values = vec![key.week.to_string().into(), key.series.as_str().into()];
        self.reader().first(TABLE, sql, values).await?.as_ref().map(alarm).transpose()
    }

    /// The latest alarms, at most `limit`; those before the alarm `before`, if it is given.
    pub async fn alarms(&self, before: Option<&AlarmKey>, limit: usize) -> Result<Vec<Alarm>, StoreError> {
        let (wanted, values) = match before {
            Some(key) => (
                " WHERE (week, series) < ($1, $2)",
                vec![key.week.to_string().into(), key.series.as_str().into()],
            ),
            None => ("", vec![]),
        };
        let sql = format!("{COLUMNS}{wanted} ORDER BY week DESC, series DESC LIMIT {}", stored(limit));
        self.reader().all(TABLE, sql, values).await?.iter().map(alarm).collect()
    }

    /// Alarms that are not closed, the oldest first.
    pub async fn open_alarms(&self) -> Result<Vec<Alarm>, StoreError> {
        let sql = format!("{COLUMNS} WHERE closed_at IS NULL ORDER BY week, series");
        self.reader().all(TABLE, sql, vec![]).await?.iter().map(alarm).collect()
    }

    async fn change_alarm(
        &self,
        key: &AlarmKey,
        action: &'static str,
        by: &str,
        now: Micros,
        change: impl FnOnce(&mut Alarm) -> Change,
    ) -> Result<(), StoreError> {
        let tx = self.begin(TABLE).await?;
        let known = find(&tx, key).await?;
        let mut alarm = known.ok_or_else(|| StoreError::Absent { table: TABLE, id: key.to_string() })?;
        match change(&mut alarm) {
            Change::None => Ok(()),
            Change::Refused(what) => Err(StoreError::State { table: TABLE, id: key.to_string(), what }),
            Change::Made(detail) => {
                alarm.updated_at = now;
                write(&tx, &alarm).await?;
                note(&tx, key, action, &detail, by, now).await?;
                tx.commit(TABLE).await
            }
        }
    }
}

/// What somebody's wish does to an alarm.
enum Change {
    /// It is so already.
    None,
    /// It changes; what the log of who did what should say besides.
    Made(String),
    /// It cannot.
    Refused(&'static str),
}

async fn find(tx: &Tx, key: &AlarmKey) -> Result<Option<Alarm>, StoreError> {
    let sql = format!("{COLUMNS} WHERE week = $1 AND series = $2");
    let values = vec![key.week.to_string().into(), key.series.as_str().into()];
    tx.first(TABLE, sql, values).await?.as_ref().map(alarm).transpose()
}

async fn write(tx: &Tx, alarm: &Alarm) -> Result<(), StoreError> {
    let sql = "INSERT INTO alarm (week, series, raised_at, evaluation, acknowledged_at, acknowledged_by, explained_by, \
               explained_at, explained_who, note, noted_at, noted_who, closed_at, closed_as, closed_who, updated_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
               ON CONFLICT (week, series) DO UPDATE SET evaluation = excluded.evaluation, \
               acknowledged_at = excluded.acknowledged_at, acknowledged_by = excluded.acknowledged_by, \
               explained_by = excluded.explained_by, explained_at = excluded.explained_at, \
               explained_who = excluded.explained_who, note = excluded.note, noted_at = excluded.noted_at, \
               noted_who = excluded.noted_who, closed_at = excluded.closed_at, closed_as = excluded.closed_as, \
               closed_who = excluded.closed_who, updated_at = excluded.updated_at";
    let at = |signed: &Option<Signed>| signed.as_ref().map(|signed| signed.at);
    let who = |signed: &Option<Signed>| signed.as_ref().map(|signed| signed.by.clone());
    let values = vec![
        alarm.key.week.to_string().into(),
        alarm.key.series.as_str().into(),
        alarm.raised_at.into(),
        alarm.evaluation.as_str().into(),
        at(&alarm.acknowledged).into(),
        who(&alarm.acknowledged).into(),
        alarm.explained.as_ref().map(|what| what.as_str().to_owned()).into(),
        at(&alarm.explained_signed).into(),
        who(&alarm.explained_signed).into(),
        alarm.note.clone().into(),
        at(&alarm.note_signed).into(),
        who(&alarm.note_signed).into(),
        alarm.closed.map(|closed| closed.at).into(),
        alarm.closed.map(|closed| closed.why.as_str().to_owned()).into(),
        alarm.closed_by.clone().into(),
        alarm.updated_at.into(),
    ];
    tx.execute(TABLE, sql, values).await.map(drop)
}

async fn note(
    tx: &Tx,
    key: &AlarmKey,
    action: &str,
    detail: &str,
    by: &str,
    now: Micros,
) -> Result<(), StoreError> {
    let entry = NewAuditEntry {
        at: now,
        actor: by.to_owned(),
        action: action.to_owned(),
        object: key.to_string(),
        detail: detail.to_owned(),
    };
    audit::add(tx, &entry).await
}

fn alarm(row: &Row) -> Result<Alarm, StoreError> {
    let week: String = row.get("week")?;
    let closed = match (row.get("closed_at")?, row.get::<Option<String>>("closed_as")?) {
        (Some(at), Some(why)) => {
            let why = Closing::parse(&why).ok_or_else(|| row.damaged(format!("closed_as is {why}")))?;
            Some(Closed { at, why })
        }
        _ => None,
    };
    Ok(Alarm {
        key: AlarmKey {
            week: week.parse().map_err(|_| row.damaged(format!("week is {week}")))?,
            series: row.get("series")?,
        },
        raised_at: row.get("raised_at")?,
        evaluation: row.get("evaluation")?,
        acknowledged: signed(row, "acknowledged_at", "acknowledged_by")?,
        explained: row.get::<Option<String>>("explained_by")?.map(Explanation::parse),
        explained_signed: signed(row, "explained_at", "explained_who")?,
        note: row.get("note")?,
        note_signed: signed(row, "noted_at", "noted_who")?,
        closed,
        closed_by: row.get("closed_who")?,
        updated_at: row.get("updated_at")?,
    })
}

fn signed(row: &Row, at: &str, by: &str) -> Result<Option<Signed>, StoreError> {
    let (at, by): (Option<Micros>, Option<String>) = (row.get(at)?, row.get(by)?);
    Ok(at.zip(by).map(|(at, by)| Signed { at, by }))
}
