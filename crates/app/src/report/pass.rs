//! The passes over the rows: threads take parts, kernels take customers, summaries are added.

use std::sync::atomic::{AtomicUsize, Ordering};

use fidance_domain::{
    amount::Amount,
    history::{Histories, HistoryError, HistoryVisitor, Micros, Profile},
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
pub(super) trait PartVisitor: HistoryVisitor + Send {
    /// The customers that follow are those of another part.
    fn begin_part(&mut self) {}
}

/// Runs one visitor per thread over all parts of a source, and returns the visitors.
pub(super) fn over_parts<V: PartVisitor>(
    source: &dyn Histories,
    threads: usize,
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
            source.visit(part, &mut visitor)?;
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

/// Turns instants into days, leaves out what is after the end, and joins the activities of one day.
#[derive(Debug)]
struct ByDay<'a> {
    days: &'a Days,
    until: Micros,
    current: Option<(Day, Amount)>,
}

impl ByDay<'_> {
    fn each(&mut self, at: &[Micros], amounts: &[Amount], mut active_day: impl FnMut(Day, Amount)) {
        for (&at, &amount) in at.iter().zip(amounts) {
            if at >= self.until {
                return;
            }
            let day = self.days.day_of(at);
            match &mut self.current {
                Some((current, sum)) if *current == day => *sum += amount,
                current => {
                    if let Some((day, sum)) = current.replace((day, amount)) {
                        active_day(day, sum);
                    }
                }
            }
        }
    }

    fn rest(&mut self, active_day: impl FnOnce(Day, Amount)) {
        if let Some((day, sum)) = self.current.take() {
            active_day(day, sum);
        }
    }
}

/// The first pass: how many customers, how long their silences.
#[derive(Debug)]
struct Survey<'a> {
    by_day: ByDay<'a>,
    gaps: GapKernel,
}

impl PartVisitor for Survey<'_> {}

impl HistoryVisitor for Survey<'_> {
    fn begin(&mut self, _: Profile) {
        self.gaps.begin();
    }

    fn activities(&mut self, at: &[Micros], amounts: &[Amount]) {
        self.by_day.each(at, amounts, |day, _| self.gaps.observe(day));
    }

    fn end(&mut self) {
        self.by_day.rest(|day, _| self.gaps.observe(day));
        self.gaps.end();
    }
}

/// Surveys a source up to `until`; silences are measured to the start of `horizon`.
pub(super) fn survey(
    source: &dyn Histories,
    threads: usize,
    days: &Days,
    until: Micros,
    horizon: Day,
) -> Result<GapSummary, HistoryError> {
    let visitors = over_parts(source, threads, || Survey {
        by_day: ByDay { days, until, current: None },
        gaps: GapKernel::new(horizon),
    })?;
    let mut sum = GapSummary::default();
    visitors.into_iter().for_each(|visitor| sum.add(&visitor.gaps.finish()));
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
struct Main<'a> {
    by_day: ByDay<'a>,
    kernels: Kernels<'a>,
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

impl<'a> Main<'a> {
    fn new(plan: &Plan<'a>) -> Self {
        let groups = plan.groups.len();
        let kernels = Kernels {
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
        };
        Self { by_day: ByDay { days: plan.days, until: plan.until, current: None }, kernels }
    }
}

impl Kernels<'_> {
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

impl PartVisitor for Main<'_> {
    fn begin_part(&mut self) {
        self.kernels.purchases.begin_part();
        if let Some(backtest) = &mut self.kernels.backtest {
            backtest.begin_part();
        }
    }
}

impl HistoryVisitor for Main<'_> {
    fn begin(&mut self, profile: Profile) {
        let groups = self.kernels.groups.of(profile);
        self.kernels.flows.begin(groups);
        if let Some(revenue) = &mut self.kernels.revenue {
            revenue.begin(groups);
        }
        self.kernels.cohorts.begin();
        self.kernels.spells.begin(groups);
        self.kernels.purchases.begin();
        if let Some(backtest) = &mut self.kernels.backtest {
            backtest.begin();
        }
        self.kernels.covered_until = 0;
    }

    fn activities(&mut self, at: &[Micros], amounts: &[Amount]) {
        self.by_day.each(at, amounts, |day, amount| self.kernels.active_day(day, amount));
    }

    fn end(&mut self) {
        self.by_day.rest(|day, amount| self.kernels.active_day(day, amount));
        self.kernels.flows.end();
        if let Some(revenue) = &mut self.kernels.revenue {
            revenue.end();
        }
        self.kernels.cohorts.end();
        self.kernels.spells.end();
        self.kernels.purchases.end();
        if let Some(backtest) = &mut self.kernels.backtest {
            backtest.end();
        }
        self.kernels.active_now += u64::from(self.kernels.covered_until > self.kernels.horizon);
    }
}

/// Runs all kernels over a source.
pub(super) fn run(source: &dyn Histories, threads: usize, plan: &Plan<'_>) -> Result<Findings, HistoryError> {
    let mut visitors = over_parts(source, threads, || Main::new(plan))?.into_iter();
    let first = visitors.next().unwrap_or_else(|| Main::new(plan));
    let mut sum = first.kernels.finish();
    for visitor in visitors {
        let findings = visitor.kernels.finish();
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
