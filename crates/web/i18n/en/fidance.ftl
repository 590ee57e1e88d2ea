# The sentences of the console and of the HTML report, in English.
# Numbers and dates arrive already written; `n` is the bare number, for plurals only.

## Around every page
page-barometer = Barometer
page-alarm = Alarm
page-diagnosis = Diagnosis
page-events = Events
page-cohorts = Cohorts
page-survival = Survival
page-method = How figures are computed
page-problem = Problem
skip = Skip to the content
nav-pages = Pages
nav-parts = Parts of the report
nav-languages = Language
nav-variants = Way of counting
nav-units = Unit
data-set = Data:
show = Show
busy = Counting…
footer = This console runs on your computer only. Nothing leaves it.
footer-file = Made by Fidance. Everything is inside this file; it loads nothing from elsewhere.
control-every = Periods
control-window = Active within
control-by = Segments by
every-day = Days
every-week = Weeks
every-month = Months
every-quarter = Quarters
window-auto = Automatic
window-auto-chosen = Automatic ({ $window })
days = { $n ->
    [one] { $count } day
   *[other] { $count } days
}
months = { $n ->
    [one] { $count } month
   *[other] { $count } months
}
units = { $n ->
    [one] { $count } unit
   *[other] { $count } units
}
points = { $n ->
    [one] { $points } point
   *[other] { $points } points
}
purchases = { $n ->
    [one] { $count } purchase
   *[other] { $count } purchases
}
from-to = { $low } to { $high }
less-than = less than { $share }
rate-with-interval = { $rate } ({ $low } to { $high })
estimate-between = { $estimate } ({ $low } to { $high })
chart-needs-script = The chart is drawn by JavaScript. The same figures are in the table.
chart-figures = Figures

## Errors
problem-home = Back to the barometer
problem-choice-title = That value does not exist
problem-choice-every = The parameter “every” is “{ $value }”. It can be day, week, month or quarter.
problem-choice-window = The parameter “window” is “{ $value }”. Write auto, or a length of time such as 90d, 12w, 3mo or 1y.
problem-choice-other = The parameter “{ $parameter }” cannot be “{ $value }”.
problem-not-found-title = There is no such page
problem-not-found = The console has five pages: the barometer, the alarm, the events, the cohorts and survival.
problem-alarm-title = There is no such alarm
problem-alarm = An alarm is named after its series and the week that raised it. New data may move or remove one; the alarm page lists those there are.
problem-host-title = Wrong address
problem-host = This console answers only at localhost or 127.0.0.1, to keep other sites out.
problem-link-title = Open the link first
problem-link = Open the link that the server printed when it started. It works once; the browser is known after that.
problem-read-only-title = Read only
problem-read-only = This console only shows; it changes nothing.
problem-empty-title = Nothing to count
problem-empty = No activity of any customer is left in the data. Look at the columns that were chosen and at the rows that were rejected.
problem-too-long-title = The data span too long a time
problem-too-long = The dates span { $days } days; at most 200 years can be reported. A wrong date is the usual reason.
problem-failed-title = That failed
problem-failed = The report could not be made. What went wrong is written in the log of the program.

## Words of the trade
trc = Retention rate
trc-long = Customer retention rate
kept = Kept
new = New
reactivated = Reactivated
lost = Lost
at-start = At the start
at-end = At the end
new-lost = Came and left
textbook = Textbook
revenue = Revenue
nrr = Net revenue retention
grr = Gross revenue retention
period = Period
state = State
customers = Customers
interval-95 = 95% interval
interval-low = Lower end
interval-high = Upper end
year-before = A year before
not-counted = Not counted
state-counted = Counted
state-open = Not over yet
state-warming = Warming up
state-nobody = Nobody at the start

## Barometer: now
headline-sentence = Of { $of } customers active on { $start }, { $kept } were still active after { $end }.
headline-interval = Between { $low } and { $high }, with 95% confidence.
headline-counted = Counted: { $kept } of { $start } customers.
against-period = Against { $period }
against-higher = { $n ->
    [one] { $points } point higher
   *[other] { $points } points higher
}
against-lower = { $n ->
    [one] { $points } point lower
   *[other] { $points } points lower
}
against-unclear = No clear difference
trend-label = Trend over { $periods } periods (indicative: periods share customers)
trend-rising = { $n ->
    [one] Rising by { $points } point a year
   *[other] Rising by { $points } points a year
}
trend-falling = { $n ->
    [one] Falling by { $points } point a year
   *[other] Falling by { $points } points a year
}
trend-unclear = No clear trend
points-between = between { $low } and { $high } points
points-unclear = { $points } points, between { $low } and { $high }
nrr-label = Net revenue retention
nrr-detail = what the same customers spend, growth included
grr-label = Gross revenue retention
grr-detail = what the same customers spend, growth left out
no-headline-title = No rate yet
no-headline = No period is complete yet. A period counts once the data reach its end and start at least one window before it. Try shorter periods or a shorter window.
no-headline-lifetimes = This table has one duration per customer and no dates, so there are no periods. The survival page says how long customers stay.
unsettled-open = The last period, { $period }, is not over in the data: it is shown dashed or hatched, and not counted.
unsettled-warming = { $n ->
    [one] The first period is warming up: the data begin too late to know who was active before it. It is shown dashed or hatched, and not counted.
   *[other] The first { $count } periods are warming up: the data begin too late to know who was active before them. They are shown dashed or hatched, and not counted.
}
unsettled-both = { $n ->
    [one] The first period is warming up: the data begin too late to know who was active before it. The last one, { $period }, is not over. Both are shown dashed or hatched, and not counted.
   *[other] The first { $count } periods are warming up: the data begin too late to know who was active before them. The last one, { $period }, is not over. All are shown dashed or hatched, and not counted.
}

## Barometer: the charts
rate-title = Retention, period by period
rate-words = Of the customers active when a period starts, the share still active when it ends. The band is the 95% interval: the wider, the fewer customers.
rate-summary = Retention rate from { $from } in { $first } to { $to } in { $last }.
rate-summary-none = No period is complete yet.
rate-table = Retention rate by period
flows-title = Who came, who stayed, who left
flows-words = Above the line, everyone active at the end of the period: kept, new, or back after a silence. Below it, those who were lost.
flow-summary = In { $period }: { $kept } kept, { $new } new, { $reactivated } reactivated, { $lost } lost.
flow-summary-none = Flows of customers by period; none is complete yet.
flow-table = Flows of customers by period

## Barometer: worth
worth-title = What one point is worth
worth-words = One point of retention is one customer in a hundred, kept instead of lost. Estimated from your own data.
worth-unit = a year for one point of retention
worth-interval = Between { $low } and { $high }, allowing for the model’s uncertainty and, where known, last year’s error.
worth-how = One point is { $customers } customers. Over the next twelve months an active customer is expected to bring { $active }; one just lost, who may still come back, { $lost }. The difference, times { $customers }, is the value of the point.
worth-checked = Checked against last year: with what was known on { $date }, an active customer was expected to bring { $active } within twelve months and brought { $active_observed }; one just lost was expected to bring { $lost } and brought { $lost_observed }. The interval allows for that error.
worth-details = How it is estimated
worth-active-customers = Customers active at the end of the data
worth-alive-customers = Of these, not gone for good (estimated; a one-time buyer counts as still there)
worth-active-year = An active customer, over twelve months
worth-lost-year = A customer just lost, over twelve months
worth-point-year = One point, over twelve months
no-value-too-few = { $n ->
    [0] no customer bought again or left so far, and { $needed } are needed
    [one] only { $customers } customer bought again or left so far, and { $needed } are needed
   *[other] only { $customers } customers bought again or left so far, and { $needed } are needed
}
no-value-not-estimable = the model of buying does not settle on these data
no-value-amounts = the amounts do not follow the spending model, so purchases are counted instead
no-value-nothing = nobody is active at the end of the data, or nobody was lost lately
worth-absent = The value of a point cannot be told from these data.
worth-absent-reason = The value of a point cannot be told from these data: { $reason }.
model-bgnbd = Purchases: BG/NBD model fitted to { $customers } customers up to { $date } (r { $r }, α { $alpha }, a { $a }, b { $b }; weeks).
model-gamma-gamma = Amounts: Gamma-Gamma model (p { $p }, q { $q }, v { $v }).
model-sbg = Renewals: shifted beta-geometric model fitted to { $customers } customers (α { $alpha }, β { $beta }; months).
quotes-title = Quoted, not measured here
quote-profit = Five points fewer yearly defections raised profit by 25 to 85%, depending on the business.
quote-profit-source = F. Reichheld and W. E. Sasser, Harvard Business Review, 1990, from nine lines of business, most of them services; Bain & Company later quotes 25 to 95%.
quote-profit-caution = The 5% of the article are five points of the yearly defection rate. The profit is the present value of an average customer’s, in those businesses, at that time. It says nothing about yours.
quote-cost = Winning a customer is said to cost 5 to 25 times as much as keeping one.
quote-cost-source = A. Gallo, Harvard Business Review, 2014.
quote-cost-caution = The article itself adds that it depends on the study and on the industry, and cites no study for the range.

## Barometer: segments
segments-title = By segment
segments-words = A segment is above or below all customers only where its whole interval is; elsewhere the data do not tell them apart. Out of twenty segments, one may stand out by chance.
segments-caption = Retention rate by { $column }, { $period }
segments-no-periods = Without dates there is no rate to compare between segments. The Survival page compares how long they stay.
segments-none = The file has no column to group customers by. Run again with --segment COLUMN to compare countries, channels or products.
segments-left-out = { $n ->
    [one] { $count } more segment is not shown; it is in the JSON report.
   *[other] { $count } more segments are not shown; they are in the JSON report.
}
sort-by = Sort by { $column }
course = Over time
difference-to-all = Difference in points
segment-above = above
segment-below = below
segment-alike = no clear difference
segment-nobody = nobody at the start
segment-none = (empty)
spark-words = From { $from } in { $first } to { $to } in { $last }
moved-title = What moved the rate
moved-sentence = Since { $period } the rate has moved by { $n ->
    [one] { $change } point
   *[other] { $change } points
}: { $rate } because groups stay more or less than they did, { $mix } because their shares among the customers have changed.
moved-key = The line is what a group’s own rate did to the rate of all, with its 95% interval; the thin mark is no change. In grey where the interval holds it.
moved-points = { $n ->
    [one] { $points } point
   *[other] { $points } points
}
moved-table = Parts of the change by { $column }, in points; they sum to the whole
moved-own = Own rate
moved-mix = Share among customers
moved-both = Together
moved-all = All

## Barometer: how it was counted
reconciliation-title = Two formulas, one difference
reconciliation-words = The textbook formula credits retention with customers who came back. Fidance counts those who stayed.
reconciliation-intro = For { $period }:
reconciliation-outcome = Reactivated: { $reactivated }, who raise the textbook figure. Came and left within the period: { $passing }, who lower it.
formula = Formula
formula-letters = In letters
formula-numbers = In numbers
formula-result = Result
formula-kept = Retention rate
formula-gap = Reactivated, less came and left
formula-textbook = Textbook formula
formula-key = S active at the start, E at the end, K kept, N new, R reactivated, N₀ came and left within the period.
definition-title = What was counted
definition-words = It stands behind rates, flows and survival; cohorts count an activity in the very period.
def-active = Active customer
def-active-every-row = A customer with at least one row in the last { $window }.
def-active-activity = A customer with at least one “{ $activity }” in the last { $window }.
def-active-contract = A customer with a subscription that covers the day.
def-active-grace = A customer with a subscription that covers the day, or ended at most { $grace } before.
def-active-lifetime = One row per customer: how long, and whether it ended.
def-why = Why this window
def-why-words = Chosen from { $gaps } gaps between two activities: half last at most { $half }, 95% at most { $most }. Hence { $window }.
def-why-limited = The data are too short for a longer one.
def-periods = Periods
def-periods-words = { $every }, in the time zone { $zone }
def-periods-day = Calendar days
def-periods-week = Weeks from Monday (ISO)
def-periods-month = Calendar months
def-periods-quarter = Calendar quarters
def-data = Data
def-data-words = From { $first } to { $last }
def-rows = Rows
def-rows-words = { $rows } read, { $used } used, { $customers } customers
def-filtered = Left out
def-filtered-words = { $n ->
    [one] { $rows } row, by a condition or because it is another event
   *[other] { $rows } rows, by a condition or because they are other events
}
def-columns = Columns
def-files = Files
column-guessed = guessed
role-customer = customer
role-at = date
role-event = event
role-value = amount
role-currency = currency
role-segment = segment
role-start = start
role-end = end
role-duration = duration
role-ended = ended
role-reason = reason
role-entry = age at entry
rejected-title = Rows that could not be used
rejected-none = All { $rows } rows could be used.
rejected-some = { $n ->
    [one] { $rejected } of { $rows } rows could not be used ({ $share }).
   *[other] { $rejected } of { $rows } rows could not be used ({ $share }).
}
rejected-file = They are kept in
rejected-caption = Rejected rows by reason
reason = Reason
rows = Rows
first-line = First line
reason-no-customer = No customer
reason-reserved-customer = A customer id that stands for nobody, such as null or anonymous
reason-no-date = No date
reason-unreadable-date = A date that cannot be read
reason-date-out-of-range = A date out of range
reason-ends-before-start = An end before its start
reason-no-duration = No duration
reason-unreadable-duration = A duration that cannot be read
reason-enters-after-end = An age at entry after the end
reason-unreadable-ended = Unclear whether the customer left
reason-wrong-field-count = A row with too few or too many cells
reason-line-too-long = A line of more than a megabyte
reason-unclosed-quote = A quote that is opened and not closed in its row
reason-invalid-utf8 = Text that is not UTF-8
reason-nul-byte = A NUL byte
reason-invalid-json = A line that is not valid JSON
notes-title = Keep in mind
note-first-cohort = The first cohort probably also holds customers who had begun before the data do.
note-single-cohort = { $share } of the customers came in the first fifth of the data. Where nobody new comes, the rate follows the age of the group: it falls while one-time buyers leave, then settles. A fall there is not necessarily an alarm.
note-value-sample = The value rests on a sample of { $customers } customers.
note-correlation = How often and how much customers buy are related (correlation { $correlation }); the value model takes them as unrelated.
note-amounts = The amounts do not follow the spending model, so the value is counted in purchases.
note-overlap = The window is longer than a period, so successive rates share customers and move together.

## Cohorts
cohorts-lead = Customers grouped by when they came first, and how many were seen again later. A cell that is not over yet stays empty.
cohorts-none = There are no cohorts: the data have no dates, or nobody was active in a complete period.
cohorts-only-one = All customers came in the same period: there is one cohort, and nothing to compare it with.
cohorts-caption = Cohorts, { $variant }. Columns: { $elapsed }.
cohorts-cut = Only the latest { $most } cohorts and the first { $most } columns are shown; the rest is in the JSON report.
cohort = Came first in
pooled-mean = Weighted mean
pooled-note = The mean is weighted by the size of the cohorts and uses complete cells only.
variant-n-day = Active then
variant-unbounded = Then or later
variant-bracket = Within a range
variant-full = Every time
variant-n-day-words = The share of each cohort that was seen in that very period after the first.
variant-unbounded-words = The share that was seen in that period or in any later one. The last cells of each cohort read too low, because the data end.
variant-bracket-words = The share that was seen at least once within the range of periods.
variant-full-words = The share that was seen in every period up to that one.
unit-share = %
unit-customers = Customers
elapsed-days = Days after the first
elapsed-weeks = Weeks after the first
elapsed-months = Months after the first
elapsed-quarters = Quarters after the first
curve-title = The mean curve
curve-words = All cohorts together. Where the curve flattens, few more customers stop.
curve-summary = { $elapsed }: the weighted mean goes from { $from } at { $first } to { $to } at { $last }.
curve-table = Weighted mean over the cohorts
customers-observed = Customers observed

## Survival
survival-none = The data hold no lifetimes to draw.
survival-title = How long customers stay
survival-words = The share of customers still kept after each length of time, until the first time they are no longer active; coming back does not count here (Kaplan-Meier). With an activity window, nobody can be lost before the window ends. Those who are still customers count for as long as they have been seen.
survival-by = By { $column }
survival-summary = Still kept after { $duration }: { $shares }.
survival-table = Share still kept, with its 95% interval
at-risk-caption = Customers still observed
all-customers = All customers
median-reached = Half of the customers are lost after { $duration }.
median-not-reached = More than half of the customers stay as long as the data can see: { $share } after { $duration }.
not-reached = not reached
half-lost-after = Half lost after
medians-caption = Groups and their median times
curves-left-out = The { $most } largest groups are drawn. Only in the table: { $names }.
axis-days = Days since the first activity
axis-units = Duration, in the unit of the file
log-rank-differ = The groups do not stay equally long. If they did, differences at least this large would arise { $chance }.
log-rank-alike = The data do not tell these groups apart. If they stayed equally long, differences at least this large would arise { $chance }.
log-rank-statistics = (Log-rank test: { $statistic } on { $n ->
    [one] { $degrees } degree of freedom
   *[other] { $degrees } degrees of freedom
}.)
chance-below = less than once in { $n }
chance-about = in { $share } of cases
incidence-title = Why they leave
incidence-words = The chance of having left for each reason by a given time, the other reasons being at work too (Aalen-Johansen).
incidence-summary = Chance of having left, by reason: { $names }.
incidence-table = Reasons for leaving
probability = Chance by the end
by-then = At
returns-title = Who still comes back
returns-words = Of the silences that lasted so many days, the share that ended within the following year.
returns-summary = Of the silences of { $duration }, { $share } ended within a year.
returns-table = Chance to return after a silence
chance-to-return = Chance to return within a year
axis-silent = Days of silence
silent-for = Silent for
observed = Silences observed
came-back = Silences ended
share = Share
months-kept = { $n ->
    [one] { $count } month under contract
   *[other] { $count } months under contract
}
worth-how-contracts = One point is { $customers } customers. Over the next twelve months a customer under contract is expected to bring { $active }; one whose contract ended, nothing. Amounts are taken as monthly.

## The alarm: words that several pages share
customers-fewer = { $size } fewer customers
customers-more = { $size } more customers
change-fewer = { $size } fewer
change-more = { $size } more
between = between { $low } and { $high }
between-both = between { $less } fewer and { $more } more
more-than = more than { $number }
weeks = { $n ->
    [one] { $count } week
   *[other] { $count } weeks
}
either = { $first } or { $last }
values-more = { $values } or { $n ->
    [one] { $count } more
   *[other] { $count } more
}
condition = { $values } ({ $column })
condition-not = all but { $values } ({ $column })
series-returns = Returns
series-retention = Retention
fall-returns-open = Since about { $from }, { $change } come back than expected ({ $between }){ $mostly }.
fall-returns-over = From about { $from } to { $to }, { $change } came back than expected ({ $between }){ $mostly }.
fall-retention-open = Since about { $from }, { $change } stay than expected ({ $between }){ $mostly }.
fall-retention-over = From about { $from } to { $to }, { $change } stayed than expected ({ $between }){ $mostly }.
fall-mostly = , mostly { $group }
shape-sudden = Sudden: from one week to the next
shape-gradual = Gradual: over two months or more
shape-unclear = Sudden or gradual: unclear
onset-one = No other week comes into question for the beginning
onset-between = It may have begun between { $from } and { $to }

## The alarm: the page
alarm-notice = An alarm is open. { $sentence }
alarm-link = See the diagnosis
alarm-why = See the diagnosis
alarm-watching-title = No alarm is open
alarm-raised-title = { $n ->
    [one] An alarm is open
   *[other] { $count } alarms are open
}
alarm-last-week = { $n ->
    [one] { $observed } customer came back in the last complete week, { $week }; { $range } were to be expected.
   *[other] { $observed } customers came back in the last complete week, { $week }; { $range } were to be expected.
}
alarm-running = The week so far, to { $day } ({ $d ->
    [one] 1 day
   *[other] { $days } days
}): { $n ->
    [one] { $observed } customer came back
   *[other] { $observed } customers came back
}; { $range } were to be expected by then. Usually { $part } of a week’s returns have come by that day. The whole week should bring { $total }. No alarm rests on a week that is not over.
alarm-no-week = No week can be compared yet.
alarm-worth-a-look = The last weeks are worth a look: they run below what is expected, without enough evidence for an alarm. This sign comes with no promise.
alarm-learning-title = Still learning
alarm-learning = The data hold { $n ->
    [one] { $weeks } complete week
   *[other] { $weeks } complete weeks
}, and { $needed } are needed before there is anything to expect. { $m ->
    [one] { $missing } is missing.
   *[other] { $missing } are missing.
}
alarm-nothing-title = Nothing to expect
alarm-nothing = Week after week nobody came back, or everybody did. Without a rate between the two there is nothing to compare with.
alarm-only-activities-title = Only activities can be watched
alarm-only-activities = The alarm asks every week who came back. That takes a table of activities, such as orders or visits. Contracts and durations have no weekly returns; the barometer and the survival page are about them.
alarm-promise = { $n ->
    [one] At most one false alarm in { $years } year on each of the two series, on average, as long as the expectation holds.
   *[other] At most one false alarm in { $years } years on each of the two series, on average, as long as the expectation holds.
}
alarm-fact-returns = Came back, { $week }
alarm-fact-expected = expected: { $range }
alarm-fact-evidence = Evidence of a fall in returns
alarm-fact-threshold = an alarm is raised at { $threshold }
alarm-fact-retention = Retention rate, same week
alarm-known = Known since { $date }
alarm-open = Open
alarm-still-below = Still below what is expected
alarm-recovered = As expected again since { $date }
alarm-lasting = The lower level is the expected one since { $date }
alarm-missing-returns = { $number } returns missing in { $weeks } ({ $range })
alarm-missing-retention = { $number } customers fewer kept, added up over { $weeks } ({ $range })
alarm-money = Worth { $amount } ({ $range })
alarms-title = Every alarm so far
alarms-words = The latest first. Retention answers later than returns, so one fall may raise two alarms.
alarms-none = No alarm was raised in these data.
week = Week
watch-returns-title = Who came back, and who was expected
watch-returns-words = Each week the number of customers who came back, against the number that earlier weeks let expect. In an ordinary year, 95 of 100 weeks lie within the range.
watch-returns-summary = In the { $week }, { $observed } customers came back; { $range } were to be expected.
watch-returns-table = Returns by week
watch-due = Could return
watch-observed = Came back
watch-observed-key = Observed
watch-expected = Expected
watch-range = Expected range
watch-threshold = Alarm
watch-week-alarm = Alarm open
watch-week-look = Worth a look
watch-week-quiet = Quiet
watch-running-key = Week not over, so far
watch-running-expected = Expected so far
watch-running-week = { $week }, not over
watch-running-state = Not over, to { $day }
watch-evidence-title = How strong the evidence is
watch-evidence-words = Each week below the expectation multiplies the evidence, each week above it divides it. The scale is in powers of ten; beyond a hundred times the alarm the line runs flat.
watch-evidence-summary = In the { $week }, the evidence of a fall in returns is { $evidence }; an alarm is raised at { $threshold }.
watch-evidence-table = Evidence by week; an alarm is raised at { $threshold }
watch-retention-title = The retention rate follows later
watch-retention-words = A customer counts as lost only when the window of activity has passed, so the rate moves weeks after returns do.
watch-retention-summary = In the { $week }, the retention rate is { $observed }; { $range } was to be expected.
watch-retention-table = Retention rate by week
alarm-meaning-title = What an alarm says
alarm-meaning-promise = An alarm is evidence against “customers come back at the expected rate or above”; that rate is first lowered by as much as it may itself be wrong. It is not the probability that retention fell.
alarm-meaning-cause = It names no cause, and neither does the way the fall began. The diagnosis says what the data can say about causes.
alarm-meaning-advisory = “Worth a look” is a sign without a promise: it comes sooner, and for nothing more often.
how-computed = How this is computed:
how-alarm = alarm
how-baseline = expected retention rate
how-bridge = own rates and shares
how-diagnosis = diagnosis
how-drivers = where a fall is concentrated
how-gates = checks at dates without an event
how-lifetimes = time until customers leave or come back
how-quantile = weighted means
how-segments = segments against all other customers
how-share = shares and their intervals
how-sizes = sizes and amounts
how-trend = trend
how-value = value of a customer and of a point
method-lead = Every figure of the console: its formula and where that comes from, what it assumes, how it was tested, what it cannot tell.
method-language = These pages are in English.
method-group-barometer = The barometer
method-group-value = What a customer is worth
method-group-alarm = The alarm
method-group-causes = Causes and effects
method-group-measured = How well it works

## The alarm: segments
segment-watch-title = By segment
segment-watch-words = Each segment against all other customers in the same weeks. A fall of everybody is told once, by the alarm; here stands who fell beyond it.
segment-watch-calm = { $n ->
    [one] Nothing stands out: the one segment watched keeps its usual place against the others.
   *[other] Nothing stands out: each of the { $count } segments keeps its usual place against the others, as far as the data can tell.
}
segment-watch-empty = No segment can be compared yet. Name the columns that group your customers, such as country or channel: each of their values is then watched here against all others, once there is enough of a past.
segment-watch-named = { $segment }: since about { $since }, { $change } came back than its usual place against all others lets expect ({ $between }).
segment-watch-one = One segment stands out: { $segment }.
segment-watch-several = { $count } segments stand out, { $segment } most.
segment-watch-link = See segments
segment-watch-key = Dot and line: the change against the usual place, since the fall began or over the last eight weeks, with its interval of 95%.
segment-watch-table = Segments against all other customers: those that stand out first, then by evidence
segment-watch-column = Segment
segment-watch-change = Against the others
segment-watch-over = Over
segment-watch-evidence = Evidence
segment-watch-since = Since { $date }
segment-watch-caution = Segments are in the order of their evidence. On average, at most one segment stands out without cause in the years of the promise, over all of them together; this says nothing of the share of wrong ones among those that stand out today.

## The diagnosis
quoted = “{ $title }”
both = { $first } and { $last }
amount-with-range = { $amount } ({ $range })
fall-title-returns-open = { $change } come back than expected
fall-title-returns-over = { $change } came back than expected
fall-title-retention-open = { $change } stay than expected
fall-title-retention-over = { $change } stayed than expected
shape-sudden-detail = which says nothing about the cause
shape-gradual-detail = which says nothing about the cause
shape-unclear-detail = too early to say, or in between
fall-lead-open = It began about { $from }{ $mostly }. Its size lies { $between }.
fall-lead-lasting = It began about { $from }{ $mostly } and did not recover; since { $since } the lower level is what is expected. Its size lies { $between }.
fall-lead-over = It began about { $from } and was over after { $to }{ $mostly }. Its size lies { $between }.
diagnosis-eyebrow = { $series }, alarm of { $date }
fact-missing-returns = { $state ->
    [open] Returns missing so far, in { $weeks }
   *[over] Returns missing, in { $weeks }
}
fact-missing-retention = { $state ->
    [open] Customers fewer kept so far, added up over { $weeks }
   *[over] Customers fewer kept, added up over { $weeks }
}
fact-money = What they would have been worth
fact-began = Most likely beginning
fact-shape = How it began
verdict-shown = Shown: { $event }
verdict-likely = Likely: { $event }
verdict-felt = Still felt: { $event }
verdict-other = { $standing }: { $event }
verdict-share = It accounts for { $share } of what is missing.
verdict-not-separable = Several events, not separable
verdict-not-separable-detail = { $events } fall into the same weeks. The data cannot share the fall out between them: it may be one of them, or all.
verdict-no-known = No known event comes into question
verdict-no-known-detail = Nothing in the register lies near the beginning of the fall. Either the event is missing there, or it is of a kind that no register holds.
verdict-cannot-tell = The data cannot tell
verdict-cannot-tell-detail = { $n ->
    [one] { $events } comes into question by its date.
   *[other] { $events } come into question by their dates.
} The data neither show an effect of a notable size nor rule one out.
frozen-title = The weeks around it
frozen-words = From the week before the fall on, only the customers known by then are counted, and the expectation knows nothing of later weeks: it does not get used to the fall. Both lines go down a little even when nothing happens, as some customers always leave and those who came since are left out.
frozen-words-retention = From the beginning of the fall on, the expectation is frozen: it knows only the weeks before, so that it does not get used to the fall.
frozen-table = Observed against expected, week by week
frozen-expected = Expected without the fall
frozen-fallen = During the fall
frozen-before = Before
where-title = Where it is
where-words = Among all groups of customers, the one in which the fall is most concentrated. Where it is says nothing about why.
where-group = Most concerned: { $group }, which is { $customers } of the customers who could return, and { $missing } of what is missing. Among them, { $change } fewer came back than expected.
where-group-all = Most concerned: { $group }, which is { $customers } of the customers who could return, and more than all of what is missing, because others came more often than expected. Among them, { $change } fewer came back than expected.
where-nobody = No group stands out: as far as the data can tell, the fall is spread over all customers.
where-not-looked = This was not looked for: who is mostly concerned is told of falls of returns only.
where-chance = Where no group is concerned more than others, the search still finds one that stands out as much { $chance }.
where-table = What is missing, by { $column }
where-share = Share of what is missing
where-change = Change
causes-title = What comes into question
causes-words = Events of the register near the beginning of the fall, and older ones still felt, the strongest first. In each picture the thin mark is no effect: left of it fewer returns, right of it more.
causes-none = No event of the register lies near the beginning of the fall.
standing-shown = Shown
standing-shown-detail = Customers on its list fell, alike ones who are not on it did not, or less. The time fits, and the comparison passed its checks.
standing-shown-detail-scope = Customers in its scope fell, alike ones outside it did not, or less. The time fits, and the comparison passed its checks.
standing-likely = Likely
standing-likely-detail = Returns fell at its date, and the comparison passed its checks. There is no list of customers to compare.
standing-likely-detail-compared = Returns fell at its date, and that comparison passed its checks. The one between those concerned and alike others does not tell.
standing-felt = Still felt
standing-felt-detail = It is older than this fall, and what it did was not over: returns that it was still keeping away may be as many as are missing.
standing-not-separable = Not separable
standing-not-separable-detail = Another event falls into the same weeks. What is missing comes from one of them, or from both.
standing-cannot-tell = Cannot tell
standing-cannot-tell-detail = The data neither show an effect nor rule one out.
standing-unlikely = Unlikely
standing-unlikely-detail = An effect of notable size would have been seen and was not, or the time does not fit.
evidence-for = Speaks for it
evidence-against = Speaks against it
evidence-neither = Points neither way
event-incident = Security incident
event-visible-failure = Failure that customers see
event-authentication-step = Authentication step
event-price-change = Change of prices
event-campaign = Campaign
event-other = Event
event-from-to = { $from } to { $to }
event-disclosed = disclosed on { $date }
event-on = { $date }
event-days-to-disclose = { $n ->
    [one] { $count } day after its discovery
   *[other] { $count } days after its discovery
}
event-disclosed-at-once = the day of its discovery
event-disclosed-before = { $n ->
    [one] { $count } day before the business discovered it
   *[other] { $count } days before the business discovered it
}
event-severity = severity { $severity } of 3
event-told-well = told well
event-told-rather-well = told rather well
event-told-neither = told neither well nor badly
event-told-rather-badly = told rather badly
event-told-badly = told badly
event-listed = { $n ->
    [one] { $count } customer on its list
   *[other] { $count } customers on its list
}
effect-everybody = Everybody
effect-listed = Customers on its list
effect-scoped = Customers in its scope ({ $scope })
scope-column = { $column }: { $values }
scope-and = { $first }; { $next }
event-scope = concerns { $scope }
event-scope-list = it has a list too, and the list is what is compared
event-scope-no-column = the data have no segment column “{ $column }”: only the effect on everybody can be told
event-scope-no-value = no customer has the value “{ $value }” in “{ $column }”: only the effect on everybody can be told
effect-figures = Figures
effect-found = { $change } returns than the model expects without it ({ $between }), over { $weeks }.
effect-found-listed = { $change } returns than among alike customers who are not on it ({ $between }), over { $weeks }.
effect-found-scoped = { $change } returns than among alike customers outside it ({ $between }), over { $weeks }.
effect-not-seen = No effect seen: { $change }. One of { $smallest } or more would have been seen in 80 of 100 such cases.
effect-too-few = Too few customers to tell: { $change }. A notable effect could have been missed.
effect-short-past = { $n ->
    [0] Too short a past to tell: { $change }. The comparison could not be tried at dates where nothing happened.
    [one] Too short a past to tell: { $change }. The comparison could be tried at { $dates } date only where nothing happened.
   *[other] Too short a past to tell: { $change }. The comparison could be tried at { $dates } dates only where nothing happened.
}
effect-needed = It could be told with about { $customers } customers.
effect-needed-none = No number of customers would be enough.
effect-biased = { $n ->
    [one] Not to be relied on: at dates where nothing happened, the same comparison finds effects too, of { $points } point on average.
   *[other] Not to be relied on: at dates where nothing happened, the same comparison finds effects too, of { $points } points on average.
}
effect-not-separable = { $n ->
    [one] Not separable from { $events }, which falls into the same weeks: there is no figure for it alone.
   *[other] Not separable from { $events }, which fall into the same weeks: there is no figure for it alone.
}
effect-together = { $n ->
    [one] One of them or both: { $change } returns than expected ({ $between }), over { $weeks }.
   *[other] One of them, some or all: { $change } returns than expected ({ $between }), over { $weeks }.
}
why-not-short-past = Not estimated: { $weeks } before it, and { $needed } are needed.
why-not-no-week-after = Not estimated: the data end before one full week after it.
why-not-nothing-to-compare = Not estimated: none of the customers is on the list, or all of them are.
why-not-nothing-to-compare-scope = Not estimated: none of the customers is in scope, or all of them are.
why-not-not-determined = Not estimated: the data do not determine it.
effect-caution-list = The effect of being on the list, if both groups would otherwise have moved alike. What everybody felt, on the list or not, is not in it.
effect-caution-scope = The effect of being in scope, if both groups would otherwise have moved alike; they are different customers, so another change for one of them alone would be in it too. What everybody felt is not.
effect-caution-model = The gap between what came and what a model of the weeks before expects. A gap to a model is not proof of a cause.
effect-kept = { $n ->
    [one] Retention rate of those concerned over one day, in points
   *[other] Retention rate of those concerned over { $days } days, in points
}
effect-kept-words = { $points }; without it { $expected } would have stayed
effect-kept-lost = Customers lost
effect-kept-won = Customers won
effect-kept-everybody = Retention rate of the business by that, in points
effect-kept-untold = Retention rate of those concerned
kept-not-over = known once the window of activity after it is over
kept-short-past = the past is too short for a comparison
kept-another-event = another event begins within the window of activity
kept-biased = the comparison finds effects at dates without an event
kept-nothing = nobody alike to compare with
effect-points = Weekly share that returns, in points
effect-lost = Returns lost
effect-won = Returns won
effect-money = Worth
horizon-1 = Weeks 1 to 5
horizon-2 = Weeks 6 to 13
horizon-3 = From week 14 on
half-life = Half of it gone after
half-life-no-drop = There is no drop to recover from
half-life-not-seen = { $n ->
    [one] No recovery seen in { $weeks } week
   *[other] No recovery seen in { $weeks } weeks
}
half-life-weeks = { $n ->
    [one] { $weeks } week ({ $low } to { $high })
   *[other] { $weeks } weeks ({ $low } to { $high })
}
effect-chance = If it had no effect
chance-at-most = { $n ->
    [one] one so large in at most 1 in { $of }, the least that { $dates } date where nothing happened can show
   *[other] one so large in at most 1 in { $of }, the least that { $dates } dates where nothing happened can show
}
chance-placebo = { $n ->
    [one] one so large in about { $times } of { $of }, by { $dates } date where nothing happened
   *[other] one so large in about { $times } of { $of }, by { $dates } dates where nothing happened
}
effect-method = Method
method-did = Difference in differences
method-expected = Expected returns
method-widened = , the interval widened to what dates without an event show
method-together = Structural time series, all events of these weeks in one fit
effect-inclusion = Probability, in that fit, that it had an effect
effect-second = Other methods
second-says = { $method } { $change }
second-next = { $said }; { $next }
second-apart = { $says }, which contradicts the figure above
second-did = difference in differences
second-expected = expected returns
second-bsts = structural time series
second-sc = synthetic control
second-sdid = synthetic difference in differences
finding-time-same = The fall begins in the week of the event
finding-time-after = { $n ->
    [one] The fall begins { $count } week after the event
   *[other] The fall begins { $count } weeks after the event
}
finding-time-before = { $n ->
    [one] The fall begins { $count } week before the event
   *[other] The fall begins { $count } weeks before the event
}
finding-time-fits = { $when }: the time fits.
finding-time-no-fit = { $when }: the time does not fit.
finding-sudden = The fall was sudden, as after such events.
finding-gradual = The fall was gradual; such events make sudden ones.
finding-shape-unclear = Whether the fall was sudden cannot be said.
finding-exposure = Customers on its list: { $change } returns than among alike ones who are not ({ $between }).
finding-exposure-scope = Customers in its scope: { $change } returns than among alike ones outside it ({ $between }).
finding-felt-list = When this fall began, it was still felt: { $change } returns among customers on its list than among alike ones who are not ({ $between }).
finding-felt-scope = When this fall began, it was still felt: { $change } returns among customers in its scope than among alike ones outside it ({ $between }).
finding-pre-trend-alike = Before it, those on the list moved like the others: differences of this size arise { $chance } where both move alike.
finding-pre-trend-alike-scope = Before it, those in its scope moved like the others: differences of this size arise { $chance } where both move alike.
finding-pre-trend-apart = Before it, those on the list already moved apart from the others: differences of this size arise { $chance } where both move alike.
finding-pre-trend-apart-scope = Before it, those in its scope already moved apart from the others: differences of this size arise { $chance } where both move alike.
finding-level = Everybody’s returns at its date: { $change }.
finding-placebo = { $n ->
    [0] None of { $dates } dates where nothing happened shows an effect as large.
    [one] { $large } of { $dates } dates where nothing happened shows an effect as large.
   *[other] { $large } of { $dates } dates where nothing happened show an effect as large.
}
finding-second = Another method contradicts the figure: { $method } says { $change }.
finding-overlap = Of the customers in whom the fall is concentrated, { $listed } are on its list; of all customers, { $everybody }.
change-title = What would change this
change-words = The answer is as good as what is known today.
change-affected-list = The list of the customers affected by { $event }: they could then be compared with the others.
change-more-weeks = { $n ->
    [one] { $count } more week of data.
   *[other] { $count } more weeks of data.
}
change-better-date = A more exact date of { $event }.
change-missing-event = An event between { $from } and { $to } that nobody has entered into the register.
next-title = What to do next
next-words = The most useful first.
next-ask-around = Ask those who run the shop what changed between { $from } and { $to }: releases, prices, payment, delivery.
next-ask-customers = Ask the customers in whom the fall is concentrated: { $group }.
next-add-list = Bring in the list of the customers affected by { $event }.
next-tell = Tell the customers affected by { $event }, plainly and in person, what happened and what is being done.
next-ease = Take { $event } back for those to whom it costs more than it protects.
next-wait = { $n ->
    [one] Wait { $count } week and look again.
   *[other] Wait { $count } weeks and look again.
}
method-title = How to read this
method-alarm = The alarm is evidence against “customers come back at the expected rate or above”. It is no probability that they do not, and it names no cause.
method-onset = The beginning is a week with its neighbours, not a day. That a fall is sudden does not make an incident of it.
method-seed = The same data and the same seed ({ $seed }) give the same diagnosis.
method-pages = How this is computed, in the documentation of the program:

## Events
events-title = What each event did
events-lead = Every event of the register, with what it did to returns: those of everybody, and those of the customers on its list or in its scope where it has one.
events-scale = The dot is the estimate, the line its 95% interval, the thin mark no effect: left of it fewer returns, right of it more. All lines have the same scale.
events-none = No register of events was brought in, or it is empty.
events-none-how = To see one, with the demo shop:
events-none-own = To bring in your own:
events-file = FILE

# In text only.
passage-fact = { $label }: { $what }

# Mails about alarms.
mail-raised-subject = Alarm: { $title }
mail-sure = How sure is that? { $promise }
mail-console = In the console: { $url }
mail-closed-subject = Alarm closed: { $title }
mail-closed-said = The alarm said: { $sentence }
mail-closed-recovered = The figures have been as expected again since { $date }.
mail-closed-restated = The data were corrected since and no longer raise this alarm.
mail-closed-lasting = The fall has lasted half a year. The lower level is now what is expected; a further fall would raise a new alarm.
mail-closed-person = Somebody has closed the alarm.

## What people say of an alarm
said-title = Where it stands
said-words = What people said of this alarm. Whoever opens the console sees it.
said-raised = Raised
said-acknowledged = Acknowledged
said-explained = Explained
said-closed = Closed
said-unseen = Nobody has said that they saw it.
said-when = { $date } at { $time }
said-seen-console = Seen at the console on { $when }.
said-seen-api = Seen by a program, over the API, on { $when }.
said-seen-other = Seen by { $name } on { $when }.
said-explained-by = Explained by “{ $event }”{ $who }.
said-explained-in-words = Explained by the note{ $who }.
said-by-console = , at the console on { $when }
said-by-api = , by a program, over the API, on { $when }
said-by-other = , by { $name } on { $when }
said-noted-console = Note written at the console on { $when }.
said-noted-api = Note written by a program, over the API, on { $when }.
said-noted-other = Note written by { $name } on { $when }.
said-closed-console = Closed at the console on { $when }.
said-closed-api = Closed by a program, over the API, on { $when }.
said-closed-other = Closed by { $name } on { $when }.
said-closed-person = Closed by a person on { $when }.
said-closed-recovered = Closed on { $when }: returns are as expected again.
said-closed-restated = Closed on { $when }: the data were corrected and no longer raise it.
said-closed-lasting = Closed on { $when }: the lower level is what is expected by now.
said-acknowledge = I have seen it
said-event-label = Event that explains it
said-no-event = None of these: see the note
said-event = { $title }, { $date }
said-note-label = Note
said-hint = What is saved replaces the note. Do not name customers here.
said-explain = Save the explanation
said-close = Close the alarm
said-wrong-nothing = Nothing was saved: choose an event, or write what explains the fall.
said-wrong-event = Nothing was saved: the register no longer has this event. Choose another one.
said-wrong-long = Nothing was saved: a note has at most 2,000 characters.
said-wrong-letters = Nothing was saved: the note has characters that cannot be shown. Type it anew instead of pasting it.
said-wrong-closed = Nothing was changed: the alarm has been closed meanwhile.
problem-elsewhere-title = This form is not from here
problem-elsewhere = The request came from another page than one of this console, or the browser does not say where from. Open the alarm here and send the form again.

## Across incidents
dose-figure = { $value } ({ $low } to { $high })
dose-unit-points = Effects are in points of retention; below 0 is a loss.
across-title = Across incidents
across-words = What the incidents of the register did to the retention rate, side by side: does the loss go with severity, with the time until they were told, with how they were told?
across-key = Points of the retention rate of the business, by those whom each incident concerned. The line is the interval at 95%.
how-dose = past incidents
dose = What goes with larger losses
dose-few = { $found ->
    [0] There is no incident with an effect; at least { $needed } are needed.
    [one] There is { $found } incident with an effect; at least { $needed } are needed.
   *[other] There are { $found } incidents with an effect; at least { $needed } are needed.
}
dose-method-reml = { $n } incidents, REML, { $level } intervals of Knapp and Hartung
dose-method-bayes = { $n } incidents, few: the spread between them integrated out, { $level } intervals
dose-says = { $factor }: { $says }
dose-unit-log-odds = Effects are in log-odds of being kept; below 0 is a loss.
dose-intercept = mildest incident
dose-mean = average incident
dose-factor-severity = per level of severity
dose-factor-time = per unit of ln(1 + days to disclose)
dose-factor-communication = per point of communication
dose-factor-remedy = with a remedy
dose-factor-share = all customers against none
dose-says-larger = more of it goes with larger losses
dose-says-smaller = more of it goes with smaller losses
dose-says-cannot-tell = cannot tell; a difference of { $difference } needs about { $needed } incidents
dose-says-out-of-reach = cannot tell; a difference of { $difference } is out of reach
dose-says-not-large = no difference of { $difference } or more would have been missed
dose-left-out-unknown = { $factor }: not known of { $n ->
    [one] { $n } incident
   *[other] { $n } incidents
}
dose-left-out-same = { $factor }: the same in all
dose-left-out-few = { $factor }: too few incidents for one more property
dose-left-out-apart = { $factor }: cannot be told apart from those above
dose-left-out = Not used
dose-property-severity = severity
dose-property-time = time to disclose
dose-property-communication = communication
dose-property-remedy = remedy
dose-property-share = share of customers concerned
dose-spread = Spread between incidents that nothing here explains: { $value } ({ $low } to { $high })
dose-next = The next incident ({ $properties }): { $value }, probably { $low } to { $high }
dose-next-plain = The next incident: { $value }, probably { $low } to { $high }
dose-with-severity = severity { $value }
dose-with-time = told after { $value } days
dose-with-communication = communication { $value }
dose-with-remedy = remedy { $value }
dose-with-share = share { $value }
dose-priors = Published figures in this result (fidance dose-response --no-literature leaves them out)
dose-prior = { $factor }: { $mean } ± { $sd }. { $source }
dose-association = Association over incidents, not cause: severe incidents are often also told late.
dose-no-base = Published figures are in points and were not used: --base-retention turns them into log-odds.
