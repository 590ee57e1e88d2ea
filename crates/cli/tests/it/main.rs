//! One binary for all integration tests of the command line: they run the real program on real files.

mod bad_input;
mod forms;
mod reference;
mod schema;
mod support;
