//! Use cases, one module per context: rows become summaries, summaries become estimates, estimates become a
//! report. Sources of rows are seen only through the ports of `fidance-domain`.

pub mod affected;
pub mod alarms;
pub mod barometer;
pub mod diagnosis;
pub mod dose;
pub mod ingest;
pub mod notices;
pub mod people;
pub mod register;
pub mod report;
pub mod watch;
