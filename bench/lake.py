#!/usr/bin/env python3
"""The lake against chdb, DuckDB, Polars and DataFusion, each in its tuned form (bench/peers.py), on the same events.

    python3 bench/lake.py                       # 20 million events
    python3 bench/lake.py --events 1,5,20,100   # for the plot
    python3 bench/lake.py --peers-only          # without our side
    python3 bench/lake.py --work DIR            # keep what is generated and use it again

Every measurement is a process of its own: one cold run, the page cache dropped before, and the median of five warm
ones, timed in the process around the question. No time is kept unless every cell is the same in all engines. The
binaries of the release build must be there: `cargo build --release -p fidance` and
`cargo build --release -p fidance-lake --example questions`.
"""

import argparse
import datetime
import hashlib
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench/results"
SCENARIO = ROOT / "scenarios/bench.toml"
FIDANCE = ROOT / "target/release/fidance"
QUESTIONS = ROOT / "target/release/examples/questions"
PYTHON = ROOT / "bench/.venv/bin/python"
PACKAGES = ["duckdb", "chdb", "polars", "datafusion", "deltalake", "pyarrow", "matplotlib"]
# Of scenarios/bench.toml: 21 million distinct events with a customer, and 0.7 million double or spoiled rows.
CUSTOMERS_PER_MILLION = 20_000

NAMES = {"chdb": "chdb", "duckdb": "DuckDB", "polars": "Polars", "datafusion": "DataFusion"}
NATIVE = {"chdb": "MergeTree", "duckdb": "own table", "polars": "Arrow file", "datafusion": "in memory"}
# From events: (peer, store). From a mask table of the peer's own: (peer, "masks").
STORES = [(peer, store) for peer in NAMES for store in ("native", "parquet")]
QUESTIONS_ASKED = ["matrix", "flows"]
# A peer that keeps distinct events sorted, as the lake does, needs the more memory the more there are.
COMPACTED_UP_TO = 25


# --- processes ---

def run(command, allow_failure=False):
    """Runs a command; returns (seconds, peak MiB, standard output)."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=errors)
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        if process.returncode != 0 and not allow_failure:
            errors.seek(0)
            sys.exit(f"failed ({process.returncode}): {' '.join(map(str, command))}\n{errors.read().decode()[-2000:]}")
    return seconds, usage.ru_maxrss / 1024, output


def drop_cache(folder):
    """Forgets what of the files is in memory; says how."""
    os.sync()
    try:
        pathlib.Path("/proc/sys/vm/drop_caches").write_text("3")
        return "the page cache dropped"
    except OSError:
        for file in pathlib.Path(folder).rglob("*"):
            if file.is_file():
                handle = os.open(file, os.O_RDONLY)
                os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(handle)
        return "the files dropped from the page cache (posix_fadvise)"


def peer(job):
    """One job of bench/peers.py, and its peak memory."""
    _, peak, output = run([PYTHON, ROOT / "bench/peers.py", json.dumps(job)])
    return json.loads(output.splitlines()[-1]) | {"peak_mib": peak}


def timing(found):
    seconds = found["seconds"]
    warm = seconds[1:] or seconds
    return {"cold_s": seconds[0], "s": statistics.median(warm), "peak_mib": found["peak_mib"]}


# --- our side; the only place that knows our commands ---

def import_ours(csv, lake, threads):
    """Imports and compacts; returns the figures of both processes together."""
    shutil.rmtree(lake, ignore_errors=True)
    imported = run([FIDANCE, "import", csv, "--lake", lake, "--customer", "customer_id", "--at", "at", "--value", "order_value",
                    "--event", "event", "--message-id", "message_id", "--any-activity", "--time-zone", "UTC", "--threads", threads,
                    "--rejects", f"{lake}.rejects.csv"])
    compacted = run([FIDANCE, "compact", "--lake", lake, "--everything", "--keep", 0])
    return {"seconds": [imported[0] + compacted[0]], "peak_mib": max(imported[1], compacted[1]),
            "import_s": imported[0], "compact_s": compacted[0]}


def ask_ours(lake, question, source, options):
    command = [QUESTIONS, lake, "--question", question, "--from", source, "--every", "month", "--window", "3mo",
               "--time-zone", "UTC", "--runs", options.runs + 1, "--threads", options.threads]
    _, peak, output = run(command)
    found = json.loads(output)
    if source == "masks" and found.get("masks") is False:
        sys.exit(f"{lake}: asked for masks, read events")
    return {"seconds": found["seconds"], "peak_mib": peak, "rows": found[question]}


def bytes_of_ours(lake):
    """Bytes of the columns that the peers store too (events, then with message ids), and of the whole lake."""
    def folder(name):
        return sum(file.stat().st_size for file in (pathlib.Path(lake) / name).rglob("*") if file.is_file())
    return {"plain": folder("events"), "with_id": folder("events") + folder("keys"), "whole": folder(""),
            "masks": folder("days"), "customers": folder("customers")}


# --- data ---

def prepare(millions, work, options):
    """Simulates the events and has every peer build its tables; what is there is used again."""
    scenario = hashlib.sha256(SCENARIO.read_bytes()).hexdigest()[:8]
    folder = work / f"{millions}M-{scenario}"
    meta = folder / "meta.json"
    csv = folder / "shop/events.csv"
    if not csv.exists():
        shutil.rmtree(folder / "shop", ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        say(f"simulating {millions} M events")
        run([FIDANCE, "simulate", "--scenario", SCENARIO, "--customers", round(millions * CUSTOMERS_PER_MILLION), "--seed", 1,
             "--events", "csv", "--out", folder / "shop"])
    if not meta.exists():
        say("converting for the peers")
        found = peer({"do": "convert", "folder": str(csv.parent), "out": str(folder), "threads": options.threads})
        job = {"do": "build", "folder": str(folder), "threads": options.threads, "first": found["first"], "months": found["months"]}
        for name in NAMES:
            peer(job | {"peer": name})
        meta.write_text(json.dumps(found, indent=1))
    return folder, csv, json.loads(meta.read_text())


def say(text):
    print(text, file=sys.stderr, flush=True)


# --- answers ---

def cells(question, rows, first):
    """An answer as a dictionary of integers, whoever gave it."""
    if question == "matrix":
        return {(c, k): n for c, k, n in rows if n}
    year, month = map(int, first.split("-"))

    def index(start):
        return (int(start[:4]) - year) * 12 + int(start[5:7]) - month if isinstance(start, str) else start
    if len(rows[0]) == 8:
        return {period: tuple(rest) for period, *rest in rows}
    return {index(start): (s, e, k, n, r, s - k, lost) for start, s, e, k, n, r, lost in rows}


def compare(question, answers, first):
    """All engines against the first; exits where one cell differs."""
    (reference, rows), *others = [(who, cells(question, rows, first)) for who, rows in answers]
    for who, found in others:
        wrong = [(key, rows.get(key), found.get(key)) for key in sorted(rows.keys() | found.keys()) if rows.get(key) != found.get(key)]
        if wrong:
            sys.exit(f"{question}: {who} differs from {reference} in {len(wrong)} cells, such as {wrong[:3]}")
    say(f"{question}: {len(rows)} cells are the same in {len(others) + 1} answers")


def label(name, store):
    return f"{NAMES[name]}, {'Parquet' if store == 'parquet' else 'mask table' if store == 'masks' else NATIVE[name]}"


def case(name, events, ours, who, theirs, **more):
    """One entry of the results; figures that were not taken are null."""
    ours, theirs = ours or {}, theirs or {}
    ours_s, peer_s = ours.get("s"), theirs.get("s")
    return {"name": name, "events": events, "ours_s": ours_s, "peer": who, "peer_s": peer_s,
            "ratio": peer_s / ours_s if ours_s and peer_s else None, "peak_mib": ours.get("peak_mib"),
            "peer_peak_mib": theirs.get("peak_mib"), "bytes_per_event": None,
            "ours_cold_s": ours.get("cold_s"), "peer_cold_s": theirs.get("cold_s")} | more


def measure_questions(folder, lake, meta, options):
    base = {"do": "ask", "folder": str(folder), "threads": options.threads, "first": meta["first"], "months": meta["months"],
            "runs": options.runs + 1}
    found = []
    for question in QUESTIONS_ASKED:
        answers, times, ours = [], {}, {}
        for name, store in STORES + [(name, "masks") for name in NAMES]:
            drop_cache(folder)
            result = peer(base | {"peer": name, "store": store, "question": question})
            answers.append((label(name, store), result["rows"]))
            times[name, store] = timing(result)
            if (name, store) == ("datafusion", "native"):
                # What is in memory has no cold run.
                times[name, store]["cold_s"] = None
        for source in ("events", "masks") if lake else ():
            drop_cache(lake)
            result = ask_ours(lake, question, source, options)
            answers.append((f"Fidance, {source}", result["rows"]))
            ours[source] = timing(result)
        compare(question, answers, meta["first"])
        events = meta["events"]
        for name, store in STORES:
            found.append(case(f"{question} from events", events, ours.get("events"), label(name, store), times[name, store]))
        best = min(STORES, key=lambda who: times[who]["s"])
        found.append(case(f"{question} from masks", events, ours.get("masks"), f"{label(*best)}, from events", times[best]))
        for name in NAMES:
            found.append(case(f"{question} from masks", events, ours.get("masks"), label(name, "masks"), times[name, "masks"]))
    return found


def measure_import(folder, csv, lake, millions, meta, options):
    ours = None
    if lake:
        drop_cache(csv.parent)
        ours = timing(import_ours(csv, lake, options.threads))
    base = {"do": "load", "folder": str(folder), "threads": options.threads, "first": meta["first"], "months": meta["months"],
            "csv": str(csv), "columns": meta["columns"]}
    found = []
    for name in ("duckdb", "chdb"):
        for compacted in (False, True) if millions <= COMPACTED_UP_TO else (False,):
            drop_cache(csv.parent)
            result = peer(base | {"peer": name, "compacted": compacted})
            who = f"{NAMES[name]}, {'distinct and sorted' if compacted else 'as read' if name == 'duckdb' else 'sorted, not distinct'}"
            found.append(case("import", meta["events"], ours, who, timing(result)))
    # One run each, of a file that is not in memory.
    return [one | {"ours_cold_s": None, "peer_cold_s": None} for one in found]


def measure_bytes(folder, lake, meta, options):
    base = {"do": "sizes", "folder": str(folder), "threads": options.threads, "first": meta["first"], "months": meta["months"]}
    cache = folder / "sizes.json"
    if not cache.exists():
        found = {label(name, "native"): peer(base | {"peer": name}) for name in ("chdb", "duckdb")}
        found["Parquet, zstd 9, by DuckDB"] = meta["parquet_bytes"]
        found["Parquet, zstd 9, by Polars"] = peer(base | {"peer": "polars"})
        cache.write_text(json.dumps(found))
    ours = bytes_of_ours(lake) if lake else {}
    events, cases = meta["events"], []
    for kind, name in [("plain", "bytes"), ("with_id", "bytes with message id")]:
        own = ours[kind] / events if ours else None
        for who, sizes in json.loads(cache.read_text()).items():
            theirs = sizes[kind] / events
            cases.append(case(name, events, None, who, None) | {
                "bytes_per_event": own, "peer_bytes_per_event": theirs, "ratio": theirs / own if own else None,
                "lake_bytes": ours or None})
    return cases


# --- what is written ---

def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {"cores": os.cpu_count(), "memory_gib": round(memory, 1), "processor": model}


def number(value, unit="", digits=3):
    return "–" if value is None else f"{value:,.{digits}f}{unit}"


def targets(cases, events):
    """(what, least, design, measured): whether the figures are what they should be."""
    def of(name):
        return [one for one in cases if one["name"] == name and one["events"] == events]

    def ratio(name, among=lambda one: True):
        ratios = [one["ratio"] for one in of(name) if one["ratio"] and among(one)]
        return min(ratios) if ratios else None

    def verdict(value, least, design, text):
        if value is None:
            return "–"
        return f"{text} – {'design' if design(value) else 'reached' if least(value) else 'missed'}"
    rows = []
    for question in QUESTIONS_ASKED:
        value = ratio(f"{question} from events")
        rows.append((f"{question} from events, against the fastest peer", "5×", "8×",
                     verdict(value, lambda v: v >= 5, lambda v: v >= 8, number(value, "×", 1))))
        value = ratio(f"{question} from masks", lambda one: one["peer"].endswith("from events"))
        rows.append((f"{question} from masks, against the fastest peer from events", "30×", "100×",
                     verdict(value, lambda v: v >= 30, lambda v: v >= 100, number(value, "×", 1))))
    for question in QUESTIONS_ASKED:
        shares = [one["peak_mib"] / one["peer_peak_mib"] for one in of(f"{question} from events") if one["peak_mib"]]
        value = max(shares) if shares else None
        rows.append((f"memory for {question} from events, share of the smallest peer's", "below 1", "0.5",
                     verdict(value, lambda v: v < 1, lambda v: v <= 0.5, number(value, "", 2))))
    for name in ("bytes", "bytes with message id"):
        value = ratio(name)
        value = 1 / value if value else None
        rows.append((f"{name} per event, share of the smallest peer's", "1", "0.8",
                     verdict(value, lambda v: v <= 1, lambda v: v <= 0.8, number(value, "", 2))))
    value = ratio("import", lambda one: one["peer"] == "DuckDB, as read")
    rows.append(("import and compaction against DuckDB's CREATE TABLE AS", "1×", "faster",
                 verdict(value, lambda v: v >= 1, lambda v: v > 1, number(value, "×", 2))))
    if events > 90_000_000:
        peak = next((one["peak_mib"] for one in of("import")), None)
        rows.append(("memory of import and compaction", "3 GiB", "1 GiB",
                     verdict(peak, lambda v: v <= 3072, lambda v: v <= 1024, number(peak, " MiB", 0))))
    return rows


def table(cases, events):
    lines = []
    chosen = [one for one in cases if one["events"] == events]
    for name in dict.fromkeys(one["name"] for one in chosen):
        of = [one for one in chosen if one["name"] == name]
        lines += ["", f"### {name[0].upper()}{name[1:]}", ""]
        if name.startswith("bytes"):
            lines += ["| store | bytes per event | peer / Fidance |", "|---|---:|---:|",
                      f"| Fidance | {number(of[0]['bytes_per_event'], '', 2)} | |"]
            lines += [f"| {one['peer']} | {number(one['peer_bytes_per_event'], '', 2)} | {number(one['ratio'], '×', 2)} |" for one in of]
            continue
        warm = "time" if name == "import" else "warm"
        lines += [f"| engine | {warm} | cold | peak memory | peer / Fidance |", "|---|---:|---:|---:|---:|",
                  f"| Fidance | {number(of[0]['ours_s'], ' s')} | {number(of[0]['ours_cold_s'], ' s')} | {number(of[0]['peak_mib'], ' MiB', 0)} | |"]
        lines += [f"| {one['peer']} | {number(one['peer_s'], ' s')} | {number(one['peer_cold_s'], ' s')} "
                  f"| {number(one['peer_peak_mib'], ' MiB', 0)} | {number(one['ratio'], '×', 1)} |" for one in of]
    return lines


def write(cases, versions, cold, options, to):
    sizes = sorted({one["events"] for one in cases}, reverse=True)
    box, date = machine(), str(datetime.date.today())
    to.mkdir(parents=True, exist_ok=True)
    (to / "latest.json").write_text(json.dumps({"machine": box, "date": date, "versions": versions, "cases": cases}, indent=1) + "\n")
    lines = [
        "# The lake against other engines", "",
        f"{date}; {box['cores']} cores ({box['processor']}), {box['memory_gib']:.0f} GiB; {', '.join(versions.values())}. Every engine has "
        f"{options.threads} threads and a process of its own; times are of the question alone, inside the process: one cold run, {cold}, and "
        f"the median of {options.runs} warm ones. Memory is the largest resident size of the process, its libraries included.", "",
        "Events are those of `fidance simulate` with `scenarios/bench.toml`; every event is activity, months are of UTC. The matrix has all "
        "cohorts and all periods; the flows are S, E, K, N, R, L and N lost of every month with a window of three. Every integer is the same "
        "in all engines. Peers get dense 32-bit customers and seconds in tables sorted by customer, and one bit per month and customer: "
        "see `bench/peers.py` for the form of each, the fastest found. None of them keeps masks; the lines with a mask table give them one, "
        "made beforehand and not kept up to date. Bytes are of customer, time, kind and amount. An import is one run of a file that is not in memory. Peers that take in events as read keep "
        "double rows; only the lake and the lines that say distinct remove them. Repeat: `python3 bench/lake.py`.",
    ]
    for events in sizes:
        lines += ["", f"## {events:,} events", "", "| target | at least | design | measured |", "|---|---:|---:|---|"]
        lines += [f"| {what} | {least} | {design} | {measured} |" for what, least, design, measured in targets(cases, events)]
        lines += table(cases, events)
    (to / "lake.md").write_text("\n".join(lines) + "\n")
    subprocess.run([PYTHON, __file__, "--plot", to], check=True)


def plot(folder):
    """Cost against size, one line per engine; run with the environment that has matplotlib."""
    import matplotlib
    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "fidance"
    import matplotlib.pyplot as plt
    cases = json.loads((folder / "latest.json").read_text())["cases"]
    figure, panels = plt.subplots(1, 2, figsize=(11, 4.8), sharey=True)
    colours = {"chdb": "#b8860b", "DuckDB": "#555555", "Polars": "#1f77b4", "DataFusion": "#d1495b", "Fidance": "#1b7f4d"}
    for panel, question, title in zip(panels, QUESTIONS_ASKED, ["Cohort matrix", "Flows of every month"]):
        lines = {}
        for one in cases:
            if one["name"] == f"{question} from events":
                engine = one["peer"].split(",")[0]
                points = lines.setdefault((engine, "-"), {})
                points[one["events"]] = min(one["peer_s"], points.get(one["events"], one["peer_s"]))
                if one["ours_s"]:
                    lines.setdefault(("Fidance", "-"), {})[one["events"]] = one["ours_s"]
            elif one["name"] == f"{question} from masks" and one["ours_s"]:
                lines.setdefault(("Fidance", "--"), {})[one["events"]] = one["ours_s"]
        for (engine, style), points in sorted(lines.items()):
            name = f"{engine}, from masks" if style == "--" else engine
            panel.plot(sorted(points), [points[at] for at in sorted(points)], style, marker="o", color=colours[engine],
                       linewidth=2.4 if engine == "Fidance" else 1.4, label=name)
        panel.set(xscale="log", yscale="log", title=title, xlabel="events")
        panel.grid(True, which="major", color="#dddddd")
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("seconds, warm, two threads")
    panels[1].legend(frameon=False, loc="upper left", bbox_to_anchor=(1.02, 1))
    figure.suptitle("Time of a question against the number of events; each peer in its faster form", fontsize=11)
    figure.tight_layout()
    figure.savefig(folder / "lake.svg", metadata={"Date": None})
    figure.savefig(folder / "lake.png", dpi=130)


def environment():
    if not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", PYTHON.parent.parent], check=True)
    probe = subprocess.run([PYTHON, "-c", f"import {', '.join(PACKAGES)}"], capture_output=True)
    if probe.returncode != 0:
        subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", default="20", help="millions of events, separated by commas")
    parser.add_argument("--work", type=pathlib.Path, help="folder for generated data, kept; default: a temporary one")
    parser.add_argument("--out", type=pathlib.Path, default=RESULTS, help="folder for results")
    parser.add_argument("--peers-only", action="store_true", help="leave our side out")
    parser.add_argument("--runs", type=int, default=5, help="warm runs; the median is kept")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--skip-import", action="store_true", help="leave the peers' import out (ours is still made)")
    parser.add_argument("--plot", type=pathlib.Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.plot:
        return plot(options.plot)
    environment()
    versions = peer({"do": "versions"})
    versions.pop("peak_mib")
    cases, cold = [], ""
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or pathlib.Path(temporary)
        for millions in [float(part) if "." in part else int(part) for part in options.events.split(",")]:
            folder, csv, meta = prepare(millions, work, options)
            say(f"{meta['events']:,} events of {meta['customers']:,} customers, {meta['months']} months from {meta['first']}")
            lake = None if options.peers_only else folder / "lake"
            cold = drop_cache(folder)
            # First, for our side: the import makes the lake of the questions.
            if not options.skip_import:
                cases += measure_import(folder, csv, lake, millions, meta, options)
            elif lake and not lake.exists():
                import_ours(csv, lake, options.threads)
            cases += measure_questions(folder, lake, meta, options)
            cases += measure_bytes(folder, lake, meta, options)
            write(cases, versions, cold, options, options.out)
            if not options.work:
                shutil.rmtree(folder)
    print((options.out / "lake.md").read_text())


if __name__ == "__main__":
    main()
