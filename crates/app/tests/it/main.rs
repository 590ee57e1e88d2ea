//! One binary for all integration tests of the use cases.

mod activities;
mod contracts;
mod support;
