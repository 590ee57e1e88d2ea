//! The files that need all customers: voices, register, truth, the scenario itself and what they mean.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{
    error::SimError,
    register::register,
    sink::Names,
    truth,
    voice::{write_complaints, write_surveys},
};

use super::{FileWritten, Outcome, Progress, Run};

impl Run<'_> {
    /// Completes the folder.
    pub(super) fn finish(
        self,
        folder: &Path,
        events_path: &Path,
        names: &Names<'_>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Outcome, SimError> {
        let mut files = Files { folder, written: Vec::new() };
        let (events, span) = (self.store.events, self.store.span);
        let said = self.links.said(&self.scenario.dirt);
        self.store.finish(&said, progress)?;
        files.note(events_path.to_owned(), Some(events))?;
        self.affected_file.finish()?;
        files.note(folder.join("affected.csv"), Some(self.affected.iter().sum()))?;
        let shop = &self.scenario.shop.name;
        if !self.scenario.identity.is_plain() {
            let path = folder.join("links.csv");
            let links = self.links.write(&path, names)?;
            files.note(path, Some(links))?;
        }
        let path = folder.join("complaints.csv");
        let complaints = write_complaints(&path, self.complaints, shop, names)?;
        files.note(path, Some(complaints))?;
        let path = folder.join("surveys.csv");
        let surveys = write_surveys(&path, self.surveys, shop, names)?;
        files.note(path, Some(surveys))?;
        files.json("incidents.json", &register(self.scenario, &self.affected))?;
        let (changes, calendar) = (self.stakes.changes, self.stakes.calendar);
        files.json("truth.json", &truth::report(&self.truth, self.scenario, self.seed, changes, calendar))?;
        files.text("scenario.toml", &self.scenario.to_toml()?)?;
        let outcome = Outcome {
            files: Vec::new(),
            events,
            orders: self.orders,
            customers: u64::from(self.scenario.customers.count),
            buyers: self.buyers,
            span,
        };
        let links = !self.scenario.identity.is_plain();
        files.text("README.md", &readme(shop, self.seed, events_path, &outcome, links))?;
        Ok(Outcome { files: files.written, ..outcome })
    }
}

struct Files<'a> {
    folder: &'a Path,
    written: Vec<FileWritten>,
}

impl Files<'_> {
    fn note(&mut self, path: PathBuf, rows: Option<u64>) -> Result<(), SimError> {
        let size = fs::metadata(&path).map_err(|source| SimError::Write { path: path.clone(), source })?;
        self.written.push(FileWritten { path, rows, bytes: size.len() });
        Ok(())
    }

    fn text(&mut self, name: &str, text: &str) -> Result<(), SimError> {
        let path = self.folder.join(name);
        fs::write(&path, text).map_err(|source| SimError::Write { path: path.clone(), source })?;
        self.note(path, None)
    }

    fn json(&mut self, name: &str, value: &Value) -> Result<(), SimError> {
        self.text(name, &format!("{value:#}\n"))
    }
}

fn readme(shop: &str, seed: u64, events_path: &Path, outcome: &Outcome, links: bool) -> String {
    let events_file =
        events_path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let Outcome { events, orders, customers, buyers, .. } = outcome;
    let links = if links {
        "| `links.csv` | which ids were merged and split, and when: anonymous visitors, and customers taken for another |\n"
    } else {
        ""
    };
    format!(
        "# {shop}, simulated

Written by `fidance simulate` from `scenario.toml` with seed {seed}. No person in it exists.

| file | what it holds |
|---|---|
| `{events_file}` | {events} events, of which {orders} are orders (before any row was spoiled), of {buyers} buyers among {customers} persons |
{links}| `complaints.csv` | complaints by phone, e-mail and social network, with the motive that an agent would note |
| `surveys.csv` | exit surveys sent to lapsed customers; unanswered ones have empty cells |
| `incidents.json` | the shop's own register of incidents and changes |
| `affected.csv` | the customers on the list of each breach |
| `truth.json` | what every incident and change really did. No estimator may read it |
| `scenario.toml` | the parameters; the same file and seed give the same bytes |

`truth.json` counts the world as it is, and for every planted effect the world without it, customer by customer with
the same random numbers. Its figures are of what happened, before any row was spoiled.
"
    )
}
