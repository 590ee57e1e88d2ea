//! Which messages of a batch are duplicates, by their position in it. It does not know their keys.

const PAGE_WORDS: usize = 1024;
const PAGE_BITS: u64 = PAGE_WORDS as u64 * 64;

type Page = Box<[u64; PAGE_WORDS]>;

/// Positions in a batch that are to be left out: a bitmap in pages, of which only those with a bit set take room.
#[derive(Clone, Debug, Default)]
pub struct DropSet {
    pages: Vec<Option<Page>>,
    len: u64,
}

impl DropSet {
    /// How many messages are to be left out.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether every message stays.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether the message at this position is to be left out.
    pub fn contains(&self, ordinal: u64) -> bool {
        let (page, word, bit) = place(ordinal);
        let page = self.pages.get(page).and_then(Option::as_ref);
        page.and_then(|words| words.get(word)).is_some_and(|word| word & bit != 0)
    }

    /// The positions in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        let pages = (0_u64..).step_by(PAGE_WORDS).zip(&self.pages);
        let words = pages.filter_map(|(first, page)| Some((first..).zip(page.as_ref()?.iter())));
        words.flatten().flat_map(|(at, word)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * 64 + bit)
        })
    }

    pub(super) fn insert(&mut self, ordinal: u64) {
        let (page, word, bit) = place(ordinal);
        if self.pages.len() <= page {
            self.pages.resize(page + 1, None);
        }
        let Some(page) = self.pages.get_mut(page) else { return };
        let words = page.get_or_insert_with(|| Box::new([0; PAGE_WORDS]));
        if let Some(word) = words.get_mut(word).filter(|word| **word & bit == 0) {
            *word |= bit;
            self.len += 1;
        }
    }
}

/// Page, word in the page, and bit in the word.
fn place(ordinal: u64) -> (usize, usize, u64) {
    // A page that does not fit is one that cannot be there.
    let page = usize::try_from(ordinal / PAGE_BITS).unwrap_or(usize::MAX - 1);
    let word = usize::try_from(ordinal % PAGE_BITS / 64).unwrap_or(0);
    (page, word, 1 << (ordinal % 64))
}
