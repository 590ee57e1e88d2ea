//! The patterns of SQL's `like`: `%` stands for any text, `_` for one character.

/// Whether a text matches; letters count with their case.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (mut pattern_rest, mut text_rest) = (pattern, text);
    // Where to go on when the text behind the last `%` does not fit: one character further.
    let mut retry: Option<(&str, &str)> = None;
    loop {
        let mut wanted = pattern_rest.chars();
        let mut given = text_rest.chars();
        match (wanted.next(), given.next()) {
            (Some('%'), _) => {
                pattern_rest = wanted.as_str();
                retry = Some((pattern_rest, text_rest));
                continue;
            }
            (Some('_'), Some(_)) => {}
            (Some(a), Some(b)) if a == b => {}
            (None, None) => return true,
            _ => {
                let Some((after, from)) = retry else { return false };
                let mut skipped = from.chars();
                if skipped.next().is_none() {
                    return false;
                }
                (pattern_rest, text_rest) = (after, skipped.as_str());
                retry = Some((after, text_rest));
                continue;
            }
        }
        (pattern_rest, text_rest) = (wanted.as_str(), given.as_str());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match() {
        for (pattern, text, expected) in [
            ("C%", "C536379", true),
            ("C%", "536379", false),
            ("%", "", true),
            ("", "", true),
            ("", "x", false),
            ("%a%b", "xxaxxbxb", true),
            ("%a%b", "xxaxxbx", false),
            ("_", "é", true),
            ("__", "é", false),
            ("a_c%e", "abcdde", true),
            ("100%", "100 %", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{text} like {pattern}");
        }
    }
}
