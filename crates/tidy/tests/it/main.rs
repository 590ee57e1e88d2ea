//! The repository against its own rules.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::format_collect,
    clippy::format_push_string,
    clippy::print_stdout,
    reason = "helpers of tests fail like tests"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// Every tracked-looking file below a folder with one of these endings.
fn files(below: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let skipped = ["target", "node_modules", "dist", ".git", "test-results", ".venv"];
    let mut found = Vec::new();
    for entry in fs::read_dir(below).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let name = entry.file_name().into_string().unwrap();
        if path.is_dir() && !skipped.contains(&name.as_str()) {
            found.extend(files(&path, endings));
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
    found
}

/// Fails with all breaches at once, each with its place.
fn assert_none(rule: &str, breaches: &[String]) {
    assert!(breaches.is_empty(), "{rule}:\n  {}", breaches.join("\n  "));
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

fn sources() -> Vec<(String, String)> {
    let read = |path: PathBuf| (shown(&path), fs::read_to_string(&path).unwrap());
    files(&root().join("crates"), &[".rs"]).into_iter().map(read).collect()
}

#[test]
fn every_source_file_says_why_it_exists() {
    let silent = sources().into_iter().filter(|(_, text)| !text.starts_with("//!")).map(|(path, _)| path);
    assert_none("files without a //! at the top", &silent.collect::<Vec<_>>());
}

#[test]
fn no_source_file_is_too_long_to_find_ones_way_in() {
    let long = sources()
        .into_iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > 600);
    assert_none(
        "files of more than 600 lines",
        &long.map(|(path, lines)| format!("{path}: {lines}")).collect::<Vec<_>>(),
    );
}

#[test]
fn nothing_is_left_for_later() {
    let words = [
        "TO".to_owned() + "DO",
        "FIX".to_owned() + "ME",
        "todo".to_owned() + "!(",
        "unimplemented".to_owned() + "!(",
    ];
    let mut found = Vec::new();
    for (path, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            if words.iter().any(|word| line.contains(word.as_str())) {
                found.push(format!("{path}:{}: {line}", number + 1));
            }
        }
    }
    assert_none("unfinished code", &found);
}

/// Who may depend on whom. A crate that is absent here does not exist.
const DIRECTION: &[(&str, &[&str])] = &[
    ("stats", &[]),
    ("domain", &[]),
    ("intake", &["domain"]),
    ("lake", &["domain"]),
    ("outside", &["domain"]),
    ("store", &["domain"]),
    ("sim", &["domain"]),
    ("engine", &["domain", "lake"]),
    ("app", &["domain", "stats", "store", "wire"]),
    ("web", &["app", "domain", "store", "wire"]),
    ("wire", &["domain"]),
    ("cli", &["app", "domain", "engine", "intake", "lake", "outside", "sim", "store", "web", "wire"]),
    ("tidy", &[]),
];

#[test]
fn crates_depend_in_one_direction() {
    let mut breaches = Vec::new();
    for entry in fs::read_dir(root().join("crates")).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        let manifest = fs::read_to_string(entry.path().join("Cargo.toml")).unwrap();
        let Some((_, allowed)) = DIRECTION.iter().find(|(known, _)| *known == name) else {
            breaches.push(format!("crates/{name} is not in the list of ARCHITECTURE.md and of this test"));
            continue;
        };
        let normal = manifest.split("[dev-dependencies]").next().unwrap();
        for line in normal.lines().filter_map(|line| line.strip_prefix("fidance-")) {
            let dependency = line.split(['.', ' ', '=']).next().unwrap();
            if !allowed.contains(&dependency) {
                breaches.push(format!("{name} must not depend on {dependency}"));
            }
        }
    }
    assert_none("dependencies against the direction", &breaches);
}

#[test]
fn weighty_libraries_stay_in_their_crate() {
    let homes = [
        ("arrow-array", "lake"),
        ("parquet", "lake"),
        ("object_store", "lake"),
        ("lettre", "outside"),
        ("reqwest", "outside"),
        ("sea-orm", "store"),
        ("sea-orm-migration", "store"),
        ("axum", "web"),
        ("askama", "web"),
        ("clap", "cli"),
        ("anyhow", "cli"),
        ("datafusion", "engine"),
        ("datafusion-proto", "engine"),
        ("ballista-core", "engine"),
        ("ballista-executor", "engine"),
        ("ballista-scheduler", "engine"),
    ];
    let mut breaches = Vec::new();
    for manifest in files(&root().join("crates"), &["Cargo.toml"]) {
        let text = fs::read_to_string(&manifest).unwrap();
        for (library, home) in homes {
            let names_it = text.lines().any(|line| {
                line.starts_with(&format!("{library}.")) || line.starts_with(&format!("{library} "))
            });
            if names_it && !shown(&manifest).starts_with(&format!("crates/{home}/")) {
                breaches.push(format!("{} names {library}, which only {home} may", shown(&manifest)));
            }
        }
    }
    assert_none("libraries outside their crate", &breaches);
}

#[test]
fn only_the_engine_is_left_out_of_a_plain_build() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let built = manifest.split("default-members = [").nth(1).unwrap().split(']').next().unwrap();
    let folders = fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().file_name());
    let left_out: Vec<_> =
        folders.filter(|name| !built.contains(&format!("\"crates/{}\"", name.to_str().unwrap()))).collect();
    assert_eq!(left_out, ["engine"]);
    let cli = fs::read_to_string(root().join("crates/cli/Cargo.toml")).unwrap();
    assert!(cli.contains("fidance-engine = { workspace = true, optional = true }"));
    assert!(!cli.contains("\ndefault = "), "a default feature of the binary could bring the engine in");
}

#[test]
fn dependencies_are_declared_once() {
    let mut breaches = Vec::new();
    for manifest in files(&root().join("crates"), &["Cargo.toml"]) {
        for line in fs::read_to_string(&manifest).unwrap().lines() {
            if line.contains("version = \"")
                || line.contains(" = \"")
                    && line.chars().any(|c| c.is_ascii_digit())
                    && !line.starts_with("name")
            {
                breaches.push(format!("{}: {line}", shown(&manifest)));
            }
        }
    }
    assert_none("versions outside the workspace manifest", &breaches);
}

#[test]
fn every_estimator_has_its_page() {
    let pages: Vec<String> =
        files(&root().join("docs/statistics"), &[".md"]).iter().map(|page| shown(page)).collect();
    assert!(pages.len() >= 5, "{pages:?}");
    for page in &pages {
        let text = fs::read_to_string(root().join(page)).unwrap();
        assert!(text.starts_with("# "), "{page} has no title");
    }
}

#[test]
fn decisions_are_numbered_without_gaps() {
    let mut numbers: Vec<u32> = files(&root().join("docs/adr"), &[".md"])
        .iter()
        .filter_map(|path| path.file_name()?.to_str()?.get(..4)?.parse().ok())
        .collect();
    numbers.sort_unstable();
    let expected: Vec<u32> = (1..).take(numbers.len()).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut broken = Vec::new();
    for document in files(&root(), &[".md"]) {
        let text = fs::read_to_string(&document).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap();
            let is_local = !path.is_empty() && !path.contains(':') && !path.contains(' ');
            if is_local && !document.parent().unwrap().join(path).exists() {
                broken.push(format!("{}: {target}", shown(&document)));
            }
        }
    }
    assert_none("links to nowhere", &broken);
}

#[test]
fn nothing_says_where_it_was_made() {
    let words = [["/wo", "rk/"].concat(), [".libr", "ary"].concat(), ["/ro", "ot/"].concat()];
    let mut found = Vec::new();
    for path in
        files(&root(), &[".rs", ".md", ".toml", ".ts", ".py", ".json", "Makefile", ".html", ".css", ".lock"])
    {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        if let Some(word) = words.iter().find(|word| text.contains(word.as_str())) {
            found.push(format!("{}: {word}", shown(&path)));
        }
    }
    assert_none("paths of one machine", &found);
}
