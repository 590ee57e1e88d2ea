//! What a lake is, said once when it is made: `lake.toml`, and the secret that turns customers into pseudonyms.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use fidance_domain::id::CustomerKey;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher24;

use object_store::PutMode;

use crate::{error::LakeError, place::Place};

/// The format that this program writes.
const FORMAT: u32 = 1;
pub(crate) const CONFIG: &str = "lake.toml";
/// Beside the tables, so that sharing a table with others does not share the secret.
const SECRET: &str = "private/pseudonyms.key";

/// The settings of a lake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LakeConfig {
    /// The format of files and tables.
    pub format: u32,
    /// The business's time zone: days of the masks are civil days in it.
    pub time_zone: String,
    /// The events that count as being a customer; every event where there is none.
    pub activity: Vec<String>,
    /// The currency of the amounts, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Customers are kept in two to the power of this many buckets.
    pub bucket_bits: u8,
}

impl LakeConfig {
    /// A lake in this zone, with the usual number of buckets.
    pub fn new(time_zone: &str, activity: Vec<String>) -> Self {
        Self { format: FORMAT, time_zone: time_zone.to_owned(), activity, currency: None, bucket_bits: 6 }
    }

    /// Number of buckets.
    pub const fn buckets(&self) -> u16 {
        1 << self.bucket_bits
    }

    /// The bucket of a customer: buckets are ranges of customers, in order.
    #[expect(clippy::cast_possible_truncation, reason = "at most eight bits are left")]
    pub const fn bucket_of(&self, customer: i64) -> u16 {
        if self.bucket_bits == 0 { 0 } else { (rank(customer) >> (64 - self.bucket_bits as u32)) as u16 }
    }

    /// Whether events of this kind make a customer active.
    pub fn is_activity(&self, kind: &str) -> bool {
        self.activity.is_empty() || self.activity.iter().any(|activity| activity == kind)
    }

    /// The zone.
    ///
    /// # Errors
    /// Where its name is not known.
    pub fn zone(&self) -> Result<TimeZone, LakeError> {
        TimeZone::get(&self.time_zone)
            .map_err(|e| LakeError::Config { path: PathBuf::from(CONFIG), message: e.to_string() })
    }

    pub(crate) fn exists(place: &Place) -> Result<bool, LakeError> {
        Ok(place.read(CONFIG)?.is_some())
    }

    pub(crate) fn load(place: &Place) -> Result<Self, LakeError> {
        let path = place.shown(CONFIG);
        let Some(bytes) = place.read(CONFIG)? else {
            return Err(LakeError::NotALake { path: place.shown("") });
        };
        let wrong = |message: String| LakeError::Config { path: path.clone(), message };
        let text = String::from_utf8(bytes).map_err(|e| wrong(e.to_string()))?;
        let table: toml::Table = text.parse().map_err(|e: toml::de::Error| wrong(e.to_string()))?;
        let found = table.get("format").and_then(toml::Value::as_integer).unwrap_or(0);
        if found > i64::from(FORMAT) {
            let found = u32::try_from(found).unwrap_or(u32::MAX);
            return Err(LakeError::Newer { path: place.shown(""), found, known: FORMAT });
        }
        let config: Self = toml::from_str(&text).map_err(|e| wrong(e.to_string().trim().to_owned()))?;
        config.check().map_err(wrong)?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        if self.bucket_bits > 8 {
            return Err(format!("bucket_bits = {}: at most 8", self.bucket_bits));
        }
        TimeZone::get(&self.time_zone).map(|_| ()).map_err(|e| format!("time_zone: {e}"))
    }

    /// Writes the settings, last of all files of a new lake: with it the lake exists.
    pub(crate) fn save(&self, place: &Place) -> Result<(), LakeError> {
        let path = place.shown(CONFIG);
        self.check().map_err(|message| LakeError::Config { path: path.clone(), message })?;
        let text = toml::to_string(self)
            .map_err(|e| LakeError::Config { path: path.clone(), message: e.to_string() })?;
        let Some(remote) = &place.remote else { return write_durably(&path, text.as_bytes()) };
        // Settings that were made before anything came in may be made anew, by one at a time.
        let mode = remote.get(CONFIG)?.map_or(PutMode::Create, |found| PutMode::Update(found.version));
        match remote.put(CONFIG, text.into_bytes(), mode)? {
            Some(_) => Ok(()),
            None => Err(LakeError::Exists { path: place.shown("") }),
        }
    }
}

/// Turns the order of signed numbers into that of unsigned ones.
pub(crate) const fn rank(customer: i64) -> u64 {
    customer.cast_unsigned() ^ (1 << 63)
}

/// The secret with which customers become pseudonyms.
#[derive(Clone, PartialEq, Eq)]
pub struct Pseudonyms([u8; 16]);

impl std::fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pseudonyms(secret)")
    }
}

impl Pseudonyms {
    /// From the bytes of the secret.
    pub const fn new(secret: [u8; 16]) -> Self {
        Self(secret)
    }

    /// The pseudonym of a customer. Without the secret, nobody can find out whether an id is in the lake.
    #[inline]
    pub fn of(&self, customer: CustomerKey) -> i64 {
        let mut bytes = [0_u8; 12];
        let (high, low) = bytes.split_at_mut(8);
        high.copy_from_slice(&customer.high.to_le_bytes());
        low.copy_from_slice(&customer.low.to_le_bytes());
        let pseudonym = SipHasher24::new_with_key(&self.0).hash(&bytes).cast_signed();
        // The columns use the smallest number for "none".
        if pseudonym == i64::MIN { i64::MAX } else { pseudonym }
    }

    pub(crate) fn create(place: &Place) -> Result<Self, LakeError> {
        let path = place.shown(SECRET);
        if place.read(SECRET)?.is_some() {
            return Self::load(place);
        }
        let mut secret = [0_u8; 16];
        getrandom::fill(&mut secret)
            .map_err(|e| LakeError::Config { path: path.clone(), message: e.to_string() })?;
        let text = hex(u128::from_be_bytes(secret));
        if let Some(remote) = &place.remote {
            // It stays where it is: no copy on this machine.
            remote.put(SECRET, format!("{text}\n").into_bytes(), PutMode::Create)?;
            return Self::load(place);
        }
        make_private_folder(path.parent().unwrap_or(&place.root))?;
        write_durably(&path, format!("{text}\n").as_bytes())?;
        protect(&path, 0o600)?;
        Ok(Self(secret))
    }

    pub(crate) fn load(place: &Place) -> Result<Self, LakeError> {
        let path = place.shown(SECRET);
        let Some(bytes) = place.read(SECRET)? else { return Err(LakeError::Missing { path }) };
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim();
        let mut secret = [0_u8; 16];
        let digits =
            |at: usize| text.get(2 * at..2 * at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        let whole =
            secret.iter_mut().enumerate().all(|(at, byte)| digits(at).map(|found| *byte = found).is_some());
        if whole && text.len() == 32 {
            Ok(Self(secret))
        } else {
            Err(LakeError::Config { path, message: "expected 32 hexadecimal digits".to_owned() })
        }
    }
}

/// Thirty-two hexadecimal digits.
pub(crate) fn hex(number: u128) -> String {
    format!("{number:032x}")
}

fn make_private_folder(folder: &Path) -> Result<(), LakeError> {
    fs::create_dir_all(folder).map_err(LakeError::io("make the folder", folder))?;
    protect(folder, 0o700)
}

/// Nobody but the owner may read it.
fn protect(path: &Path, mode: u32) -> Result<(), LakeError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
            .map_err(LakeError::io("protect", path))?;
    }
    Ok(())
}

/// Writes a file so that it has either its old or its new content, whatever happens.
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), LakeError> {
    let temporary = path.with_extension("tmp");
    let mut file = fs::File::create(&temporary).map_err(LakeError::io("write", &temporary))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(LakeError::io("write", &temporary))?;
    fs::rename(&temporary, path).map_err(LakeError::io("write", path))?;
    crate::table::sync_folder(path.parent().unwrap_or(Path::new(".")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_ranges_of_customers_in_order() {
        let config = LakeConfig::new("UTC", Vec::new());
        assert_eq!(config.bucket_of(i64::MIN), 0);
        assert_eq!(config.bucket_of(i64::MAX), 63);
        assert_eq!((config.bucket_of(-1), config.bucket_of(0)), (31, 32));
    }

    #[test]
    fn a_pseudonym_depends_on_the_secret_and_the_customer() {
        let customer = CustomerKey::from_hash(7 << 64);
        let other = CustomerKey::from_hash(8 << 64);
        let pseudonyms = Pseudonyms::new([1; 16]);
        assert_eq!(pseudonyms.of(customer), pseudonyms.of(customer));
        assert_ne!(pseudonyms.of(customer), pseudonyms.of(other));
        assert_ne!(pseudonyms.of(customer), Pseudonyms::new([2; 16]).of(customer));
    }

    #[test]
    fn a_secret_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new(&folder.path().into()).unwrap();
        let made = Pseudonyms::create(&place).unwrap();
        assert_eq!(Pseudonyms::load(&place).unwrap(), made);
        fs::write(folder.path().join(SECRET), "12").unwrap();
        assert!(Pseudonyms::load(&place).is_err());
    }
}
