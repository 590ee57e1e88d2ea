//! Lists of affected customers as a server takes them: ids become pseudonyms here, and are forgotten.

use std::{
    fmt,
    io::{BufReader, Read},
};

use fidance_app::{
    affected::{Customers, ListForm, WrongList},
    ingest::LakeFault,
};
use fidance_domain::{
    history::Histories as _,
    id::{CustomerKey, is_reserved},
    list::{CustomerList, CustomerLists},
};
use fidance_intake::{IntakeError, ListColumns, customers::customer_key, read_lists_from};
use fidance_lake::{Lake, LakeError, Location, Pseudonyms, Reading};
use serde::{
    Deserializer as _,
    de::{Error, SeqAccess, Visitor},
};

use super::port::fault;

/// Customers of one list.
pub(super) const LONGEST_LIST: usize = 1_000_000;
/// What errors call it.
const NAME: &str = "the list";

/// The customers of a server's lake.
#[derive(Debug)]
pub(super) struct LakeCustomers {
    pub(super) names: Pseudonyms,
    pub(super) location: Location,
}

impl Customers for LakeCustomers {
    fn listed(
        &self,
        incident: &str,
        form: ListForm,
        list: Box<dyn Read + Send>,
    ) -> Result<Vec<i64>, WrongList> {
        let keys = match form {
            ListForm::Table => table(incident, list)?,
            ListForm::Json => array(list)?,
        };
        Ok(keys.into_iter().map(|key| self.names.of(key)).collect())
    }

    fn known(&self, listed: Vec<i64>) -> Result<u64, LakeFault> {
        const TRIES: usize = 3;
        let list = CustomerList::new(NAME, listed);
        let listed = list.customers().len() as u64;
        let lists = CustomerLists::new(vec![list]).map_err(|error| LakeFault::Other(Box::new(error)))?;
        let read = || -> Result<u64, LakeError> {
            let mut lake = Lake::open(&self.location)?;
            let histories = lake.histories(Reading::Masks)?.with_listed(&lists)?;
            let unknown = histories.segments().unknown.first().copied().unwrap_or_default();
            Ok(listed.saturating_sub(unknown))
        };
        let mut tries = 0;
        loop {
            match read() {
                // A file was removed meanwhile: somebody was forgotten.
                Err(LakeError::Missing { .. }) if tries < TRIES => tries += 1,
                outcome => return outcome.map_err(fault),
            }
        }
    }
}

/// A table, as `--affected` takes it, of this incident alone.
fn table(incident: &str, list: Box<dyn Read + Send>) -> Result<Vec<CustomerKey>, WrongList> {
    let wrong = |error: IntakeError| {
        // The command line has flags for what was not found; a request has the names of its columns.
        let what = match &error {
            IntakeError::NotGuessed { .. } => {
                format!("{NAME}: no column of customers was found; call it `customer_id`")
            }
            IntakeError::Tie { columns, .. } => {
                format!("{NAME}: several columns may be meant; call the customers' `customer_id`:{columns}")
            }
            error => error.to_string(),
        };
        WrongList(what)
    };
    let mut lists = read_lists_from(list, NAME, &ListColumns::default(), LONGEST_LIST).map_err(wrong)?;
    // Where nothing says what the customers are listed for, the list is called as it was here.
    let other = lists.iter().find(|list| list.name() != incident && list.name() != NAME);
    if let Some(other) = other {
        let name = other.name();
        let what = format!("{NAME}: it also names the incident {name:?}; put those customers under that one");
        return Err(WrongList(what));
    }
    let keys = lists.pop().map(|list| list.customers().to_vec());
    keys.filter(|keys| !keys.is_empty()).ok_or_else(|| WrongList(format!("{NAME}: no customer is on it")))
}

/// An array of ids.
fn array(list: Box<dyn Read + Send>) -> Result<Vec<CustomerKey>, WrongList> {
    let mut reader = serde_json::Deserializer::from_reader(BufReader::new(list));
    let keys = reader.deserialize_seq(Ids).and_then(|keys| reader.end().map(|()| keys));
    keys.map_err(|error| WrongList(format!("{NAME}: {error}")))
}

struct Ids;

impl<'de> Visitor<'de> for Ids {
    type Value = Vec<CustomerKey>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of customers' ids")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut keys = Vec::new();
        while let Some(id) = items.next_element::<String>()? {
            let (item, id) = (keys.len() + 1, id.trim());
            if item > LONGEST_LIST {
                return Err(A::Error::custom(format!("more than {LONGEST_LIST} customers")));
            }
            if id.is_empty() {
                return Err(A::Error::custom(format!("item {item} is empty; each is a customer's id")));
            }
            if is_reserved(id) {
                return Err(A::Error::custom(format!("item {item} is {id:?}, which stands for nobody")));
            }
            keys.push(customer_key(id));
        }
        if keys.is_empty() {
            return Err(A::Error::custom("no customer is on it"));
        }
        Ok(keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(form: ListForm, text: &str) -> Result<Vec<CustomerKey>, String> {
        let list = Box::new(std::io::Cursor::new(text.as_bytes().to_vec()));
        let read = match form {
            ListForm::Table => table("leak", list),
            ListForm::Json => array(list),
        };
        read.map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn a_table_and_an_array_say_the_same() {
        let mut wanted: Vec<_> = ["a-1", "b-2", "c-3"].map(customer_key).into();
        wanted.sort_unstable();
        for (form, text) in [
            (ListForm::Table, "customer_id,incident\na-1,leak\nb-2,leak\nc-3,leak\na-1,leak\n"),
            (ListForm::Table, "client;nom\na-1;A\nb-2;B\nc-3;C\n"),
            (ListForm::Table, "a-1\nb-2\nc-3\n"),
            (ListForm::Json, r#"["a-1", " b-2 ", "c-3"]"#),
        ] {
            let mut keys = read(form, text).unwrap();
            keys.sort_unstable();
            assert_eq!(keys, wanted, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (form, text, told) in [
            (ListForm::Table, "customer_id,incident\na-1,leak\n,leak\n", "line 3: \"customer_id\" is empty"),
            (ListForm::Table, "customer_id\na-1\nnull\n", "line 3: \"customer_id\" is \"null\""),
            (ListForm::Table, "customer_id,incident\na-1,leak\nb-2,outage\n", "\"outage\""),
            (ListForm::Table, "colour,size\nred,1\nblue,2\n", "call it `customer_id`"),
            (ListForm::Table, "customer_id\n", "the list"),
            (ListForm::Table, "", "the list"),
            (ListForm::Json, "[]", "no customer is on it"),
            (ListForm::Json, r#"["a-1", ""]"#, "item 2 is empty"),
            (ListForm::Json, r#"["a-1", "null"]"#, "item 2 is \"null\""),
            (ListForm::Json, r#"["a-1", 7]"#, "line 1 column 10"),
            (ListForm::Json, r#"{"a-1": 7}"#, "an array of customers' ids"),
            (ListForm::Json, r#"["a-1"] x"#, "trailing characters"),
        ] {
            let wrong = read(form, text).unwrap_err();
            assert!(wrong.contains(told) && wrong.starts_with("the list"), "{text}: {wrong}");
        }
        let many = "a\n".repeat(LONGEST_LIST + 1);
        assert!(read(ListForm::Table, &many).unwrap_err().contains("more than 1000000 rows"));
    }
}
