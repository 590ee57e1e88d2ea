//! Identifiers: each noun has its own, so that a key's cannot be given where a source's is asked.

use std::fmt;

macro_rules! number_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(i64);

        impl $name {
            /// From the stored number.
            pub const fn new(number: i64) -> Self {
                Self(number)
            }

            /// The stored number.
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<$name> for sea_orm::Value {
            fn from(id: $name) -> Self {
                Self::from(id.0)
            }
        }
    )*};
}

number_id! {
    /// A person's pseudonym: the same signed 64 bits as in the lake.
    Sid;
    /// A source of messages. Given once, never to another.
    SourceId;
    /// A key that a source signs in with.
    KeyId;
    /// A parcel of the inbox: later parcels have greater ids, and none is given twice.
    ParcelId;
    /// A batch of parcels: 1, 2, 3, … without repetition over the life of a store.
    BatchNumber;
    /// A dead letter: later ones have greater ids.
    LetterId;
    /// An entry of the audit log.
    AuditId;
}

macro_rules! bits_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            pub(crate) const fn new(bits: u128) -> Self {
                Self(bits)
            }

            /// Reads 32 hexadecimal digits.
            pub fn parse(text: &str) -> Option<Self> {
                let is_canonical = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
                is_canonical.then(|| u128::from_str_radix(text, 16).ok()).flatten().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:032x}", self.0)
            }
        }
    )*};
}

bits_id! {
    /// An erasure, and the receipt that the person is given: 128 random bits, shown as 32 hexadecimal digits.
    ErasureId;
    /// A notice: 128 bits, shown as 32 hexadecimal digits, that follow from the store's id and from what the notice says
    /// to whom. Sent again after the restore of an older copy, it is known to its receiver by them.
    NoticeId;
}
