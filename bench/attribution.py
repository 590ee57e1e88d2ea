#!/usr/bin/env python3
"""How often is an event blamed that did nothing? `fidance diagnose` on whole simulated shops.

    python3 bench/attribution.py                          # 100 quiet shops, 50 of them without a season, 60 with a
                                                          # breach; 20 minutes and more
    python3 bench/attribution.py --quiet 10 --level 5 --breach 10   # a look, two minutes
    python3 bench/attribution.py --keep DIR               # leave what was found, shop by shop, in a folder; shops
                                                          # that are there already are not looked at again
    python3 bench/attribution.py --first 1                # other seeds: the tables are printed, no page is written

Three worlds, each of shops like scenarios/quiet.toml (12,000 persons, 42 months):

- quiet: nothing happens. The register names five events that did nothing: two security incidents with lists of customers
  drawn at random, one of them from some segments more than from others; a step of authentication with a scope; a change
  of prices; a release.
- level: the quiet shops with an odd seed once more, but without a season.
- breach: one breach is planted and badly told, among four events that did nothing.

Rules of the diagnosis were mended after a look at seeds 1 to 100 (1001 to 1060 with a breach); here they begin with 201.
In shops with an odd seed the events are at least twelve weeks apart, in the others all within a fortnight. Everything
random about the events is drawn from the seed of the shop. Two shops at a time; each is deleted when it has been looked
at. The page goes to docs/statistics/results/attribution.md, whose part "What to read from it" is written by people and
kept. The binary must be there (`cargo build --release -p fidance`), or be named with --binary.
"""

import argparse
import csv
import datetime
import json
import math
import pathlib
import random
import re
import shutil
import statistics
import sys
import tempfile
import time
import tomllib

from shops import (FOLLOWED, PAGES, ROOT, SERIES, WEEKS_IN_A_YEAR, a_year, alarms, dated, diagnose, effects_found, felt, holds, machine, monday,
                   options, read, records, run, share, table, true_figures)

SCENARIO = ROOT / "scenarios/quiet.toml"
PAGE = PAGES / "attribution.md"

START, END = datetime.date(2023, 1, 1), datetime.date(2026, 6, 30)
CUSTOMERS = 12_000
# Events come after fourteen months at the earliest, and twelve weeks before the end at the latest.
FIRST, LAST = START + datetime.timedelta(days=420), END - datetime.timedelta(days=84)
APART, FORTNIGHT = 84, 14
# Days within which an active customer buys, and how late an alarm may come that those of a campaign raise as they leave together.
WINDOW, LATE = 90, 14
FIRST_SEED = 201
# Seeds of the shops with a breach are those of the quiet ones plus this: other shops.
BREACH_SEEDS = 1000
LAYOUTS = {"apart": "twelve weeks apart", "together": "within a fortnight"}
WEB = {"device": ["mobile", "desktop", "tablet"]}
# How much likelier some customers are to be on an uneven list.
UNEVEN = {"tier": {"none": 0.6, "silver": 1.5, "gold": 2.0}, "device": {"app": 1.6}, "channel": {"newsletter": 1.4}}

BREACH = """
[[breaches]]
id = "breach"
title = "Customer database copied"
severity = "high"
started = "{started}"
discovered = "{discovered}"
contained = "{contained}"
disclosed = "{disclosed}"
disclosed_hour = 9
disclosed_by = "press"
wording = "vague"
remedy = "none"
data = ["name", "email", "order_history"]
affected = {affected}
effect = {{ log_hazard = -0.8, half_life_days = 60.0, leaving = 0.05 }}
bystanders = {{ log_hazard = -0.15, half_life_days = 30.0 }}
complaints = 0.03
"""


# --- the shop and its events ---

def days(draw, layout):
    """Five days, in order."""
    if layout == "apart":
        slack = (LAST - FIRST).days - 4 * APART
        return [FIRST + datetime.timedelta(days=at + place * APART)
                for place, at in enumerate(sorted(draw.randint(0, slack) for _ in range(5)))]
    first = draw.randint(0, (LAST - FIRST).days - FORTNIGHT)
    return [FIRST + datetime.timedelta(days=first + at) for at in sorted(draw.sample(range(FORTNIGHT), 5))]


def incident(name, disclosed):
    """An entry of the register, told as badly as the breach."""
    before = {key: str(disclosed - datetime.timedelta(days=ago)) for key, ago in
              [("started", 45), ("discovered", 23), ("contained", 21), ("disclosed", 0)]}
    told = {"disclosed_by": "press", "wording": "vague", "remedy": "none"}
    return {"id": name, "type": "security_incident", "title": name, "severity": "high", "affected_list": True,
            "communication": told, **before}


def change(name, kind, day, **more):
    return {"id": name, "type": kind, "title": name, "from": str(day), **more}


def plan(world, seed):
    """What the register will say: name to day, and the layout."""
    world = "quiet" if world == "level" else world
    draw = random.Random(f"{world} {seed}")
    layout = "apart" if seed % 2 else "together"
    if world == "quiet":
        names = ["even_list", "uneven_list", "step", "prices", "release"]
    else:
        names = ["breach", "uneven_list" if seed // 2 % 2 else "even_list", "step", "prices", "release"]
    draw.shuffle(names)
    return draw, layout, dict(zip(names, days(draw, layout)))


def level(scenario):
    """A scenario without months and peaks."""
    scenario = re.sub(r"\n\[\[seasons\.peaks\]\](\n\w+ = .*)+", "", scenario)
    return re.sub(r"months = \[.*\]", f"months = {[1.0] * 12}", scenario)


def simulate(binary, folder, world, seed, events, draw):
    """The shop's files; a scenario like the quiet one, over other years."""
    text = SCENARIO.read_text()
    for was, becomes in [('start = "2024-01-01"', f'start = "{START}"'), ('end = "2026-06-30"', f'end = "{END}"')]:
        if was not in text:
            sys.exit(f"{SCENARIO} has no line {was}")
        text = text.replace(was, becomes, 1)
    if world == "level":
        text = level(text)
    if "breach" in events:
        dates = {key: incident("", events["breach"])[key] for key in ["started", "discovered", "contained", "disclosed"]}
        text += BREACH.format(affected=round(draw.uniform(0.3, 0.6), 2), **dates)
    (folder / "scenario.toml").write_text(text)
    run([binary, "simulate", "--scenario", folder / "scenario.toml", "--seed", seed, "--customers", CUSTOMERS,
         "--orders-only", "--out", folder / "shop"])
    return folder / "shop"


def drawn_list(shop, name, day, draw):
    """Customers of the time on a list that means nothing: a share of 10 to 60 %, from some segments more than others."""
    contained = incident("", day)["contained"]
    weights = {}
    with open(shop / "events.csv", newline="") as file:
        for row in csv.DictReader(file):
            if row["customer_id"].startswith("C") and row["at"][:10] <= contained:
                factors = (UNEVEN[by].get(row[by], 1.0) for by in UNEVEN)
                weights.setdefault(row["customer_id"], math.prod(factors) if name == "uneven_list" else 1.0)
    share = draw.uniform(0.1, 0.6) / statistics.fmean(weights.values())
    return [customer for customer, weight in sorted(weights.items()) if draw.random() < min(0.95, share * weight)]


def register(shop, events, draw):
    """Writes the register and the lists, those of the simulator among them."""
    told = json.loads((shop / "incidents.json").read_text())
    incidents = [one for one in told["incidents"] if one["id"] in events]
    with open(shop / "affected.csv", newline="") as file:
        listed = [(row["incident"], row["customer_id"]) for row in csv.DictReader(file)]
    for name in ["even_list", "uneven_list"]:
        if name in events:
            incidents.append(incident(name, events[name]))
            listed += [(name, customer) for customer in drawn_list(shop, name, events[name], draw)]
    changes = [change("step", "authentication_step", events["step"], scope=WEB),
               change("prices", "price_change", events["prices"]), change("release", "release", events["release"])]
    text = json.dumps({"time_zone": "Europe/Paris", "incidents": incidents, "changes": changes})
    (shop / "register.json").write_text(text)
    for file, some in [("lists.csv", listed), ("others.csv", [one for one in listed if one[0] != "breach"])]:
        with open(shop / file, "w", newline="") as out:
            csv.writer(out).writerows([("incident", "customer_id"), *some])


# --- what is kept of a diagnosis ---

def kept(found):
    watch = found["watch"]
    return {"weeks": {name: len(watch[name]["weeks"]) for name in SERIES}, "alarms": list(alarms(found)),
            "returned": statistics.fmean(week["observed"] for week in watch["returns"]["weeks"]),
            "watched_from": {name: watch[name]["weeks"][0]["start"] for name in SERIES},
            "segments": sum(segment["raised"] for segment in watch.get("segments", [])),
            "effects": effects_found(found)}


def true_figures_of_breach(shop, record):
    """What the breach really did, over the weeks of each estimate."""
    truth = json.loads((shop / "truth.json").read_text())
    truth = next(one for one in truth["effects"] if one["id"] == "breach")
    effect, days = record["all"]["effects"]["breach"], record["days"]
    figures = true_figures(truth, effect)
    if found := effect["total"]["together"]:
        first = str(monday(min(datetime.date.fromisoformat(days[name]) for name in ["breach", *effect["total"]["with"]])))
        weeks = [week for week in truth["without"]["weeks"] if week["end"] > first][:found["weeks"]]
        lost = -sum(week["difference"]["returning"] for week in weeks)
        figures["together"] = {"lost": lost, "relative": -lost / sum(week["returning"] for week in weeks)}
    return figures


def blamed(record):
    """Whether something is told of an event that did nothing."""
    for look in ["all", "bold", "unlisted"]:
        look = record.get(look, {"alarms": [], "effects": {}})
        if any(name != "breach" and effect and effect["state"] == "found"
               for name, effects in look["effects"].items() for effect in effects.values()):
            return True
        if any(alarm["verdict"] == "explained" and alarm["events"] != ["breach"] for alarm in look["alarms"]):
            return True
    return False


def shop_of(binary, world, seed, keep):
    """Everything about one shop."""
    draw, layout, events = plan(world, seed)
    record = {"world": world, "seed": seed, "layout": layout, "days": {name: str(day) for name, day in events.items()}}
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fidance-attribution-") as folder:
        shop = simulate(binary, pathlib.Path(folder), world, seed, events, draw)
        register(shop, events, draw)
        looks = {"all": diagnose(binary, shop, END)}
        if world == "quiet":
            # A promise of one false alarm a year: more false alarms, for which an event could be blamed.
            looks["bold"] = diagnose(binary, shop, END, years=1)
        if world == "breach":
            looks["unlisted"] = diagnose(binary, shop, END, lists="others.csv")
        record |= {name: kept(found) for name, found in looks.items()}
        if world == "breach":
            record["truth"] = true_figures_of_breach(shop, record)
        if keep and blamed(record):
            for name, found in looks.items():
                (keep / f"{world}-{seed}-{name}.json").write_text(json.dumps(found, indent=1))
            shutil.copy(shop / "register.json", keep / f"{world}-{seed}-register.json")
    record["seconds"] = round(time.monotonic() - began, 1)
    return record


# --- tables ---

def of_a_campaign(alarm):
    """Whether an alarm on retention comes as the new customers of a campaign leave the window: the rate does fall then."""
    raised = datetime.date.fromisoformat(alarm["raised"])
    starts = [(datetime.date.fromisoformat(one["start"]), one["days"]) for one in tomllib.loads(SCENARIO.read_text())["campaigns"]]
    return alarm["series"] == "retention" and any(0 <= (raised - start).days - WINDOW + 7 <= 7 + days + LATE for start, days in starts)


def alarms_of_quiet(shops):
    rows = []
    for years, look in [(10, "all"), (1, "bold")]:
        for series in SERIES:
            weeks = sum(shop[look]["weeks"][series] for shop in shops)
            some = [alarm for shop in shops for alarm in shop[look]["alarms"] if alarm["series"] == series]
            rows.append([f"{1 / years:.1f}", series, f"{weeks / WEEKS_IN_A_YEAR:.0f}", len(some), sum(map(of_a_campaign, some)),
                         a_year(len(some), weeks)])
    return table(["promise, a year at most", "series", "years watched", "alarms", "of them by a campaign", "a year"], rows)


def when_of_quiet(shops):
    """In which weeks of the year, and in which year, alarms on returns come where nothing happens."""
    rows = []
    for years, look in [(10, "all"), (1, "bold")]:
        raised = [datetime.date.fromisoformat(alarm["raised"]) for shop in shops for alarm in shop[look]["alarms"]
                  if alarm["series"] == "returns"]
        for year in range(START.year + 1, END.year + 1):
            months = [sum(day.year == year and day.month in (month, month + 1) for day in raised) for month in range(1, 12, 2)]
            rows.append([f"{1 / years:.1f}", year, *months])
    return table(["promise", "year", *MONTHS], rows)


VERDICTS = ["explained", "not_separable", "cannot_tell", "no_known_cause"]


def verdicts_of_quiet(shops):
    rows = []
    for years, look in [(10, "all"), (1, "bold")]:
        for layout, words in LAYOUTS.items():
            some = [alarm for shop in shops if shop["layout"] == layout for alarm in shop[look]["alarms"]]
            near = sum("unlikely" != standing for alarm in some for standing in alarm["standings"].values())
            rows.append([f"{1 / years:.1f}", words, len(some), near,
                         *(sum(alarm["verdict"] == code for alarm in some) for code in VERDICTS), sum(map(felt, some)),
                         share(sum(alarm["verdict"] == "explained" for alarm in some), len(some))])
    return table(["promise", "events", "alarms", "events better than unlikely", "explained by an event", "not separable",
                  "cannot tell", "no known cause", "explained: \"still felt\"", "explained, share"], rows)


COMPARISONS = [("total", None, "everybody, at the date"), ("exposed", "even_list", "list, drawn evenly"),
               ("exposed", "uneven_list", "list, some segments more"), ("exposed", "step", "scope")]
STATES = ["not_estimated", "not_separable", "biased", "too_few", "not_seen"]


def effects_of_nothing(shops):
    rows = []
    for kind, name, words in COMPARISONS:
        for layout, laid in LAYOUTS.items():
            some = [effects[kind] for shop in shops if shop["layout"] == layout for event, effects in
                    shop["all"]["effects"].items() if event != "breach" and event == (name or event) and effects[kind]]
            sized = [effect for effect in some if effect["size"]]
            found = [effect for effect in sized if effect["state"] == "found"]
            losses = sum(effect["size"]["relative"]["high"] < 0 for effect in found)
            half = [(effect["size"]["relative"]["high"] - effect["size"]["relative"]["low"]) / 2 for effect in sized]
            rows.append([words, laid, len(some), *(sum(effect["state"] == state for effect in some) for state in STATES),
                         len(found), losses, share(len(found), len(sized)),
                         share(sum(holds(effect["size"]["relative"]) for effect in sized), len(sized)),
                         f"{100 * statistics.median(half):.1f} %" if half else "–"])
    return table(["compared", "events", "effects", "not estimated", "not separable", "biased", "too few", "not seen",
                  "found", "of them losses", "found, of those with an interval", "interval holds 0", "its half width, median"], rows)


MONTHS = ["Jan, Feb", "Mar, Apr", "May, Jun", "Jul, Aug", "Sep, Oct", "Nov, Dec"]


def season_of_nothing(shops):
    """Estimates for everybody by the day of the event: what the season does to them."""
    rows = []
    for year in range(FIRST.year, END.year + 1):
        cells = []
        for months in range(1, 12, 2):
            some = [effects["total"] for shop in shops for event, effects in shop["all"]["effects"].items() if effects["total"]["size"]
                    and (day := datetime.date.fromisoformat(shop["days"][event])).year == year and day.month in (months, months + 1)]
            mean = statistics.fmean(100 * effect["size"]["relative"]["value"] for effect in some) if some else 0
            cells.append(f"{mean:+.1f} %; {sum(effect['state'] == 'found' for effect in some)} of {len(some)}" if some else "–")
        rows.append([year, *cells])
    return table(["year of the event", *MONTHS], rows)


def together_of_nothing(shops):
    """Not separable events of a shop have one figure for all of them: once a shop."""
    seen = {}
    for shop in shops:
        for effects in shop["all"]["effects"].values():
            if effects["total"]["together"]:
                seen[shop["seed"]] = effects["total"]["together"]
    hit = sum(holds(one["relative"]) for one in seen.values())
    return [f"Of the shops whose events are not separable {len(seen)} have one figure for all of them together; its interval "
            f"holds 0 in {share(hit, len(seen))}.", ""]


METHODS = {"structural_time_series": "structural time series, everybody", "synthetic_control": "synthetic control, list",
           "synthetic_difference_in_differences": "synthetic DiD, list"}


def second_opinions(shops):
    rows = []
    for method, words in METHODS.items():
        some = [second for shop in shops for event, effects in shop["all"]["effects"].items() if event != "breach"
                for effect in effects.values() if effect and effect["size"]
                for second in effect["size"].get("second", []) if second["method"] == method]
        with_interval = [second["interval"] for second in some if second.get("interval")]
        with_p = [second["p_value"] for second in some if second.get("p_value") is not None]
        rows.append([words, len(some), share(sum(not holds(one) for one in with_interval), len(with_interval)),
                     share(sum(p <= 0.05 for p in with_p), len(with_p)), sum(not second["agrees"] for second in some)])
    return table(["method", "estimates", "interval leaves 0 out", "p ≤ 0.05", "contradicts"], rows)


def of_the_breach(shop, look, series):
    """The first alarm after the disclosure."""
    day = datetime.date.fromisoformat(shop["days"]["breach"])
    since, until = str(monday(day)), str(day + datetime.timedelta(weeks=FOLLOWED))
    some = [alarm for alarm in shop[look]["alarms"] if alarm["series"] == series and since <= alarm["raised"] <= until]
    return min(some, key=lambda alarm: alarm["raised"], default=None)


def alarms_of_breach(shops):
    rows = []
    for layout, words in LAYOUTS.items():
        some = [shop for shop in shops if shop["layout"] == layout]
        for series in SERIES:
            raised = [(shop, alarm) for shop in some if (alarm := of_the_breach(shop, "all", series))]
            delays = [(datetime.date.fromisoformat(alarm["known"]) - datetime.date.fromisoformat(shop["days"]["breach"])).days / 7
                      for shop, alarm in raised]
            own = [alarm["raised"] for _, alarm in raised]
            others = [(shop, alarm) for shop in some for alarm in shop["all"]["alarms"] if alarm["series"] == series
                      and alarm is not of_the_breach(shop, "all", series)]
            before = sum(alarm["raised"] < str(monday(datetime.date.fromisoformat(shop["days"]["breach"]))) for shop, alarm in others)
            rows.append([words, series, len(some), share(len(own), len(some)),
                         f"{statistics.median(delays):.1f}" if delays else "–", before, len(others) - before])
    return table(["events", "series", "shops", f"raised within {FOLLOWED} weeks", "known after, weeks, median",
                  "alarms before", "further alarms after"], rows)


def told(alarm):
    """The verdict as a column."""
    among = "breach" in alarm["events"]
    return {"explained": "breach" if among else "decoy", "not_separable": "not separable" if among else "decoys, not separable",
            "cannot_tell": "cannot tell" if among else "cannot tell, decoys only", "no_known_cause": "no known cause"}[alarm["verdict"]]


def others_of_breach(shops):
    """The alarms that are not the breach's, in words."""
    others = [alarm for shop in shops for alarm in shop["all"]["alarms"] if alarm is not of_the_breach(shop, "all", alarm["series"])]
    codes = [told(alarm) for alarm in others]
    return [f"Of the {len(codes)} other alarms of these shops (before it, or later) {codes.count('decoy')} are explained by a decoy, "
            f"{codes.count('breach')} by the breach; \"still felt\" is said of {sum(map(felt, others))}.", ""]


def verdicts_of_breach(shops):
    columns = ["breach", "decoy", "not separable", "decoys, not separable", "cannot tell", "cannot tell, decoys only", "no known cause"]
    rows = []
    for look, list_known in [("all", "known"), ("unlisted", "not known")]:
        for layout, words in LAYOUTS.items():
            for series in SERIES:
                some = [alarm for shop in shops if shop["layout"] == layout if (alarm := of_the_breach(shop, look, series))]
                verdicts = [told(alarm) for alarm in some]
                wrong = sum(verdict.startswith("deco") for verdict in verdicts)
                rows.append([list_known, words, series, len(some), *(verdicts.count(column) for column in columns),
                             share(verdicts.count("breach"), len(some)), share(wrong, len(some))])
    return table(["list of the breach", "events", "series", "alarms", "explained by the breach", "by a decoy", "not separable, breach among",
                  "not separable, decoys only", "cannot tell, breach among", "cannot tell, decoys only", "no known cause",
                  "explained by the breach, share", "blamed on decoys, share"], rows)


def sizes_of_breach(shops):
    rows = []
    for layout, words in LAYOUTS.items():
        some = [shop for shop in shops if shop["layout"] == layout]
        for which, kind, part in [("those on its list, beside the others", "exposed", "size"), ("everybody", "total", "size"),
                                  ("everybody, all events together", "total", "together")]:
            pairs = [(effect[part], shop["truth"]["together" if part == "together" else kind], effect["state"]) for shop in some
                     if (effect := shop["all"]["effects"]["breach"][kind]) and effect[part]]
            truths = [true["relative"] for _, true, _ in pairs]
            errors = [found["relative"]["value"] - true["relative"] for found, true, _ in pairs]
            found = sum(state == "found" for _, _, state in pairs)
            rows.append([which, words, len(pairs), f"{100 * statistics.fmean(truths):.1f} %" if truths else "–",
                         f"{100 * statistics.fmean(errors):+.1f} pt" if errors else "–",
                         share(found, len(pairs)) if part == "size" else "",
                         *(share(sum(holds(found[key], true[key]) for found, true, _ in pairs), len(pairs)) for key in ["relative", "lost"])])
    return table(["effect of the breach on", "events", "estimates", "mean of the truth", "mean error", "found", "relative change holds the truth",
                  "returns lost hold it"], rows)


def of_level(shops, alike):
    """The shops without a season beside the same ones with it."""
    rows = []
    for words, some in [("with its season", alike), ("without a season", shops)]:
        weeks = {series: sum(shop["all"]["weeks"][series] for shop in some) for series in SERIES}
        every = [alarm for shop in some for alarm in shop["all"]["alarms"]]
        hits = {series: sum(alarm["series"] == series for alarm in every) for series in SERIES}
        totals = [effects["total"] for shop in some for effects in shop["all"]["effects"].values()]
        found = [effect for effect in totals if effect["state"] == "found"]
        sized = [100 * effect["size"]["relative"]["value"] for effect in totals if effect["size"]]
        rows.append([words, *(a_year(hits[series], weeks[series]) for series in SERIES), sum(map(of_a_campaign, every)), len(sized), f"{statistics.fmean(sized):+.1f} %",
                     share(len(found), len(sized)), sum(effect["size"]["relative"]["high"] < 0 for effect in found),
                     sum(alarm["verdict"] == "explained" for alarm in every)])
    return table(["shop", "alarms on returns a year", "on retention", "of these by a campaign", "effects on everybody", "their mean", "found", "of them losses",
                  "alarms explained by an event"], rows)


def shops_that_blame(shops):
    hit = sum(any(alarm["verdict"] == "explained" for alarm in shop["all"]["alarms"]) for shop in shops)
    return [f"Shops in which an event explains an alarm at the promise of 0.1: {hit} of {len(shops)}, {share(hit, len(shops))}.", ""]


def worlds(shops):
    return [[shop for shop in shops if shop["world"] == world] for world in ["quiet", "level", "breach"]]


def tables(shops):
    quiet, without_season, breach = worlds(shops)
    lines = []
    if quiet:
        lines += [f"## Nothing happens: {len(quiet)} shops", "", "### Alarms", "", *alarms_of_quiet(quiet),
                  "Alarms on returns by the week that raised them, all shops:", "", *when_of_quiet(quiet),
                  f"Segments named at the end of the data, at the promise of 0.1 a year for all of a shop together: "
                  f"{sum(shop['all']['segments'] for shop in quiet)} in {sum(shop['all']['segments'] > 0 for shop in quiet)} shops.", "",
                  "### What the false alarms are blamed on", "", *verdicts_of_quiet(quiet), *shops_that_blame(quiet),
                  "### Effects of events that did nothing", "", *effects_of_nothing(quiet), *together_of_nothing(quiet),
                  "Everybody, by the day of the event: mean of the estimates, and how many are found.", "", *season_of_nothing(quiet),
                  "### Second opinions on them", "", *second_opinions(quiet)]
    if without_season:
        seeds = {shop["seed"] for shop in without_season}
        lines += [f"### Without a season: {len(without_season)} shops", "",
                  "The same shops and events, at least twelve weeks apart, each month like every other.", "",
                  *of_level(without_season, [shop for shop in quiet if shop["seed"] in seeds]),
                  "Everybody, by the day of the event, without a season:", "", *season_of_nothing(without_season)]
    if breach:
        lines += [f"## A breach among four events that did nothing: {len(breach)} shops", "", "### Its alarm", "", *alarms_of_breach(breach),
                  "### What its alarm is blamed on", "", *verdicts_of_breach(breach), *others_of_breach(breach),
                  "### Its size", "", *sizes_of_breach(breach), "### Effects of the four decoys", "", *effects_of_nothing(breach)]
    return lines


def page(shops, code):
    quiet, without_season, breach = worlds(shops)
    of_breach = BREACH_SEEDS + FIRST_SEED
    seconds = statistics.median(shop["seconds"] for shop in quiet + breach)
    back = statistics.fmean(shop["all"]["returned"] for shop in shops)
    lines = [
        "# False attribution on whole shops", "",
        f"Method and limits: [../diagnosis.md](../diagnosis.md). Command, on {code}:", "",
        f"    python3 bench/attribution.py --quiet {len(quiet)} --level {len(without_season)} --breach {len(breach)}", "",
        f"{machine()}; {seconds:.0f} s a shop (median), two at a time. Seeds {FIRST_SEED} to {FIRST_SEED + len(quiet) - 1} for the "
        f"quiet shops, {of_breach} to {of_breach + len(breach) - 1} for those with a breach, none of which was looked at while rules were "
        f"chosen and mended (1 to 100 and {BREACH_SEEDS + 1} to {BREACH_SEEDS + 60}); an odd seed lays the events at least twelve weeks "
        "apart, an even one all five within a fortnight. Rates have Wilson's interval at 95 %, as if all cases were "
        "independent; those of one shop are not, above all within a fortnight.", "",
        f"A shop is that of `scenarios/quiet.toml` over 42 months with {CUSTOMERS:,} persons, of whom {back:.0f} a week come back. "
        "Five events are in its register, at random days from the fifteenth month on, twelve weeks before the end at the latest. In a quiet shop none did "
        "anything: two incidents told badly, with lists of 10 to 60 % of the customers, one drawn evenly, one from some segments up to four times as "
        "often as from others; a code at payment on the web (scope: three of four devices); a change of prices; a release. Two campaigns, in no register, bring 2.5 and 3 % of the customers within a fortnight each: "
        "whoever of them does not buy again leaves the window of 90 days in the same weeks, and the rate of retention does fall (\"by a campaign\"). In a shop with a breach one "
        "of the incidents is a breach of 30 to 60 % of the customers that takes away half of their purchases at first (log hazard −0.8, half-life 60 "
        "days, 5 % leave) and 14 % of the others' (half-life 30 days).", "",
        read(PAGE), "", *tables(shops),
    ]
    return "\n".join(lines).rstrip() + "\n"


# --- starting ---

def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quiet", type=int, default=100, help="shops in which nothing happens")
    parser.add_argument("--level", type=int, default=50, help="shops without a season")
    parser.add_argument("--breach", type=int, default=60, help="shops with a breach")
    parser.add_argument("--first", type=int, default=FIRST_SEED, help="the first seed")
    given = options(parser)
    wanted = [("quiet", given.first + place) for place in range(given.quiet)]
    odd = given.first | 1
    wanted += [("level", odd + 2 * place) for place in range(given.level)]
    wanted += [("breach", BREACH_SEEDS + given.first + place) for place in range(given.breach)]
    shops = records(lambda world, seed: shop_of(given.binary, world, seed, given.keep), wanted, given.keep,
                    lambda shop: ", something was blamed" if blamed(shop) else "")
    if given.first != FIRST_SEED:
        print("\n".join(tables(shops)))
        return
    text = page(shops, dated(given.binary))
    PAGE.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
