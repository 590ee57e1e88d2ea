//! What one point of the rate is worth, measured here; and what the field says, quoted and kept apart.

use fidance_app::report::model::{Estimate, NoValueReason, Note, Report, Value, ValueUnit};
use i18n_embed_fl::fl;

use crate::text::{Text, plain_decimals, rounding_unit};

/// The value at risk.
#[derive(Debug)]
pub(crate) struct Worth {
    pub(crate) amount: String,
    pub(crate) unit: String,
    pub(crate) interval: String,
    pub(crate) how: String,
    /// Last year's forecast against its outcome.
    pub(crate) checked: Option<String>,
    pub(crate) models: String,
    pub(crate) figures: Vec<(String, String)>,
}

impl Worth {
    pub(crate) fn new(t: &Text, report: &Report) -> Option<Self> {
        let value = report.value.as_ref()?;
        let lang = t.lang();
        let currency = report.definition.currency.as_deref();
        let write = |of: f64, estimate: &Estimate| match value.unit {
            ValueUnit::Money => lang.money(of, currency, rounding_unit(estimate.low, estimate.high)),
            ValueUnit::Months => {
                let number = lang.decimal(of, plain_decimals(estimate.low, estimate.high));
                fl!(t, "months-kept", n = of, count = number)
            }
            ValueUnit::Purchases => {
                let number = lang.decimal(of, plain_decimals(estimate.low, estimate.high));
                fl!(t, "purchases", n = of, count = number)
            }
        };
        let point = &value.point_year;
        let customers = lang.decimal(value.point_customers, usize::from(value.point_customers < 10.0));
        let between = |estimate: &Estimate| {
            let (low, high) = (write(estimate.low, estimate), write(estimate.high, estimate));
            fl!(t, "estimate-between", estimate = write(estimate.estimate, estimate), low = low, high = high)
        };
        Some(Self {
            amount: write(point.estimate, point),
            unit: fl!(t, "worth-unit"),
            interval: fl!(
                t,
                "worth-interval",
                low = write(point.low, point),
                high = write(point.high, point)
            ),
            how: match &value.lost_customer_year {
                Some(lost) => fl!(
                    t,
                    "worth-how",
                    customers = customers,
                    active = write(value.active_customer_year.estimate, &value.active_customer_year),
                    lost = write(lost.estimate, lost)
                ),
                None => fl!(
                    t,
                    "worth-how-contracts",
                    customers = customers,
                    active = write(value.active_customer_year.estimate, &value.active_customer_year)
                ),
            },
            checked: value.backtest.as_ref().zip(value.lost_customer_year.as_ref()).map(
                |(backtest, lost)| {
                    let active = &value.active_customer_year;
                    fl!(
                        t,
                        "worth-checked",
                        date = lang.date(backtest.as_of),
                        active = write(backtest.active.predicted, active),
                        active_observed = write(backtest.active.observed, active),
                        lost = write(backtest.lost.predicted, lost),
                        lost_observed = write(backtest.lost.observed, lost)
                    )
                },
            ),
            models: models(t, value),
            figures: [
                Some((fl!(t, "worth-active-customers"), lang.count(value.active_customers))),
                Some((fl!(t, "worth-alive-customers"), lang.decimal(value.alive_customers, 0))),
                Some((fl!(t, "worth-active-year"), between(&value.active_customer_year))),
                value.lost_customer_year.as_ref().map(|lost| (fl!(t, "worth-lost-year"), between(lost))),
                Some((fl!(t, "worth-point-year"), between(point))),
            ]
            .into_iter()
            .flatten()
            .collect(),
        })
    }

    /// Why there is no value, in words.
    pub(crate) fn absent(t: &Text, report: &Report) -> String {
        let reason = report.notes.iter().find_map(|note| match note {
            Note::NoValue { because } => Some(no_value_reason(t, *because)),
            _ => None,
        });
        match reason {
            Some(reason) => fl!(t, "worth-absent-reason", reason = reason),
            None => fl!(t, "worth-absent"),
        }
    }
}

/// Why a value could not be estimated, as the rest of a sentence.
fn no_value_reason(t: &Text, because: NoValueReason) -> String {
    match because {
        NoValueReason::TooFewCustomers { customers, needed } => fl!(
            t,
            "no-value-too-few",
            n = customers,
            customers = t.lang().count(customers),
            needed = t.lang().count(needed)
        ),
        NoValueReason::NotEstimable => fl!(t, "no-value-not-estimable"),
        NoValueReason::AmountsNotEstimable => fl!(t, "no-value-amounts"),
        NoValueReason::NothingToCompare => fl!(t, "no-value-nothing"),
    }
}

/// Which models stand behind the figures, with their parameters.
fn models(t: &Text, value: &Value) -> String {
    let lang = t.lang();
    let number = |x: f64| lang.decimal(x, 3);
    let customers = lang.count(value.fitted_customers);
    let mut sentences = Vec::new();
    if let Some(fit) = &value.models.bgnbd {
        sentences.push(fl!(
            t,
            "model-bgnbd",
            customers = customers.clone(),
            date = lang.date(fit.calibrated_to),
            r = number(fit.r),
            alpha = number(fit.alpha),
            a = number(fit.a),
            b = number(fit.b)
        ));
    }
    if let Some(fit) = &value.models.gamma_gamma {
        sentences.push(fl!(t, "model-gamma-gamma", p = number(fit.p), q = number(fit.q), v = number(fit.v)));
    }
    if let Some(fit) = &value.models.sbg {
        sentences.push(fl!(
            t,
            "model-sbg",
            customers = customers,
            alpha = number(fit.alpha),
            beta = number(fit.beta)
        ));
    }
    sentences.join(" ")
}

/// A figure of the field, with where it comes from.
#[derive(Debug)]
pub(crate) struct Quote {
    pub(crate) claim: String,
    pub(crate) source: String,
    pub(crate) caution: String,
}

/// The rules of thumb that readers will have heard, with their true meaning.
pub(crate) fn quotes(t: &Text) -> Vec<Quote> {
    vec![
        Quote {
            claim: fl!(t, "quote-profit"),
            source: fl!(t, "quote-profit-source"),
            caution: fl!(t, "quote-profit-caution"),
        },
        Quote {
            claim: fl!(t, "quote-cost"),
            source: fl!(t, "quote-cost-source"),
            caution: fl!(t, "quote-cost-caution"),
        },
    ]
}
