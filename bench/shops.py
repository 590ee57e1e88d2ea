"""Whole simulated shops: what the studies of a diagnosis have in common (attribution.py, planted.py).

A study simulates shops two at a time, asks `fidance diagnose` about each, keeps what was found as one record a shop, and
writes a page of tables. The page's part "What to read from it" is written by people and kept.
"""

import concurrent.futures
import datetime
import json
import math
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIDANCE = ROOT / "target/release/fidance"
PAGES = ROOT / "docs/statistics/results"
READ = "What to read from it:"
SERIES = ["returns", "retention"]
# An alarm raised within so many weeks after an event begins may be that event's.
FOLLOWED = 26
WEEKS_IN_A_YEAR = 365.25 / 7


# --- the binary ---

def run(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"failed ({done.returncode}): {' '.join(map(str, command))}\n{done.stderr}")
    return done.stdout


def diagnose(binary, shop, until, register="register.json", lists="lists.csv", years=10):
    """The JSON of a diagnosis of a folder that `fidance simulate` wrote; register and lists are files in it."""
    columns = ["--customer", "customer_id", "--at", "at", "--event", "event", "--activity", "Order Completed",
               "--value", "order_value", "--currency", "currency"]
    segments = [part for by in ["country", "device", "channel", "tier"] for part in ["--segment", by]]
    asked = ["--window", "90d", "--time-zone", "Europe/Paris", "--until", until, "--years", years]
    known = ["--events", shop / register, "--affected", shop / lists]
    return json.loads(run([binary, "diagnose", shop / "events.csv", *columns, *segments, *asked, *known, "--format", "json",
                           "--rejects", os.devnull]))


# --- what is kept of a diagnosis ---

def size(effect):
    """The estimate, where there is one of this event alone."""
    return effect.get("size") or (effect if "relative" in effect else None)


def estimate(found):
    return {key: found[key] for key in ["weeks", "relative", "lost", "placebos", "second"] if key in found}


def reduced(effect):
    if effect is None:
        return None
    kept = {"state": effect["state"], "because": effect.get("because", {}).get("code"), "with": effect.get("with", [])}
    kept["size"] = estimate(size(effect)) if size(effect) else None
    kept["together"] = estimate(effect["together"]) if effect.get("together") else None
    return kept


def effects_found(found):
    return {one["event"]["id"]: {kind: reduced(one[kind]) for kind in ["total", "exposed"]} for one in found["events"]["events"]}


def alarms(found):
    for one in found["diagnoses"]:
        alarm, verdict = one["alarm"], one["verdict"]
        events = [verdict["event"]] if "event" in verdict else verdict.get("events", [])
        yield {"series": alarm["series"], "raised": alarm["raised"], "known": alarm["known"], "onset": alarm["onset"],
               "fall": alarm["fall"]["relative"], "verdict": verdict["code"], "events": events,
               "standings": {cause["event"]["id"]: cause["standing"] for cause in one["causes"]}}


def felt(alarm):
    """Whether an alarm is explained by what is left of an older event."""
    return alarm["verdict"] == "explained" and alarm["standings"][alarm["events"][0]] == "felt"


# --- the truth ---

def monday(day):
    return day - datetime.timedelta(days=day.weekday())


def true_figures(truth, effect):
    """What an event really did over the weeks of each estimate, of its entry in truth.json and what was found."""
    def over(weeks):
        some = {group: truth[group]["weeks"][:weeks] for group in ["exposed", "unexposed"]}
        return [{group: sum(week[key] for week in some[group]) for group in some} for key in ["as_it_was", "without"]]

    figures = {}
    if effect["exposed"] and effect["exposed"]["size"]:
        was, without = over(effect["exposed"]["size"]["weeks"])
        # Others suffer too. The comparison tells what being on the list did beyond that.
        others = (was["unexposed"] - without["unexposed"]) * truth["exposed"]["bought_before"] / truth["unexposed"]["bought_before"]
        lost = others - (was["exposed"] - without["exposed"])
        figures["exposed"] = {"lost": lost, "relative": -lost / (without["exposed"] + others)}
    if effect["total"]["size"]:
        # Of everybody who was a customer then, as the estimate is.
        was, without = over(effect["total"]["size"]["weeks"])
        lost = sum(without.values()) - sum(was.values())
        figures["total"] = {"lost": lost, "relative": -lost / sum(without.values())}
    return figures


# --- tables ---

def wilson(hits, of):
    """The interval of Wilson at 95 %, as shares."""
    z, p = 1.959964, hits / of
    centre, half = p + z * z / (2 * of), z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    return max((centre - half) / (1 + z * z / of), 0), min((centre + half) / (1 + z * z / of), 1)


def share(hits, of):
    """Percent with the interval of Wilson at 95 %."""
    if of == 0:
        return "–"
    low, high = wilson(hits, of)
    return f"{100 * hits / of:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def a_year(hits, weeks):
    """Alarms a year, the interval that of the share of weeks."""
    if weeks == 0:
        return "–"
    low, high = (WEEKS_IN_A_YEAR * end for end in wilson(hits, weeks))
    return f"{WEEKS_IN_A_YEAR * hits / weeks:.3f} [{low:.3f}, {high:.3f}]"


def percent(figure):
    return f"{100 * figure:.1f} %"


def interval(figure):
    return f"{100 * figure['value']:.1f} [{100 * figure['low']:.1f}, {100 * figure['high']:.1f}]"


def table(head, rows):
    return ["| " + " | ".join(head) + " |", "|---" * len(head) + "|",
            *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows), ""]


def holds(figure, value=0.0):
    return figure["low"] <= value <= figure["high"]


# --- a study ---

def machine():
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB"


def dated(binary):
    version = run([binary, "--version"]).strip()
    return f"{datetime.date.today():%-d %B %Y} with the code of that day ({version})"


def read(page):
    """The part of a page that people write."""
    if page.exists() and READ in page.read_text():
        return READ + page.read_text().split(READ, 1)[1].split("\n## ", 1)[0].rstrip()
    return f"{READ}\n\n- To be written."


def records(shop_of, wanted, keep, told=lambda shop: ""):
    """One record for each of the wanted (world, seed), in that order; two at a time. Those in the folder already are not looked at again."""
    path = keep / "records.jsonl" if keep else None
    known = [json.loads(line) for line in path.read_text().splitlines()] if path and path.exists() else []
    shops = {(shop["world"], shop["seed"]): shop for shop in known if (shop["world"], shop["seed"]) in wanted}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        done = [pool.submit(shop_of, world, seed) for world, seed in wanted if (world, seed) not in shops]
        for future in concurrent.futures.as_completed(done):
            shop = future.result()
            shops[shop["world"], shop["seed"]] = shop
            print(f"{len(shops)} of {len(wanted)}: {shop['world']} {shop['seed']}, {shop['seconds']} s{told(shop)}", flush=True)
            if path:
                with open(path, "a") as out:
                    out.write(json.dumps(shop) + "\n")
    return [shops[one] for one in wanted]


def options(parser):
    """Parsed, with what every study takes."""
    parser.add_argument("--binary", type=pathlib.Path, default=FIDANCE)
    parser.add_argument("--keep", type=pathlib.Path, help="folder for a record of each shop; shops that are there are not looked at again")
    given = parser.parse_args()
    if not given.binary.exists():
        parser.error(f"{given.binary} is not there: cargo build --release -p fidance")
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
    return given
