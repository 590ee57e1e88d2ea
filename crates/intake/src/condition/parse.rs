//! The parser of conditions. It stops at the first thing it does not understand and says where.

use super::{ConditionError, Literal, Operator, Test};

/// Reads `COLUMN op VALUE`.
pub(super) fn condition(source: &str) -> Result<(String, Test), ConditionError> {
    let mut parser = Parser { source, at: 0 };
    let column = parser.column()?;
    let test = parser.test()?;
    parser.skip_space();
    if !parser.rest().is_empty() {
        return Err(parser
            .error("the condition should end here; it makes one comparison, and --where may be repeated"));
    }
    Ok((column, test))
}

struct Parser<'a> {
    source: &'a str,
    /// The byte at which the rest begins.
    at: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or("")
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn error(&self, message: &str) -> ConditionError {
        let position = self.source.get(..self.at).unwrap_or("").chars().count() + 1;
        ConditionError { source_text: self.source.to_owned(), position, message: message.to_owned() }
    }

    /// Takes a sign such as `<=`.
    fn sign(&mut self, sign: &str) -> bool {
        self.skip_space();
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    /// Takes a word in any case, if it stands alone.
    fn keyword(&mut self, word: &str) -> bool {
        self.skip_space();
        let rest = self.rest();
        let found = rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
            && !rest.get(word.len()..).unwrap_or("").starts_with(is_bare);
        if found {
            self.at += word.len();
        }
        found
    }

    /// Takes a text in quotes; a doubled quote inside stands for one.
    fn quoted(&mut self, quotes: &[char]) -> Result<Option<String>, ConditionError> {
        self.skip_space();
        let start = self.at;
        let Some(quote) = self.rest().chars().next().filter(|c| quotes.contains(c)) else { return Ok(None) };
        self.at += 1;
        let mut text = String::new();
        loop {
            let mut rest = self.rest().chars();
            match rest.next() {
                Some(c) if c == quote && rest.as_str().starts_with(quote) => {
                    text.push(quote);
                    self.at += 2;
                }
                Some(c) if c == quote => {
                    self.at += 1;
                    return Ok(Some(text));
                }
                Some(c) => {
                    text.push(c);
                    self.at += c.len_utf8();
                }
                None => {
                    self.at = start;
                    return Err(self.error("this quote is not closed"));
                }
            }
        }
    }

    fn bare(&mut self) -> Option<&'a str> {
        self.skip_space();
        let rest = self.rest();
        let end = rest.find(|c: char| !is_bare(c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).filter(|word| !word.is_empty())
    }

    fn column(&mut self) -> Result<String, ConditionError> {
        if let Some(name) = self.quoted(&['"', '`'])? {
            return Ok(name);
        }
        match self.bare() {
            Some(name) => Ok(name.to_owned()),
            None => Err(self.error("a column name is expected, in \"...\" if it has spaces")),
        }
    }

    fn test(&mut self) -> Result<Test, ConditionError> {
        if self.keyword("is") {
            let negated = self.keyword("not");
            return if self.keyword("null") {
                Ok(Test::Null { negated })
            } else {
                Err(self.error("\"null\" is expected"))
            };
        }
        let negated = self.keyword("not");
        if self.keyword("like") {
            return Ok(Test::Like { pattern: self.value()?.text, negated });
        }
        if self.keyword("in") {
            return Ok(Test::In { values: self.list()?, negated });
        }
        if negated {
            return Err(self.error("\"like\" or \"in\" is expected"));
        }
        Ok(Test::Compare(self.operator()?, self.value()?))
    }

    fn operator(&mut self) -> Result<Operator, ConditionError> {
        const SIGNS: [(&str, Operator); 8] = [
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("<>", Operator::NotEqual),
            ("!=", Operator::NotEqual),
            ("==", Operator::Equal),
            ("=", Operator::Equal),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ];
        for (sign, operator) in SIGNS {
            if self.sign(sign) {
                return Ok(operator);
            }
        }
        Err(self.error("one of = != < <= > >= like, not like, in, not in, is null, is not null is expected"))
    }

    fn list(&mut self) -> Result<Vec<Literal>, ConditionError> {
        if !self.sign("(") {
            return Err(self.error("\"(\" is expected"));
        }
        let mut values = vec![self.value()?];
        while self.sign(",") {
            values.push(self.value()?);
        }
        if !self.sign(")") {
            return Err(self.error("\",\" or \")\" is expected"));
        }
        Ok(values)
    }

    fn value(&mut self) -> Result<Literal, ConditionError> {
        if let Some(text) = self.quoted(&['\'', '"'])? {
            return Ok(literal(text));
        }
        match self.bare() {
            Some(word) => Ok(literal(word.to_owned())),
            None => Err(self.error("a value is expected, in quotes if it has spaces")),
        }
    }
}

/// Characters of names and values that need no quotes.
fn is_bare(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '+' | ':' | '/' | '%' | '$' | '@' | '#' | '€')
}

fn literal(text: String) -> Literal {
    let number = text.trim().parse().ok().filter(|number: &f64| number.is_finite());
    Literal { text, number }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn errors_point_at_the_place() {
        for (text, position, message) in [
            ("", 1, "a column name"),
            ("Churn", 6, "one of ="),
            ("Churn =", 8, "a value"),
            ("Churn = 'Yes", 9, "not closed"),
            ("\"Churn = Yes", 1, "not closed"),
            ("a not b", 7, "\"like\" or \"in\""),
            ("a in (1 2)", 9, "\",\" or \")\""),
            ("a in 1", 6, "\"(\""),
            ("a is 1", 6, "\"null\""),
            ("a = 1 and b = 2", 7, "should end here"),
            ("é ~ 1", 3, "one of ="),
        ] {
            let error = condition(text).unwrap_err();
            assert_eq!(error.position, position, "{text}: {error}");
            assert!(error.message.contains(message), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_name_and_value_come_back(name in "\\PC{1,12}", value in "\\PC{0,12}") {
            let text = format!("\"{}\" = '{}'", name.replace('"', "\"\""), value.replace('\'', "''"));
            let (column, test) = condition(&text).unwrap();
            prop_assert_eq!(column, name);
            prop_assert_eq!(test, Test::Compare(Operator::Equal, literal(value)));
        }

        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,40}") {
            if let Err(e) = condition(&text) {
                prop_assert!(e.position <= text.chars().count() + 1);
            }
        }
    }
}
