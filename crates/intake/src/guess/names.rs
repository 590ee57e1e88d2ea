//! What columns are usually called, in English and French.

use crate::mapping::Role;

/// A name that hardly means anything else.
const STRONG: u8 = 100;
/// A name that usually means this.
const USUAL: u8 = 60;
/// A name that may mean this where nothing better is there.
const WEAK: u8 = 20;

/// A name in lower case without accents, spaces and signs.
pub(super) fn plain(name: &str) -> String {
    name.chars()
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'à' | 'â' => 'a',
            'î' | 'ï' => 'i',
            'ô' => 'o',
            'û' | 'ù' => 'u',
            'ç' => 'c',
            other => other,
        })
        .filter(|c| c.is_alphanumeric())
        .collect()
}

/// How well a column's name fits a role; 0 for not at all. Nested fields fit a little less.
pub(super) fn score(role: Role, name: &str) -> u8 {
    let whole = of_plain(role, &plain(name));
    let nested = name.rsplit_once('.').map_or(0, |(path, last)| {
        let depth = u8::try_from(path.split('.').count()).unwrap_or(u8::MAX);
        of_plain(role, &plain(last)).saturating_sub(depth.saturating_mul(5))
    });
    whole.max(nested)
}

/// Whether a column named like this holds a price or number per piece, which is not an order's amount.
pub(super) fn is_per_piece(name: &str) -> bool {
    const WORDS: [&str; 12] = [
        "unitprice",
        "priceperunit",
        "priceeach",
        "itemprice",
        "prixunitaire",
        "prixunite",
        "pu",
        "quantity",
        "qty",
        "quantite",
        "qte",
        "units",
    ];
    let last = name.rsplit_once('.').map_or(name, |(_, last)| last);
    WORDS.contains(&plain(last).as_str())
}

fn of_plain(role: Role, name: &str) -> u8 {
    let (strong, usual, weak) = words(role);
    for (list, score) in [(strong, STRONG), (usual, USUAL), (weak, WEAK)] {
        if list.contains(&name) {
            return score;
        }
    }
    0
}

type Words = &'static [&'static str];

/// The names of a role: hardly anything else, usually this, maybe this.
fn words(role: Role) -> (Words, Words, Words) {
    match role {
        Role::Customer => (
            &[
                "customerid",
                "customer",
                "custid",
                "cust",
                "clientid",
                "client",
                "idclient",
                "idcustomer",
                "customerno",
                "customernumber",
                "customerkey",
                "clientno",
                "numclient",
                "numeroclient",
                "noclient",
                "nclient",
                "codeclient",
                "refclient",
                "customeruniqueid",
                "customercode",
                "idduclient",
                "identifiantclient",
            ],
            &[
                "userid",
                "user",
                "iduser",
                "idutilisateur",
                "utilisateur",
                "accountid",
                "account",
                "compte",
                "idcompte",
                "memberid",
                "member",
                "membre",
                "buyerid",
                "buyer",
                "acheteur",
                "subscriberid",
                "subscriber",
                "abonne",
                "idabonne",
                "abonneid",
                "contactid",
                "shopperid",
                "householdkey",
                "household",
                "playerid",
                "sid",
            ],
            &["distinctid", "email", "courriel", "customeremail", "visitorid", "id", "identifiant"],
        ),
        Role::At => (
            &[
                "at",
                "orderdate",
                "invoicedate",
                "purchasedate",
                "orderedat",
                "purchasedat",
                "transactiondate",
                "saledate",
                "datecommande",
                "datedecommande",
                "datefacture",
                "dateachat",
                "dateachats",
                "datevente",
                "orderpurchasetimestamp",
                "orderat",
                "timestamp",
                "datetransaction",
                "datedachat",
                "datedachats",
                "datedevente",
                "datedefacture",
                "datedetransaction",
                "transactiontimestamp",
                "ordertimestamp",
            ],
            &[
                "date",
                "datetime",
                "createdat",
                "created",
                "eventtime",
                "eventtimestamp",
                "eventdate",
                "originaltimestamp",
                "occurredat",
                "horodatage",
                "dateheure",
                "tdat",
                "processedat",
                "completedat",
                "paidat",
                "placedat",
            ],
            &["time", "ts", "day", "jour", "sentat", "receivedat", "datecreation", "creele", "loggedat"],
        ),
        Role::Value => (
            &[
                "amount",
                "value",
                "dollarvalue",
                "total",
                "totalamount",
                "totalprice",
                "totalvalue",
                "amounttotal",
                "revenue",
                "montant",
                "montantttc",
                "montanttotal",
                "prixtotal",
                "totalttc",
                "ordervalue",
                "ordertotal",
                "orderamount",
                "grandtotal",
                "netamount",
                "ca",
                "chiffredaffaires",
                "sales",
                "salesamount",
                "turnover",
                "montantcommande",
            ],
            &[
                "subtotal",
                "totalspent",
                "spend",
                "paymentvalue",
                "paid",
                "amountpaid",
                "montantht",
                "totalht",
                "mrr",
                "monthlycharges",
            ],
            &["price", "prix", "cost"],
        ),
        Role::Event => (
            &["event", "eventname", "evenement", "nomevenement"],
            &["eventtype", "typeevenement", "action", "activity", "activite"],
            &["type"],
        ),
        Role::Message => {
            (&["messageid", "idmessage", "eventid", "idevenement", "insertid", "eventuuid"], &["uuid"], &[])
        }
        Role::Currency => (
            &["currency", "devise", "currencycode", "monnaie", "codedevise", "presentmentcurrency"],
            &["cur", "ccy"],
            &[],
        ),
        Role::Start => (
            &[
                "startdate",
                "startedat",
                "subscriptionstart",
                "datedebut",
                "datededebut",
                "debutabonnement",
                "startat",
                "subscribedat",
                "datedabonnement",
            ],
            &[
                "start",
                "starts",
                "debut",
                "begin",
                "begins",
                "begindate",
                "beganat",
                "validfrom",
                "currentperiodstart",
            ],
            &["from", "signupdate", "datedesouscription"],
        ),
        Role::End => (
            &[
                "enddate",
                "endedat",
                "subscriptionend",
                "datefin",
                "datedefin",
                "finabonnement",
                "canceledat",
                "cancelledat",
                "canceldate",
                "cancellationdate",
                "churnedat",
                "churndate",
                "dateresiliation",
                "resiliele",
            ],
            &[
                "end",
                "ends",
                "fin",
                "endat",
                "expiresat",
                "expiredat",
                "terminatedat",
                "validto",
                "validuntil",
            ],
            &["to", "until"],
        ),
        Role::Reason => (
            &[
                "churnreason",
                "cancelreason",
                "cancellationreason",
                "reasonforleaving",
                "motifresiliation",
                "motifdepart",
            ],
            &["reason", "motif", "churncategory"],
            &[],
        ),
        Role::Duration => (
            &["tenure", "anciennete", "tenuremonths"],
            &["duration", "lifetime", "duree", "survivaltime"],
            &[],
        ),
        Role::Ended => (
            &["churn", "churned", "resilie", "attrition", "exited", "churnvalue", "churnlabel"],
            &["ended", "left", "cancelled", "canceled", "parti", "observed"],
            &["dead", "isdead"],
        ),
        Role::Entry => (&["entryage", "ageatentry", "ancienneteentree"], &["entry"], &[]),
        Role::Incident => (
            &["incident", "incidentid", "idincident", "incidentref", "refincident", "numeroincident"],
            &["breach", "breachid", "violation", "idviolation"],
            &[],
        ),
        Role::Segment | Role::Where => (&[], &[], &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_names_are_known() {
        for (role, name) in [
            (Role::Customer, "customer_id"),
            (Role::Customer, "cust"),
            (Role::Customer, "client"),
            (Role::Customer, "id_client"),
            (Role::Customer, "userId"),
            (Role::Customer, "customerID"),
            (Role::Customer, "Customer ID"),
            (Role::Customer, "N° client"),
            (Role::At, "InvoiceDate"),
            (Role::At, "created_at"),
            (Role::At, "originalTimestamp"),
            (Role::At, "Date de commande"),
            (Role::Value, "dollar_value"),
            (Role::Value, "properties.total"),
            (Role::Value, "prix_total"),
            (Role::Value, "Montant TTC"),
            (Role::Currency, "properties.currency"),
            (Role::Duration, "tenure"),
            (Role::Ended, "Churn"),
            (Role::End, "Date de fin"),
        ] {
            assert!(score(role, name) > 0, "{role} {name}");
        }
    }

    #[test]
    fn no_name_is_twice_in_a_role() {
        for role in [
            Role::Customer,
            Role::At,
            Role::Value,
            Role::Event,
            Role::Start,
            Role::End,
            Role::Duration,
            Role::Ended,
        ] {
            let (strong, usual, weak) = words(role);
            let all: Vec<&str> = strong.iter().chain(usual).chain(weak).copied().collect();
            for word in &all {
                assert_eq!(all.iter().filter(|other| *other == word).count(), 1, "{role} {word}");
                assert_eq!(*word, plain(word));
            }
        }
    }

    #[test]
    fn a_price_per_piece_is_no_amount() {
        assert!(is_per_piece("UnitPrice") && is_per_piece("Quantity") && is_per_piece("properties.quantity"));
        assert!(!is_per_piece("price") && score(Role::Value, "UnitPrice") == 0);
    }
}
