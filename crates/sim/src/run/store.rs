//! Where events go: straight to their file, or through the sorter.

use std::path::Path;

use crate::{
    error::SimError,
    event::Event,
    identity::Said,
    sink::{EventFormat, EventSink},
    sorter::Sorter,
};

use super::{Order, OutputOptions, Phase, Progress, TELL_EVERY};

/// The events of a run.
pub(super) struct Store<'a> {
    sink: Box<dyn EventSink + 'a>,
    sorter: Option<Sorter>,
    pub(super) events: u64,
    pub(super) span: Option<(i64, i64)>,
}

impl<'a> Store<'a> {
    pub(super) fn new(
        options: &OutputOptions<'_>,
        folder: &Path,
        start: i64,
        sink: Box<dyn EventSink + 'a>,
    ) -> Self {
        let in_time = options.order == Order::Time || matches!(options.format, EventFormat::Messages);
        let sorter = in_time.then(|| Sorter::new(folder, start, options.memory));
        Self { sink, sorter, events: 0, span: None }
    }

    pub(super) fn add(&mut self, events: &mut [Event]) -> Result<(), SimError> {
        self.events += events.len() as u64;
        for event in events.iter() {
            let (first, last) = self.span.unwrap_or((event.at, event.at));
            self.span = Some((first.min(event.at), last.max(event.at)));
        }
        if let Some(sorter) = &mut self.sorter {
            return events.iter().try_for_each(|event| sorter.add(event));
        }
        events.sort_by_key(|event| (event.received, event.sequence));
        events.iter().try_for_each(|event| self.sink.write(event))
    }

    /// Writes what is still held, with what clients say among it as it is received.
    pub(super) fn finish(
        mut self,
        said: &[Said],
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), SimError> {
        let mut said = said.iter().peekable();
        if let Some(sorter) = self.sorter {
            let (mut done, total) = (0_u64, sorter.len());
            sorter.drain(|event| {
                done += 1;
                if done.is_multiple_of(TELL_EVERY) || done == total {
                    progress(Progress { phase: Phase::Writing, done, total });
                }
                while let Some(said) = said.next_if(|said| said.received <= event.received) {
                    self.sink.say(said)?;
                }
                self.sink.write(event)
            })?;
        }
        said.try_for_each(|said| self.sink.say(said))?;
        self.sink.finish()
    }
}
