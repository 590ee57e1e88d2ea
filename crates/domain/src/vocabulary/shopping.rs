//! Events of shopping, in the order in which people meet them: names of Segment's e-commerce specification.

use super::{
    Event, Example,
    Kind::{Count, Known, Number, Text},
    Origin::Shopping,
    optional, required, text, words,
};

pub(super) const EVENTS: &[Event] = &[
    Event {
        name: words::PRODUCTS_SEARCHED,
        origin: Shopping,
        en: "A search in the shop was made.",
        fr: "Une recherche a été faite dans la boutique.",
        properties: &[optional("query", Text, "What was searched for.", "Ce qui a été cherché.")],
        example: &[("query", text("running shoes"))],
    },
    Event {
        name: words::PRODUCT_VIEWED,
        origin: Shopping,
        en: "The page of a product was seen.",
        fr: "La page d’un produit a été vue.",
        properties: &[
            optional("product_id", Text, "The product.", "Le produit."),
            optional("price", Number("currency units"), "The price of one piece.", "Le prix d’une unité."),
            optional("currency", Text, "The currency, by ISO 4217.", "La devise, selon ISO 4217."),
        ],
        example: &[
            ("product_id", text("SKU-1042")),
            ("price", Example::Number(49.9)),
            ("currency", text("EUR")),
        ],
    },
    Event {
        name: words::PRODUCT_ADDED,
        origin: Shopping,
        en: "A product was put into the basket.",
        fr: "Un produit a été mis au panier.",
        properties: &[
            optional("product_id", Text, "The product.", "Le produit."),
            optional("price", Number("currency units"), "The price of one piece.", "Le prix d’une unité."),
            optional("quantity", Count("pieces"), "How many.", "Combien."),
            optional("currency", Text, "The currency, by ISO 4217.", "La devise, selon ISO 4217."),
        ],
        example: &[
            ("product_id", text("SKU-1042")),
            ("price", Example::Number(49.9)),
            ("quantity", Example::Count(1)),
            ("currency", text("EUR")),
        ],
    },
    Event {
        name: words::CART_VIEWED,
        origin: Shopping,
        en: "The basket was looked at.",
        fr: "Le panier a été consulté.",
        properties: &[
            optional("value", Number("currency units"), "What is at stake.", "Le montant en jeu."),
            optional("currency", Text, "The currency, by ISO 4217.", "La devise, selon ISO 4217."),
        ],
        example: &[("value", Example::Number(99.8)), ("currency", text("EUR"))],
    },
    Event {
        name: words::CHECKOUT_STARTED,
        origin: Shopping,
        en: "The way to payment was begun.",
        fr: "Le passage en caisse a commencé.",
        properties: &[
            optional("order_id", Text, "The order.", "La commande."),
            optional("value", Number("currency units"), "What is at stake.", "Le montant en jeu."),
            optional("currency", Text, "The currency, by ISO 4217.", "La devise, selon ISO 4217."),
        ],
        example: &[("order_id", text("O-7731")), ("value", Example::Number(99.8)), ("currency", text("EUR"))],
    },
    Event {
        name: words::PAYMENT_INFO_ENTERED,
        origin: Shopping,
        en: "The means of payment was given.",
        fr: "Le moyen de paiement a été saisi.",
        properties: &[
            optional("order_id", Text, "The order.", "La commande."),
            optional(
                "payment_method",
                Known(&["card", "transfer", "direct_debit", "wallet", "invoice"]),
                "The means of payment.",
                "Le moyen de paiement.",
            ),
        ],
        example: &[("order_id", text("O-7731")), ("payment_method", text("card"))],
    },
    Event {
        name: words::ORDER_COMPLETED,
        origin: Shopping,
        en: "An order was placed and paid. This is the activity that retention counts in a shop.",
        fr: "Une commande a été passée et payée. C’est l’activité que compte la rétention d’une boutique.",
        properties: &[
            optional("order_id", Text, "The order.", "La commande."),
            required(
                "revenue",
                Number("currency units"),
                "The value of the order. Read before `total` and `value`.",
                "La valeur de la commande. Lue avant `total` et `value`.",
            ),
            optional("currency", Text, "The currency, by ISO 4217.", "La devise, selon ISO 4217."),
        ],
        example: &[
            ("order_id", text("O-7731")),
            ("revenue", Example::Number(99.8)),
            ("currency", text("EUR")),
        ],
    },
    Event {
        name: words::ORDER_REFUNDED,
        origin: Shopping,
        en: "Money of an order was given back.",
        fr: "Une commande a été remboursée.",
        properties: &[
            optional("order_id", Text, "The order.", "La commande."),
            optional("total", Number("currency units"), "The amount.", "Le montant."),
            optional("currency", Text, "The currency, by ISO 4217.", "La devise, selon ISO 4217."),
        ],
        example: &[("order_id", text("O-7731")), ("total", Example::Number(49.9)), ("currency", text("EUR"))],
    },
    Event {
        name: words::ORDER_CANCELLED,
        origin: Shopping,
        en: "An order was withdrawn before delivery.",
        fr: "Une commande a été annulée avant la livraison.",
        properties: &[
            optional("order_id", Text, "The order.", "La commande."),
            optional(
                "reason",
                Known(&["user_cancelled", "out_of_stock", "fraud_suspected", "payment_refused"]),
                "Why.",
                "Pourquoi.",
            ),
        ],
        example: &[("order_id", text("O-7731")), ("reason", text("user_cancelled"))],
    },
];
