//! The pages of `docs/statistics`, inside the binary: how every figure is computed, beside the figures.
//!
//! They are written for readers of the repository too. Links between them lead to the pages here; what leads out of them is
//! left as words, since nothing here leaves the machine.

use std::{collections::BTreeMap, str};

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};
use rust_embed::RustEmbed;

/// Where the pages are.
pub(crate) const PATH: &str = "/method";

#[derive(RustEmbed)]
#[folder = "../../docs/statistics/"]
struct Files;

/// A page, ready to be put into another.
#[derive(Debug)]
pub(crate) struct ManualPage {
    pub(crate) title: String,
    pub(crate) html: String,
}

/// A page by its name, such as `alarm` or `results/alarm`.
pub(crate) fn read(name: &str) -> Option<ManualPage> {
    with_source(name, |source| ManualPage { title: title_of(source), html: rendered(name, source) })
}

/// The title of a page.
pub(crate) fn title(name: &str) -> Option<String> {
    with_source(name, title_of)
}

/// The names of all pages.
#[cfg(test)]
pub(crate) fn names() -> Vec<String> {
    Files::iter().filter_map(|file| Some(file.strip_suffix(".md")?.to_owned())).collect()
}

fn with_source<T>(name: &str, made: impl FnOnce(&str) -> T) -> Option<T> {
    let file = Files::get(&format!("{name}.md"))?;
    Some(made(str::from_utf8(&file.data).ok()?))
}

fn title_of(source: &str) -> String {
    source.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or_default().to_owned()
}

fn rendered(name: &str, source: &str) -> String {
    let events: Vec<Event<'_>> = Parser::new_ext(source, Options::ENABLE_TABLES).collect();
    let mut ids = heading_ids(&events).into_iter();
    let mut section = String::new();
    let mut links = Vec::new();
    let mut turned = Vec::with_capacity(events.len());
    for event in events {
        match event {
            Event::Start(Tag::Heading { level, classes, attrs, .. }) => {
                section = ids.next().unwrap_or_default();
                let id = Some(CowStr::from(section.clone()));
                turned.push(Event::Start(Tag::Heading { level, id, classes, attrs }));
            }
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                let target = target(name, &dest_url);
                links.push(target.is_some());
                turned.extend(
                    target.map(|target| {
                        Event::Start(Tag::Link { link_type, dest_url: target.into(), title, id })
                    }),
                );
            }
            Event::End(TagEnd::Link) => turned.extend(links.pop().unwrap_or_default().then_some(event)),
            // Its own rule would be an inline style, which the pages forbid; a wide one is scrolled, by the keyboard too.
            Event::Start(Tag::Table(_)) => {
                let open = format!(
                    "<div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-labelledby=\"{section}\">"
                );
                turned.extend([Event::Html(open.into()), Event::Start(Tag::Table(Vec::new()))]);
            }
            Event::End(TagEnd::Table) => turned.extend([event, Event::Html("</div>".into())]),
            Event::Html(markup) | Event::InlineHtml(markup) => turned.push(Event::Text(markup)),
            event => turned.push(event),
        }
    }
    let mut out = String::new();
    html::push_html(&mut out, turned.into_iter());
    out
}

/// The anchors of the headings, as forges make them: small letters, hyphens for blanks, a number for one that is there already.
fn heading_ids(events: &[Event<'_>]) -> Vec<String> {
    let mut ids = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut heading: Option<String> = None;
    for event in events {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::Text(words) | Event::Code(words) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(words);
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                let slug = slug(&heading.take().unwrap_or_default());
                let before = seen.entry(slug.clone()).or_default();
                ids.push(if *before == 0 { slug } else { format!("{slug}-{before}") });
                *before += 1;
            }
            _ => {}
        }
    }
    ids
}

fn slug(words: &str) -> String {
    let kept = words.to_lowercase();
    let kept = kept.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

/// Where a link of the page `from` leads here.
fn target(from: &str, link: &str) -> Option<String> {
    let (path, anchor) = link.split_at(link.find('#').unwrap_or(link.len()));
    if path.is_empty() {
        return Some(anchor.to_owned());
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.strip_suffix(".md")?.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    let name = parts.join("/");
    with_source(&name, |_| format!("{PATH}/{name}{anchor}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_pages_here_or_nowhere() {
        let lead = |from, link| target(from, link);
        assert_eq!(lead("diagnosis", "alarm.md#segments").as_deref(), Some("/method/alarm#segments"));
        assert_eq!(lead("diagnosis", "results/alarm.md").as_deref(), Some("/method/results/alarm"));
        assert_eq!(lead("results/alarm", "../alarm.md").as_deref(), Some("/method/alarm"));
        assert_eq!(lead("results/alarm", "returns.md").as_deref(), Some("/method/results/returns"));
        assert_eq!(lead("alarm", "#running-period").as_deref(), Some("#running-period"));
        for out in ["../guide/incidents.md", "../../README.md", "https://example.com/", "none.md", "results"]
        {
            assert_eq!(lead("diagnosis", out), None, "{out}");
        }
    }

    /// Every link of every page, with the pages it may lead to.
    #[test]
    fn every_anchor_that_a_page_names_is_there() {
        let pages: BTreeMap<String, String> =
            names().into_iter().map(|name| (format!("{PATH}/{name}"), read(&name).unwrap().html)).collect();
        let mut links = 0;
        for (path, html) in &pages {
            for link in html.split("<a href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                let (page, anchor) = link.split_once('#').unwrap_or((link, ""));
                let page = if page.is_empty() { path } else { page };
                let html = pages.get(page).unwrap_or_else(|| panic!("{path}: {link}"));
                assert!(anchor.is_empty() || html.contains(&format!("id=\"{anchor}\"")), "{path}: {link}");
                links += 1;
            }
        }
        assert!(links > 50, "{links} links");
    }

    #[test]
    fn nothing_of_a_page_is_refused_by_its_own_rules() {
        for name in names() {
            let page = read(&name).unwrap();
            assert!(!page.title.is_empty(), "{name}");
            assert!(!page.html.contains("style=") && !page.html.contains("<img"), "{name}");
            assert_eq!(page.html.matches("<table>").count(), page.html.matches("class=\"scroll\"").count());
        }
    }

    #[test]
    fn markup_is_words_and_headings_of_one_name_are_told_apart() {
        let html = rendered(
            "alarm",
            "# A\n\n## Sizes, in %\n\n<script>x</script>\n\n## Sizes, in %\n\n|a|\n|--:|\n|1|\n",
        );
        assert!(html.contains("<h2 id=\"sizes-in-\">") && html.contains("<h2 id=\"sizes-in--1\">"), "{html}");
        assert!(
            html.contains("&lt;script&gt;") && html.contains("aria-labelledby=\"sizes-in--1\""),
            "{html}"
        );
    }
}
