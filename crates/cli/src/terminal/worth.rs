//! What a customer, and one point of retention, are worth.

use fidance_app::report::model::{Estimate, Report, ValueUnit};
use fidance_web::text::{plain_decimals, rounding_unit};
use i18n_embed_fl::fl;

use super::{
    Words,
    layout::{Cell, FAINT, Page, STRONG, Table},
};

pub(super) fn value(page: &mut Page, report: &Report, words: &Words) {
    let Some(value) = &report.value else { return };
    let lang = words.lang;
    let loader = &words.loader;
    page.heading(&fl!(loader, "value"));
    let amount = |estimate: &Estimate, x: f64| match value.unit {
        ValueUnit::Money => {
            lang.money(x, report.definition.currency.as_deref(), rounding_unit(estimate.low, estimate.high))
        }
        ValueUnit::Purchases | ValueUnit::Months => {
            lang.decimal(x, plain_decimals(estimate.low, estimate.high))
        }
    };
    let mut table = Table::default().left("", 0).right("", 0).left("", 1).left("", 2);
    let customers = lang.decimal(value.point_customers, usize::from(value.point_customers < 100.0));
    let detail = fl!(loader, "value-point-detail", customers = customers);
    for (name, estimate, detail) in [
        (fl!(loader, "value-active"), Some(&value.active_customer_year), String::new()),
        (fl!(loader, "value-lost"), value.lost_customer_year.as_ref(), String::new()),
        (fl!(loader, "value-point"), Some(&value.point_year), detail),
    ] {
        let Some(estimate) = estimate else { continue };
        let range = format!("({} – {})", amount(estimate, estimate.low), amount(estimate, estimate.high));
        table.row(vec![
            Cell::plain(name),
            Cell::styled(STRONG, amount(estimate, estimate.estimate)),
            Cell::plain(range),
            Cell::styled(FAINT, detail),
        ]);
    }
    page.table(&table);
    if let Some((backtest, lost)) = value.backtest.as_ref().zip(value.lost_customer_year.as_ref()) {
        let line = fl!(
            loader,
            "value-backtest",
            date = lang.date(backtest.as_of),
            active = amount(&value.active_customer_year, backtest.active.predicted),
            active_observed = amount(&value.active_customer_year, backtest.active.observed),
            lost = amount(lost, backtest.lost.predicted),
            lost_observed = amount(lost, backtest.lost.observed)
        );
        page.paragraph(FAINT, &line);
    }
    match value.unit {
        ValueUnit::Money => {}
        ValueUnit::Purchases => page.paragraph(FAINT, &fl!(loader, "value-purchases")),
        ValueUnit::Months => page.paragraph(FAINT, &fl!(loader, "value-months")),
    }
    page.paragraph(FAINT, &fl!(loader, "rules"));
}
