//! What was lost: confidentiality, integrity, availability, and of which data, in the words of VERIS.

/// Which properties of data and systems were lost.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Attributes {
    /// Data were seen or taken by somebody who must not; absent where that is not at issue.
    pub confidentiality: Option<Confidentiality>,
    /// Data or systems were changed.
    pub integrity: bool,
    /// Data or systems could not be used.
    pub availability: bool,
}

/// Data that somebody saw who must not.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Confidentiality {
    /// Whether data were really lost.
    pub loss: DataLoss,
    /// Which, as the entry names them.
    pub data: Vec<Data>,
    /// How many records.
    pub records: Option<u64>,
}

/// Whether data were really lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DataLoss {
    /// They were.
    Confirmed,
    /// They may have been.
    Possible,
    /// They were not.
    None,
    /// Nothing is said.
    #[default]
    Unknown,
}

impl DataLoss {
    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Possible => "possible",
            Self::None => "none",
            Self::Unknown => "unknown",
        }
    }
}

/// A kind of data, with the name that the entry has for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Data {
    /// As written.
    pub name: String,
    /// What it is.
    pub kind: DataKind,
}

impl Data {
    /// From the name that an entry has for it.
    pub fn named(name: &str) -> Self {
        Self { name: name.trim().to_owned(), kind: DataKind::of(name) }
    }
}

/// Kinds of data, by what their loss can do to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DataKind {
    /// Of whom and where: names, addresses, purchases.
    Personal,
    /// What opens an account: passwords, answers to secret questions.
    Credentials,
    /// Cards.
    Payment,
    /// Accounts at a bank.
    Bank,
    /// Health.
    Medical,
    /// What article 9 of the GDPR or the law of identity documents protects: beliefs, sexual life, numbers of passports.
    Sensitive,
    /// Of the business and of no customer: secrets, sources, systems.
    Internal,
    /// Anything else.
    Other,
}

/// What a word of a name begins with, without accents. The first kind that has one decides, so the harmful come first.
const WORDS: &[(DataKind, &[&str])] = &[
    (DataKind::Medical, &["medical", "health", "sante", "drug", "biometric", "disab", "handicap", "diagnos"]),
    (
        DataKind::Sensitive,
        &[
            "sensitive",
            "sensible",
            "government",
            "passport",
            "passeport",
            "social security",
            "ssn",
            "nir",
            "national id",
            "identity doc",
            "id card",
            "piece d identite",
            "carte d identite",
            "driver",
            "driving licen",
            "permis",
            "ethnic",
            "race",
            "religio",
            "politic",
            "sexual",
            "union",
            "criminal",
            "infraction",
            "opinion",
        ],
    ),
    (DataKind::Payment, &["payment", "paiement", "card", "carte", "credit card", "cvv"]),
    (
        DataKind::Bank,
        &[
            "bank",
            "banc",
            "banque",
            "iban",
            "account balance",
            "financ",
            "virtual currency",
            "income",
            "net worth",
        ],
    ),
    (
        DataKind::Credentials,
        &[
            "credential",
            "password",
            "mot de passe",
            "mots de passe",
            "security question",
            "secret question",
            "pin",
            "pins",
            "auth token",
            "login",
            "identifiant",
            "recovery",
        ],
    ),
    (
        DataKind::Internal,
        &[
            "internal",
            "interne",
            "secret",
            "source code",
            "system",
            "classified",
            "copyright",
            "digital certificate",
        ],
    ),
    (
        DataKind::Personal,
        &[
            "personal",
            "email",
            "e mail",
            "courriel",
            "name",
            "nom",
            "prenom",
            "user",
            "nick",
            "phone",
            "telephone",
            "address",
            "adresse",
            "postal",
            "birth",
            "naissance",
            "gender",
            "sexe",
            "age",
            "order",
            "commande",
            "purchas",
            "achat",
            "geographic",
            "location",
            "localisation",
            "job",
            "employer",
            "occupation",
            "message",
            "chat",
            "sms",
            "activity",
            "browsing",
            "marital",
            "famil",
            "education",
            "social",
            "contact",
            "profile",
            "profil",
            "photo",
            "avatar",
            "device",
            "language",
            "relationship",
            "nationalit",
            "etat civil",
            "coordonnee",
        ],
    ),
];

impl DataKind {
    /// The kind of data that a name says, in English or French; [`DataKind::Other`] where it says nothing known.
    pub fn of(name: &str) -> Self {
        let folded = folded(name);
        let begins = |word: &str| folded.starts_with(word) || folded.contains(&format!(" {word}"));
        let found = WORDS.iter().find(|(_, words)| words.iter().any(|word| begins(word)));
        found.map_or(Self::Other, |(kind, _)| *kind)
    }

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::Credentials => "credentials",
            Self::Payment => "payment",
            Self::Bank => "bank",
            Self::Medical => "medical",
            Self::Sensitive => "sensitive",
            Self::Internal => "internal",
            Self::Other => "other",
        }
    }

    /// Whether its loss can harm the person beyond unwanted messages: fraud, an opened account, a secret told.
    pub const fn is_harmful(self) -> bool {
        matches!(self, Self::Credentials | Self::Payment | Self::Bank | Self::Medical | Self::Sensitive)
    }
}

/// Lower case without accents, words apart by one space each.
fn folded(name: &str) -> String {
    let plain = name.to_lowercase().replace(['é', 'è', 'ê'], "e").replace(['à', 'â'], "a").replace('ô', "o");
    plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
