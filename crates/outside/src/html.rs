//! The HTML of a mail: its text in paragraphs, with links. No style, no image, nothing that is loaded.

use std::fmt::Write as _;

/// Signs at the end of a word that belong to the sentence rather than to a link.
const AFTER: [char; 8] = ['.', ',', ';', ':', '!', '?', ')', '"'];

/// The page of a text. Empty lines part paragraphs.
pub(crate) fn page(text: &str) -> String {
    let mut page = String::from("<!doctype html>\n<html><head><meta charset=\"utf-8\"></head><body>\n");
    let mut paragraph = Vec::new();
    for line in text.lines().chain([""]) {
        if line.trim().is_empty() {
            if !paragraph.is_empty() {
                // Writing to a string cannot fail.
                let _ = writeln!(page, "<p>{}</p>", paragraph.join("<br>\n"));
                paragraph.clear();
            }
        } else {
            paragraph.push(linked(line));
        }
    }
    page.push_str("</body></html>\n");
    page
}

/// A line whose words that are addresses of pages are links.
fn linked(line: &str) -> String {
    let words = line.split(' ').map(|word| {
        let link = word.trim_end_matches(AFTER);
        if !link.starts_with("https://") && !link.starts_with("http://") {
            return escaped(word);
        }
        let (link, rest) = (escaped(link), escaped(word.strip_prefix(link).unwrap_or_default()));
        format!("<a href=\"{link}\">{link}</a>{rest}")
    });
    words.collect::<Vec<_>>().join(" ")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_paragraphs_with_links() {
        let page = page("A & B fell <1>.\nSee https://shop.example/a?b=1&c=\"2\", now.\n\n\nBye\n");
        let (_, body) = page.split_once("<body>\n").unwrap();
        assert_eq!(
            body,
            "<p>A &amp; B fell &lt;1&gt;.<br>\nSee <a href=\"https://shop.example/a?b=1&amp;c=&quot;2\">\
             https://shop.example/a?b=1&amp;c=&quot;2</a>&quot;, now.</p>\n<p>Bye</p>\n</body></html>\n"
        );
    }
}
