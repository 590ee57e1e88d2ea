# The terminal report in English.
title = Customer retention
headline = { $period }: { $trc } retention
headline-sentence = Of { $s } customers active on { $start }, { $kept ->
    [one] { $k } still was
   *[other] { $k } still were
} on { $end }.
headline-interval = 95% interval { $low } to { $high }
year-ago = a year before
previous = period before
trend = trend
points = { $difference } points ({ $low } to { $high })
points-per-year = { $slope } points a year ({ $low } to { $high })
no-headline = No period is both complete and out of its warming-up, so there is no current rate.

periods = By period
col-period = period
col-trc = TRC
col-interval = 95% interval
col-formula = textbook
col-start = start
col-kept = kept
col-lost = lost
col-new = new
col-back = back
col-end = end
col-nrr = NRR
col-grr = GRR
legend = start, end: customers active then; back: active again after a silence; textbook: (end − all acquired) / start.
legend-flags = * the data end before the period does; ~ the data begin too late for this period. Neither is averaged or compared.
earlier-periods = { $n } earlier periods are not shown; --format csv lists all.
reconciliation = { $period }: textbook { $formula } = TRC { $trc } + ({ $r } back − { $n_lost } came and left) / { $s }

segments = By segment, { $period }
col-customers = customers
col-difference = against all
more-segments = { $n } more: --format csv lists all.
moved = Since { $period }: { $change } points, { $rate } through own rates and { $mix } through shares among the customers. Most: { $most }.

cohorts = Cohorts: share active k periods after the first
pooled = all cohorts
cohort-note = Weighted over the cohorts whose cell is complete. Empty: not over yet.

survival = Survival: share of customers still kept after
median-days = Half of the customers are lost after { $n } days.
median-units = Half of the customers are lost at { $n } (in the unit of the duration column).
no-median = More than half of the customers are kept as far as the data reach.
days = { $n } d
log-rank = { $by }: the curves differ by more than chance would explain (log-rank χ² { $chi }, { $p }).
log-rank-same = { $by }: no difference beyond chance is seen (log-rank χ² { $chi }, { $p }).
returns = Chance to return within a year after a silence of
incidence = Left by reason, share of all customers

value = What a customer is worth over the next twelve months
value-active = an active customer
value-lost = a customer just lost
value-point = one point of TRC
value-point-detail = { $customers } customers
value-backtest = Checked against last year: with what was known on { $date }, an active customer was expected to bring { $active } within a year and brought { $active_observed }; one just lost was expected to bring { $lost } and brought { $lost_observed }. The intervals allow for that error.
value-purchases = The file has no amounts: figures are purchases.
rules = Rules of thumb of the field, not measured here: keeping 5 points more raised profit by 25 to 85% in the nine lines of business studied by Reichheld and Sasser (1990); winning a customer is said to cost 5 to 25 times as much as keeping one (quoted by Gallo, HBR 2014, without a source of its own).

read = What was read
read-rows = { $rows } rows, { $used } used, { $customers } customers, { $from } to { $until }
read-filtered = { $n } rows left out by the conditions or because their event is not the activity
read-rejected = { $n } rows rejected
read-rejected-file = { $n } rows rejected, written to { $file }
read-reason = { $reason }: { $n }, first on line { $line }
read-columns = columns: { $columns }
guessed = guessed
window-auto = window { $window }: 95% of the { $gaps } gaps between two activities are at most { $p95 } days (half are at most { $p50 })
window-auto-limited = window { $window }: 95% of the { $gaps } gaps between two activities are at most { $p95 } days, but the data are too short for such a window
definition = activity: { $activity } · window: { $window } · time zone: { $zone }

read-rows-undated = { $rows } rows, { $used } used, { $customers } customers
every-row = every row
n-days = { $n ->
    [one] { $n } day
   *[other] { $n } days
}
n-months = { $n ->
    [one] { $n } month
   *[other] { $n } months
}
definition-contracts = active: while a contract runs · grace: { $grace } · time zone: { $zone }
no-grace = none

notes = To know when reading this
value-months = The file has no amounts: figures are months under contract.
everybody = all customers

# Incidents.
incidents = Incidents and changes
col-could-know = customers could know
col-id = id
col-kind = what
col-severity = severity
col-affected = affected
col-told = told
col-title = title
undated = unknown
incidents-legend = told: score of the communication, −2 to 2. A breach counts from the day customers could know of it, not from the day it happened; an outage and an expired certificate from the day they began. Only entries with a day can explain a drop.
more-incidents = { $n } more: --format csv lists all.
kind-breach = data breach
kind-security = security incident
kind-certificate = expired certificate
kind-outage = outage
kind-price = price change
kind-release = release
kind-step = authentication step
kind-campaign = campaign
severity-low = low
severity-medium = medium
severity-high = high
severity-critical = critical
warnings = To look at
warning-order = { $then } on { $thendate }, before it was { $first } on { $firstdate }
warning-delay = said to be told { $given } days after discovery; { $counted } days lie between the dates
warning-imprecise = customers could know in { $date }; without the day no effect can be dated
warning-undated = nobody wrote down when customers could know: no effect can be dated
warning-undated-all = { $n ->
    [one] Of { $n } entry nobody wrote down when customers could know: no effect can be dated.
   *[other] Of { $n } entries nobody wrote down when customers could know: no effect can be dated.
}
warning-ends = ends on { $until }, before it begins on { $from }
milestone-started = started
milestone-discovered = discovered
milestone-contained = contained
milestone-disclosed = disclosed
refused = Not read
more-lines = { $n } more
read-incidents = { $files ->
    [one] { $read } entries read, { $refused } refused, from one file
   *[other] { $read } entries read, { $refused } refused, from { $files } files
}
read-file = { $read } read, { $refused } refused
read-unknown = Without a meaning here: { $names }
