//! The words of complaints and comments, in French and English: an opening, a body, a closing.

use crate::{draw::mix, scenario::Language};

use super::{Motive, survey::ExitReason};

pub(super) const fn language(language: Language) -> &'static str {
    match language {
        Language::Fr => "fr",
        Language::En => "en",
    }
}

/// A cell of a CSV file, in quotes where it needs them.
pub(super) fn quoted(text: &str, into: &mut Vec<u8>) {
    if !text.contains([',', '"', '\n']) {
        into.extend_from_slice(text.as_bytes());
        return;
    }
    into.push(b'"');
    into.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    into.push(b'"');
}

/// A complaint's text. On social networks people are shorter and less careful.
pub(super) fn complaint(language: Language, motive: Motive, social: bool, shop: &str, words: u64) -> String {
    let (openings, bodies, closings) = match language {
        Language::Fr => (OPENINGS_FR, bodies_fr(motive), CLOSINGS_FR),
        Language::En => (OPENINGS_EN, bodies_en(motive), CLOSINGS_EN),
    };
    let body = choose(bodies, words).replace("{shop}", shop);
    if social {
        let handle: String = shop.chars().filter(|c| c.is_alphanumeric()).collect();
        return format!("@{handle} {}", body.to_lowercase());
    }
    format!("{}{body}{}", choose(openings, mix(words)), choose(closings, mix(mix(words))))
}

/// A comment in a survey.
pub(super) fn comment(language: Language, reason: ExitReason, shop: &str, words: u64) -> String {
    let bodies = match language {
        Language::Fr => comments_fr(reason),
        Language::En => comments_en(reason),
    };
    choose(bodies, mix(words)).replace("{shop}", shop)
}

fn choose<'a>(from: &[&'a str], words: u64) -> &'a str {
    let index = words % (from.len() as u64).max(1);
    usize::try_from(index).ok().and_then(|index| from.get(index)).copied().unwrap_or("")
}

const OPENINGS_FR: &[&str] = &[
    "Bonjour, ",
    "",
    "Bonjour Madame, Monsieur, ",
    "Cliente depuis des années, je vous écris : ",
    "Bonsoir. ",
];
const OPENINGS_EN: &[&str] = &["Hello, ", "", "Dear Sir or Madam, ", "To whom it may concern: ", "Hi, "];
const CLOSINGS_FR: &[&str] = &[
    "",
    " Merci de me répondre rapidement.",
    " Cordialement.",
    " J'attends votre appel.",
    " C'est très décevant.",
];
const CLOSINGS_EN: &[&str] =
    &["", " Please answer quickly.", " Regards.", " Please call me back.", " Very disappointing."];

const fn bodies_fr(motive: Motive) -> &'static [&'static str] {
    match motive {
        Motive::Delivery => &[
            "ma commande devait arriver lundi et je n'ai toujours rien reçu.",
            "le colis a été livré chez un voisin que je ne connais pas.",
            "le suivi indique livré, mais il n'y a rien dans ma boîte.",
            "deux semaines de retard et aucune nouvelle du transporteur.",
            "le colis est arrivé ouvert et abîmé.",
        ],
        Motive::Product => &[
            "l'article ne correspond pas à la photo.",
            "la taille est fausse, je voudrais un échange.",
            "la couture a lâché au premier lavage.",
            "il manque une pièce dans le paquet.",
            "la couleur n'est pas celle que j'ai commandée.",
        ],
        Motive::Price => &[
            "le même article coûtait moins cher la semaine dernière.",
            "vos prix ont encore augmenté, c'est dommage.",
            "le code de réduction n'a pas été appliqué.",
            "les frais de port sont devenus trop élevés.",
        ],
        Motive::Payment => &[
            "mon paiement a été refusé alors que ma carte fonctionne partout ailleurs.",
            "j'ai été débitée deux fois pour la même commande.",
            "la banque demande une confirmation et la page reste bloquée.",
            "impossible de payer avec ma carte, la page tourne sans fin.",
        ],
        Motive::Account => &[
            "je n'arrive plus à changer mon adresse dans mon compte.",
            "je voudrais supprimer mon compte et je ne trouve pas comment.",
            "le lien pour changer de mot de passe ne marche pas.",
        ],
        Motive::DataBreach => &[
            "quelles données m'ont été volées exactement ? Mon adresse, ma carte ?",
            "je reçois des courriels d'hameçonnage depuis votre fuite de données.",
            "je veux savoir si mon mot de passe a été pris et ce que vous faites.",
            "supprimez toutes mes données, je n'ai plus confiance.",
            "votre message parle d'un incident, mais que dois-je faire maintenant ?",
        ],
        Motive::BreachSilence => &[
            "j'apprends par le journal que mes données ont été volées chez {shop}, et vous ne m'avez rien dit !",
            "trois semaines de silence alors que vous saviez, c'est honteux.",
            "pourquoi la presse le sait avant vos clients ?",
            "vous avez caché le piratage, je ne commanderai plus.",
            "aucune explication claire, aucune excuse, rien sur ce qui a été pris.",
        ],
        Motive::SecurityWarning => &[
            "mon navigateur dit que votre site n'est pas sûr, est-ce une arnaque ?",
            "message rouge de sécurité en ouvrant le site, j'ai tout fermé.",
            "certificat expiré sur votre boutique, on ne peut plus commander.",
            "est-ce vraiment le site de {shop} ? L'avertissement me fait peur.",
        ],
        Motive::AuthenticationCode => &[
            "je ne reçois jamais le code par SMS, impossible de payer.",
            "le code arrive après dix minutes et il est déjà expiré.",
            "j'ai changé de numéro et je ne peux plus valider ma commande.",
            "un code à chaque achat, c'est pénible, je vais ailleurs.",
            "pas de réseau chez moi, donc pas de code, donc pas de commande.",
        ],
    }
}

const fn bodies_en(motive: Motive) -> &'static [&'static str] {
    match motive {
        Motive::Delivery => &[
            "my order should have arrived on Monday and nothing came.",
            "the parcel was left with a neighbour I do not know.",
            "tracking says delivered, but there is nothing here.",
            "the box arrived open and damaged.",
        ],
        Motive::Product => &[
            "the item does not look like the picture.",
            "wrong size, I would like to exchange it.",
            "the seam broke at the first wash.",
            "one part is missing.",
        ],
        Motive::Price => &[
            "the same item was cheaper last week.",
            "your prices went up again.",
            "the discount code was not applied.",
        ],
        Motive::Payment => &[
            "my payment was refused although my card works everywhere else.",
            "I was charged twice for one order.",
            "the bank asks for confirmation and the page hangs.",
        ],
        Motive::Account => &[
            "I cannot change my address any more.",
            "how do I delete my account?",
            "the link to reset my password does not work.",
        ],
        Motive::DataBreach => &[
            "which of my data were stolen exactly? My address, my card?",
            "I have been getting phishing mails since your data leak.",
            "was my password taken, and what are you doing about it?",
            "delete all my data, I no longer trust you.",
        ],
        Motive::BreachSilence => &[
            "I read in the newspaper that {shop} lost my data, and you told me nothing!",
            "you knew for three weeks and stayed silent.",
            "why does the press know before your customers?",
            "you hid the hack, I will not order again.",
        ],
        Motive::SecurityWarning => &[
            "my browser says your site is not safe, is this a scam?",
            "a red security warning came up and I closed everything.",
            "your certificate has expired, nobody can order.",
        ],
        Motive::AuthenticationCode => &[
            "the SMS code never arrives, I cannot pay.",
            "the code comes after ten minutes and is already expired.",
            "I changed my number and cannot confirm my order.",
            "a code for every purchase is a nuisance, I will shop elsewhere.",
        ],
    }
}

const fn comments_fr(reason: ExitReason) -> &'static [&'static str] {
    match reason {
        ExitReason::NoNeed => &[
            "Je n'ai besoin de rien en ce moment.",
            "J'ai tout ce qu'il me faut.",
            "Pas d'occasion particulière.",
        ],
        ExitReason::Price => &[
            "Trop cher pour moi.",
            "J'ai trouvé moins cher ailleurs.",
            "Les frais de port m'ont découragée.",
        ],
        ExitReason::Choice => &["Toujours les mêmes articles.", "Ma taille n'est jamais disponible."],
        ExitReason::Delivery => &["Livraison trop lente.", "Trop de colis perdus."],
        ExitReason::Quality => &["Qualité en baisse.", "Les articles ne durent pas."],
        ExitReason::Security => &[
            "Je n'ai plus confiance après le vol de données.",
            "J'ai appris le piratage par la presse.",
            "L'avertissement du navigateur m'a fait peur.",
            "Je ne veux plus laisser ma carte chez {shop}.",
        ],
        ExitReason::Authentication => &[
            "Le code par SMS n'arrive jamais.",
            "Trop compliqué de payer avec ce code.",
            "Je ne peux plus me connecter.",
        ],
        ExitReason::Other => &["J'ai déménagé.", "Autre raison.", "Je préfère ne pas dire."],
    }
}

const fn comments_en(reason: ExitReason) -> &'static [&'static str] {
    match reason {
        ExitReason::NoNeed => &["I do not need anything at the moment.", "No occasion."],
        ExitReason::Price => &["Too expensive for me.", "Found it cheaper elsewhere."],
        ExitReason::Choice => &["Always the same items.", "My size is never there."],
        ExitReason::Delivery => &["Delivery is too slow.", "Too many lost parcels."],
        ExitReason::Quality => &["Quality has gone down."],
        ExitReason::Security => &[
            "I no longer trust you after the data theft.",
            "I read about the hack in the press.",
            "The browser warning scared me.",
        ],
        ExitReason::Authentication => &["The SMS code never arrives.", "Paying has become too complicated."],
        ExitReason::Other => &["I moved.", "Rather not say."],
    }
}
