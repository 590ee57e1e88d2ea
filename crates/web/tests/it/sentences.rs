//! Both languages say everything, with the same arguments, and French is set as French is.

use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::{
    ast::{CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement},
    parser,
};

const ENGLISH: &str = include_str!("../../i18n/en/fidance.ftl");
const FRENCH: &str = include_str!("../../i18n/fr/fidance.ftl");

type Messages = BTreeMap<String, BTreeSet<String>>;

/// Every message with the arguments it names.
fn messages(source: &str) -> Messages {
    let resource = parser::parse(source).unwrap();
    let entries = resource.body.iter().filter_map(|entry| match entry {
        Entry::Message(message) => Some(message),
        Entry::Junk { content } => panic!("not Fluent: {content}"),
        _ => None,
    });
    let mut messages = Messages::new();
    for message in entries {
        let mut arguments = BTreeSet::new();
        arguments_of(message.value.as_ref().unwrap(), &mut arguments);
        let before = messages.insert(message.id.name.to_owned(), arguments);
        assert!(before.is_none(), "{} twice", message.id.name);
    }
    messages
}

fn arguments_of(pattern: &Pattern<&str>, found: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else { continue };
        match expression {
            Expression::Inline(inline) => argument(inline, found),
            Expression::Select { selector, variants } => {
                argument(selector, found);
                variants.iter().for_each(|variant| arguments_of(&variant.value, found));
            }
        }
    }
}

fn argument(inline: &InlineExpression<&str>, found: &mut BTreeSet<String>) {
    match inline {
        InlineExpression::VariableReference { id } => {
            found.insert(id.name.to_owned());
        }
        InlineExpression::FunctionReference { arguments: CallArguments { positional, .. }, .. } => {
            positional.iter().for_each(|one| argument(one, found));
        }
        _ => {}
    }
}

#[test]
fn both_languages_have_the_same_messages_with_the_same_arguments() {
    let (english, mut french) = (messages(ENGLISH), messages(FRENCH));
    // French has one form for `mois`, so it has no use for the bare number.
    french.get_mut("months").unwrap().insert("n".to_owned());
    assert_eq!(english, french);
}

#[test]
fn every_message_is_used() {
    let mut sources = String::new();
    for folder in ["src", "src/view", "src/pages", "templates"] {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
            if file.is_file() {
                sources.push_str(&std::fs::read_to_string(file).unwrap());
            }
        }
    }
    let unused = messages(ENGLISH)
        .into_keys()
        .filter(|key| !sources.contains(&format!("\"{key}\"")))
        .collect::<Vec<_>>();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn french_has_its_spaces_quotes_and_apostrophes() {
    for line in FRENCH.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let text = line.split_once(" = ").map_or(line, |(_, text)| text);
        if text == "%" {
            continue;
        }
        for wrong in ["'", "\"", " :", " ;", " !", " ?", " %", "« ", " »", "...", "“", "”"] {
            assert!(!text.contains(wrong), "{wrong:?} in {line}");
        }
    }
}

#[test]
fn english_has_curly_quotes_and_apostrophes() {
    for line in ENGLISH.lines().filter(|line| !line.starts_with('#')) {
        for wrong in ["'", "\"", "..."] {
            assert!(!line.contains(wrong), "{wrong:?} in {line}");
        }
    }
}
