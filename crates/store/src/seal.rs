//! The master key, and how values are sealed: XChaCha20-Poly1305 with random nonces of 192 bits.
//!
//! A sealed value is a version byte, the nonce, the cipher text and its tag. What it belongs to (the kind of value and the
//! id of its row) is authenticated along, so that a value moved to another row does not open.

use std::{
    fmt, fs,
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};

use crate::{StoreError, store::restricted};

const VERSION: u8 = 1;
const NONCE: usize = 24;

/// 32 bytes that seal: the master key, a person's, a day's.
#[derive(Clone)]
pub(crate) struct SealingKey([u8; 32]);

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey")
    }
}

/// What a sealed value is and whose: authenticated, not stored.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Label {
    /// The value by which a wrong master key is known.
    Check,
    /// A person's key.
    PersonKey(i64),
    /// A person's traits.
    Person(i64),
    /// The key for letters of nobody known that came on a day.
    DayKey(i64),
    /// A dead letter.
    Letter(i64),
    /// What a call of the API was answered.
    Answer(i64),
    /// Whom an erasure is of, by its number.
    Erasure(i64),
}

impl Label {
    fn bytes(self) -> [u8; 9] {
        let (kind, id) = match self {
            Self::Check => (0, 0),
            Self::PersonKey(sid) => (1, sid),
            Self::Person(sid) => (2, sid),
            Self::DayKey(day) => (3, day),
            Self::Letter(id) => (4, id),
            Self::Answer(name) => (5, name),
            Self::Erasure(number) => (6, number),
        };
        let mut bytes = [kind; 9];
        if let Some(rest) = bytes.get_mut(1..) {
            rest.copy_from_slice(&id.to_le_bytes());
        }
        bytes
    }
}

impl SealingKey {
    pub(crate) const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn random() -> Result<Self, StoreError> {
        random().map(Self)
    }

    /// Seals a value.
    pub(crate) fn seal(&self, label: Label, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let nonce: [u8; NONCE] = random()?;
        let sealed = XChaCha20Poly1305::new(&self.0.into())
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &label.bytes() })
            // Only a value of more than 2^38 bytes cannot be sealed.
            .map_err(|_| StoreError::Sealed { table: "any", id: format!("{label:?}") })?;
        let mut stored = Vec::with_capacity(1 + NONCE + sealed.len());
        stored.push(VERSION);
        stored.extend_from_slice(&nonce);
        stored.extend_from_slice(&sealed);
        Ok(stored)
    }

    /// Opens a sealed value; `None` if it was changed, belongs elsewhere or was sealed with another key.
    pub(crate) fn open(&self, label: Label, stored: &[u8]) -> Option<Vec<u8>> {
        let (version, rest) = stored.split_first()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>()?;
        if *version != VERSION {
            return None;
        }
        XChaCha20Poly1305::new(&self.0.into())
            .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &label.bytes() })
            .ok()
    }

    /// Seals another key with this one.
    pub(crate) fn wrap(&self, label: Label, key: &Self) -> Result<Vec<u8>, StoreError> {
        self.seal(label, &key.0)
    }

    /// Opens a key that was sealed with this one.
    pub(crate) fn unwrap(&self, label: Label, stored: &[u8]) -> Option<Self> {
        self.open(label, stored)?.try_into().ok().map(Self)
    }
}

/// Random bytes of the system.
pub(crate) fn random<const LENGTH: usize>() -> Result<[u8; LENGTH], StoreError> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(|_| StoreError::Random)?;
    Ok(bytes)
}

/// As hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

/// From hexadecimal digits.
pub(crate) fn bytes(hex: &str) -> Option<Vec<u8>> {
    let pairs = hex.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// Reads the master key; `None` if there is no such file.
pub(crate) fn read_key(file: &Path) -> Result<Option<SealingKey>, StoreError> {
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::io(file, error)),
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(file).map_err(|error| StoreError::io(file, error))?.permissions().mode();
        if mode & 0o077 != 0 {
            let reason = "others may read it (chmod 600)";
            return Err(StoreError::KeyFile { file: file.to_owned(), reason });
        }
    }
    let reason = "it does not hold 32 bytes";
    let key = bytes.try_into().map_err(|_| StoreError::KeyFile { file: file.to_owned(), reason })?;
    Ok(Some(SealingKey(key)))
}

/// Makes the master key and writes it for its owner's eyes only, durably: a store must not outlive its key.
pub(crate) fn create_key(file: &Path) -> Result<SealingKey, StoreError> {
    let key = SealingKey::random()?;
    let at = |error| StoreError::io(file, error);
    let folder: PathBuf = file.parent().map(Path::to_owned).unwrap_or_default();
    create_private_folder(&folder).map_err(|error| StoreError::io(&folder, error))?;
    let mut created = restricted().write(true).create_new(true).open(file).map_err(at)?;
    created.write_all(&key.0).and_then(|()| created.sync_all()).map_err(at)?;
    fs::File::open(&folder).and_then(|folder| folder.sync_all()).map_err(at)?;
    Ok(key)
}

fn create_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_opens_only_where_it_belongs() {
        let key = SealingKey::random().unwrap();
        let sealed = key.seal(Label::Person(7), b"ada@example.org").unwrap();
        assert_eq!(key.open(Label::Person(7), &sealed).unwrap(), b"ada@example.org");
        assert_eq!(key.open(Label::Person(8), &sealed), None);
        assert_eq!(key.open(Label::Letter(7), &sealed), None);
        assert_eq!(SealingKey::random().unwrap().open(Label::Person(7), &sealed), None);
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            assert_eq!(key.open(Label::Person(7), &changed), None, "byte {position}");
        }
        assert_eq!(key.open(Label::Person(7), b""), None);
    }
}
