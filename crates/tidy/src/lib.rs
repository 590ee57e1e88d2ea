//! Tests of the repository itself: what reviewers would otherwise have to say again and again.
//!
//! Nothing is exported. The rules and their reasons stand in STYLE.md and ARCHITECTURE.md.
