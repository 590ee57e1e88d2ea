//! What customers, and one point of retention, are worth.

use fidance_domain::retention::{purchase::Purchases, spell::SpellSummary};
use jiff::civil::Date;

use super::model::{Note, Value};

/// A value, or why there is none.
#[derive(Debug, Default)]
pub(super) struct Valuation {
    pub(super) value: Option<Value>,
    pub(super) notes: Vec<Note>,
}

/// What the purchases do not say themselves.
#[derive(Debug)]
pub(super) struct PurchaseContext {
    /// Customers active at the end of the data.
    pub(super) active_now: u64,
    /// Length of the activity window at the end of the calibration.
    pub(super) window_days: u32,
    /// Last day of the fit.
    pub(super) calibrated_to: Date,
    /// Whether amounts mean something.
    pub(super) has_amounts: bool,
    /// All customers, of whom the rows may be a sample.
    pub(super) total_customers: u64,
    /// Seed of the draws behind the intervals.
    pub(super) seed: u64,
}

/// Value without contracts: BG/NBD for how often, Gamma-Gamma for how much.
pub(super) fn of_purchases(_rows: &[Purchases], _context: &PurchaseContext) -> Valuation {
    Valuation::default()
}

/// What the contracts do not say themselves.
#[derive(Debug)]
pub(super) struct ContractContext {
    /// Customers under contract at the end of the data.
    pub(super) active_now: u64,
    /// Mean recurring amount of their contracts.
    pub(super) amount_per_contract: Option<f64>,
    /// Seed of the draws behind the intervals.
    pub(super) seed: u64,
}

/// Value of contracts: shifted beta-geometric.
pub(super) fn of_contracts(_spells: &SpellSummary, _context: &ContractContext) -> Valuation {
    Valuation::default()
}
