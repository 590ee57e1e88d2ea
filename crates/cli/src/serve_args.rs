//! The command line of the server and of the commands beside it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::lake_args::{CacheArgs, LakeName};

/// Which server is meant.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServeArgs {
    /// The configuration [default: fidance.toml, if it is there]
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
}

/// A copy of what a server keeps.
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    #[command(flatten)]
    pub(crate) server: ServeArgs,
    /// Folder for the copy, which must not be there yet
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}

/// Sources.
#[derive(Debug, Args)]
pub(crate) struct SourceCommandArgs {
    #[command(flatten)]
    pub(crate) server: ServeArgs,
    #[command(subcommand)]
    pub(crate) command: SourceCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SourceCommand {
    /// Make a source; its name is for good
    Add {
        /// The name: message ids are told apart within it
        name: String,
        /// `unless_refused`, `if_given` or `count_only`: what its events need so that they are kept with their person
        #[arg(long, default_value = "unless_refused")]
        consent: String,
    },
    /// List all sources
    List,
}

/// Keys.
#[derive(Debug, Args)]
pub(crate) struct KeyCommandArgs {
    #[command(flatten)]
    pub(crate) server: ServeArgs,
    #[command(subcommand)]
    pub(crate) command: KeyCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key, which is shown this once
    Add {
        /// The source that will send with it
        source: String,
        /// An origin of pages that may send with it, such as <https://shop.example>; makes it a key for browsers
        #[arg(long, value_name = "ORIGIN")]
        browser: Vec<String>,
    },
    /// List all keys, without the keys themselves
    List,
    /// Refuse a key; a running server does so within a minute
    Revoke {
        /// Its number
        id: i64,
    },
}

/// Dead letters.
#[derive(Debug, Args)]
pub(crate) struct LettersArgs {
    #[command(flatten)]
    pub(crate) server: ServeArgs,
    #[command(subcommand)]
    pub(crate) command: LettersCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LettersCommand {
    /// List them, newest first
    List {
        /// Only with this reason
        #[arg(long)]
        reason: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Print the message of one
    Show {
        /// Its number
        id: i64,
    },
    /// Put a repaired message in the place of one's
    Repair {
        /// Its number
        id: i64,
        /// File with the message as it should have been
        file: PathBuf,
    },
    /// Take one in as if it had come right
    Replay {
        /// Its number
        id: i64,
    },
    /// Throw one away
    Delete {
        /// Its number
        id: i64,
    },
}

/// Erasing a person.
#[derive(Debug, Args)]
pub(crate) struct EraseArgs {
    #[command(flatten)]
    pub(crate) server: ServeArgs,
    /// The customer's id, as it is in the data; any other id that was said to be the same person goes with it
    #[arg(value_name = "CUSTOMER", required_unless_present = "receipt")]
    pub(crate) customer: Option<String>,
    /// Do not ask whether it is meant
    #[arg(long)]
    pub(crate) yes: bool,
    /// Show what became of an earlier erasure
    #[arg(long, value_name = "ID", conflicts_with_all = ["customer", "lake"])]
    pub(crate) receipt: Option<String>,
    /// A lake that no server writes into: a folder, or `s3://bucket/path`
    #[arg(long, value_name = "LAKE", help_heading = "Lake", conflicts_with = "config")]
    pub(crate) lake: Option<LakeName>,
    #[command(flatten)]
    pub(crate) cache: CacheArgs,
}
