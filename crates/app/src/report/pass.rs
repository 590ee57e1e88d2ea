//! The passes over the rows: threads take parts, kernels take customers, summaries are added.

use std::sync::atomic::{AtomicUsize, Ordering};

use fidance_domain::{
    amount::Amount,
    history::{DayVisitor, Histories, HistoryError, Micros, Profile},
    retention::{
        ActivityWindow, Groups,
        cohort::{Bracket, CohortKernel, CohortSummary},
        coverage::Edges,
        flows::{FlowKernel, FlowSummary},
        gap::{GapKernel, GapSummary},
        purchase::{PurchaseKernel, Purchases},
        revenue::{RevenueKernel, RevenueSummary},
        spell::{SpellKernel, SpellSummary},
    },
    time::{Day, Days},
};

/// A visitor that is told when another part begins.
pub(crate) trait PartVisitor: DayVisitor + Send {
    /// The customers that follow are those of another part.
    fn begin_part(&mut self) {}
}

/// Runs one visitor per thread over all parts of a source, and returns the visitors.
pub(crate) fn over_parts<V: PartVisitor>(
    source: &dyn Histories,
    threads: usize,
    (days, until): (&Days, Micros),
    new_visitor: impl Fn() -> V + Sync,
) -> Result<Vec<V>, HistoryError> {
    let parts = source.parts();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut visitor = new_visitor();
        loop {
            let part = next.fetch_add(1, Ordering::Relaxed);
            if part >= parts {
                return Ok(visitor);
            }
            visitor.begin_part();
            source.visit_days(part, days, until, &mut visitor)?;
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (1..threads.clamp(1, parts.max(1))).map(|_| scope.spawn(work)).collect();
        let mine = work();
        let theirs = workers.into_iter().map(|worker| match worker.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        std::iter::once(mine).chain(theirs).collect()
    })
}

/// The first pass: how many customers, how long their silences.
#[derive(Debug)]
struct Survey(GapKernel);

impl PartVisitor for Survey {}

impl DayVisitor for Survey {
    fn wants_amounts(&self) -> bool {
        false
    }

    fn begin(&mut self, _: Profile) {
        self.0.begin();
    }

    fn days(&mut self, days: &[Day], _: &[Amount]) {
        days.iter().for_each(|&day| self.0.observe(day));
    }

    fn end(&mut self) {
        self.0.end();
    }
}

/// Surveys a source up to `until`; silences are measured to the start of `horizon`.
pub(crate) fn survey(
    source: &dyn Histories,
    threads: usize,
    days: &Days,
    until: Micros,
    horizon: Day,
) -> Result<GapSummary, HistoryError> {
    let visitors = over_parts(source, threads, (days, until), || Survey(GapKernel::new(horizon)))?;
    let mut sum = GapSummary::default();
    visitors.into_iter().for_each(|visitor| sum.add(&visitor.0.finish()));
    Ok(sum)
}

/// What the main pass needs.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) days: &'a Days,
    pub(super) until: Micros,
    pub(super) horizon: Day,
    pub(super) edges: &'a Edges,
    pub(super) cohort_edges: &'a Edges,
    pub(super) brackets: &'a [Bracket],
    pub(super) window: &'a ActivityWindow,
    pub(super) groups: &'a Groups,
    pub(super) has_amounts: bool,
    pub(super) calibrate_to: Day,
    /// Last day of the fit whose forecast is held against the year that followed, where there is one.
    pub(super) backtest_to: Option<Day>,
    pub(super) one_in: u64,
}

/// What the main pass finds.
#[derive(Debug)]
pub(super) struct Findings {
    pub(super) flows: FlowSummary,
    pub(super) revenue: Option<RevenueSummary>,
    pub(super) cohorts: CohortSummary,
    pub(super) spells: SpellSummary,
    pub(super) purchases: Vec<Purchases>,
    /// As known a year before.
    pub(super) backtest: Vec<Purchases>,
    /// Customers active at the start of the horizon.
    pub(super) active_now: u64,
}

#[derive(Debug)]
struct Kernels<'a> {
    window: &'a ActivityWindow,
    groups: &'a Groups,
    flows: FlowKernel<'a>,
    revenue: Option<RevenueKernel<'a>>,
    cohorts: CohortKernel<'a>,
    spells: SpellKernel,
    purchases: PurchaseKernel,
    backtest: Option<PurchaseKernel>,
    horizon: Day,
    covered_until: Day,
    active_now: u64,
}

impl<'a> Kernels<'a> {
    fn new(plan: &Plan<'a>) -> Self {
        let groups = plan.groups.len();
        Self {
            window: plan.window,
            groups: plan.groups,
            flows: FlowKernel::new(plan.edges, groups),
            revenue: plan.has_amounts.then(|| RevenueKernel::new(plan.edges, groups)),
            cohorts: CohortKernel::new(plan.cohort_edges, plan.brackets),
            spells: SpellKernel::new(plan.horizon, 0, groups),
            purchases: PurchaseKernel::new(plan.calibrate_to, plan.one_in),
            backtest: plan.backtest_to.map(|day| PurchaseKernel::new(day, plan.one_in)),
            horizon: plan.horizon,
            covered_until: 0,
            active_now: 0,
        }
    }

    #[inline]
    fn active_day(&mut self, day: Day, amount: Amount) {
        let coverage = self.window.of(day);
        // An activity on the horizon day itself is not before its start.
        if day < self.horizon {
            self.covered_until = coverage.until;
        }
        self.flows.observe(coverage);
        if let Some(revenue) = &mut self.revenue {
            revenue.observe(coverage, amount);
        }
        self.cohorts.observe(day);
        self.spells.observe(coverage, None);
        self.purchases.observe(day, amount);
        if let Some(backtest) = &mut self.backtest {
            backtest.observe(day, amount);
        }
    }

    fn finish(self) -> Findings {
        Findings {
            flows: self.flows.finish(),
            revenue: self.revenue.map(RevenueKernel::finish),
            cohorts: self.cohorts.finish(),
            spells: self.spells.finish(),
            purchases: self.purchases.finish(),
            backtest: self.backtest.map(PurchaseKernel::finish).unwrap_or_default(),
            active_now: self.active_now,
        }
    }
}

impl PartVisitor for Kernels<'_> {
    fn begin_part(&mut self) {
        self.purchases.begin_part();
        if let Some(backtest) = &mut self.backtest {
            backtest.begin_part();
        }
    }
}

impl DayVisitor for Kernels<'_> {
    fn begin(&mut self, profile: Profile) {
        let groups = self.groups.of(profile);
        self.flows.begin(groups);
        if let Some(revenue) = &mut self.revenue {
            revenue.begin(groups);
        }
        self.cohorts.begin();
        self.spells.begin(groups);
        self.purchases.begin();
        if let Some(backtest) = &mut self.backtest {
            backtest.begin();
        }
        self.covered_until = 0;
    }

    fn days(&mut self, days: &[Day], amounts: &[Amount]) {
        days.iter().zip(amounts).for_each(|(&day, &amount)| self.active_day(day, amount));
    }

    fn end(&mut self) {
        self.flows.end();
        if let Some(revenue) = &mut self.revenue {
            revenue.end();
        }
        self.cohorts.end();
        self.spells.end();
        self.purchases.end();
        if let Some(backtest) = &mut self.backtest {
            backtest.end();
        }
        self.active_now += u64::from(self.covered_until > self.horizon);
    }
}

/// Runs all kernels over a source.
pub(super) fn run(source: &dyn Histories, threads: usize, plan: &Plan<'_>) -> Result<Findings, HistoryError> {
    let mut visitors =
        over_parts(source, threads, (plan.days, plan.until), || Kernels::new(plan))?.into_iter();
    let first = visitors.next().unwrap_or_else(|| Kernels::new(plan));
    let mut sum = first.finish();
    for visitor in visitors {
        let findings = visitor.finish();
        sum.flows.add(&findings.flows);
        if let (Some(sum), Some(revenue)) = (&mut sum.revenue, &findings.revenue) {
            sum.add(revenue);
        }
        sum.cohorts.add(&findings.cohorts);
        sum.spells.add(&findings.spells);
        sum.purchases.extend(findings.purchases);
        sum.backtest.extend(findings.backtest);
        sum.active_now += findings.active_now;
    }
    // Which thread took which part must not show in any figure.
    for purchases in [&mut sum.purchases, &mut sum.backtest] {
        purchases.sort_unstable_by_key(|p| {
            (p.age, p.recency, p.repeats, p.repeat_amount, p.later_amount, p.later)
        });
    }
    Ok(sum)
}
