#!/usr/bin/env python3
"""Time and peak memory of `fidance report` on simulated orders, against DuckDB on the same files.

    python3 bench/report.py                    # 1, 10 and 50 million rows, CSV and Parquet
    python3 bench/report.py --rows 1,10 --runs 3

Every run is a process of its own, so times include start-up and reading; memory is the largest resident size the
kernel saw. DuckDB (PyPI, installed into bench/.venv) computes less: S, E and K of every month, in the SQL that a tuned
hand would write. Its integers must equal ours before any time is taken. Results go to bench/results/report.md.
"""

import argparse
import datetime
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIDANCE = ROOT / "target/release/fidance"
VENV = ROOT / "bench/.venv"
WINDOW = 90
# Of scenarios/bench.toml, over its two years.
ORDERS_PER_CUSTOMER = 2.95

DUCKDB = """
import duckdb, json, sys
path, threads = sys.argv[1], int(sys.argv[2])
db = duckdb.connect()
db.execute(f"SET threads={threads}; SET TimeZone='UTC'; SET enable_progress_bar=false")
source = f"read_parquet('{path}')" if path.endswith('.parquet') else f"read_csv('{path}')"
# One bit per month's edge that a day covers, OR-ed per customer, then counted by distinct mask: no join, no sort.
rows = db.execute(f'''
WITH day AS (SELECT customer_id c, CAST("at" AS DATE) d FROM {source} WHERE customer_id LIKE 'C%' OR customer_id LIKE 'A%'),
origin AS (SELECT date_trunc('month', min(d))::DATE o FROM day),
span AS (SELECT c, datediff('month', o, d) + 1 a, datediff('month', o, d + __WINDOW__) b FROM day, origin),
mask AS (SELECT c, bit_or((1::UBIGINT << (b + 1)) - (1::UBIGINT << a)) w FROM span WHERE a <= b AND b < 63 GROUP BY c),
counted AS (SELECT w, count(*) n FROM mask GROUP BY w)
SELECT strftime(o + to_months(i::INT), '%Y-%m-%d'), sum(n) FILTER ((w >> i) & 1 = 1)::BIGINT,
       coalesce(sum(n) FILTER ((w >> i) & 3 = 3), 0)::BIGINT
FROM counted, origin, range(0, 62) r(i) GROUP BY o, i HAVING sum(n) FILTER ((w >> i) & 1 = 1) > 0 ORDER BY i
''').fetchall()
print(json.dumps(rows))
""".replace("__WINDOW__", str(WINDOW))


def run(command):
    """Runs a command; returns (seconds, peak MiB, standard output)."""
    start = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"failed ({process.returncode}): {' '.join(map(str, command))}")
    return seconds, usage.ru_maxrss / 1024, output


def measure(command, runs):
    found = [run(command) for _ in range(runs)]
    seconds = statistics.median(seconds for seconds, _, _ in found)
    return seconds, max(memory for _, memory, _ in found), found[-1][2]


def ours(path):
    return [FIDANCE, "report", path, "--customer", "customer_id", "--at", "at", "--value", "order_value",
            "--window", f"{WINDOW}d", "--format", "json", "--rejects", os.devnull]


def simulate(folder, rows, form):
    """Writes a shop of about this many orders; returns (path, rows)."""
    out = pathlib.Path(folder) / f"{rows}-{form}"
    customers = int(rows * 1_000_000 / ORDERS_PER_CUSTOMER)
    run([FIDANCE, "simulate", "--scenario", ROOT / "scenarios/bench.toml", "--orders-only", "--seed", 1,
         "--customers", customers, "--events", form, "--out", out])
    return out / f"events.{form}"


def same_integers(report, peer):
    """S and K of every complete month, ours against the peer's."""
    ours = {row["start"]: (row["s"], row["k"]) for row in report["periods"] if row["complete"] and row["s"]}
    theirs = {start: (s, k) for start, s, k in peer if start in ours}
    return ours == theirs


def python_of_venv():
    python = VENV / "bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([VENV / "bin/pip", "install", "--quiet", "duckdb"], check=True)
    return python


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="1,10,50", help="millions of rows, separated by commas")
    parser.add_argument("--runs", type=int, default=3, help="runs per figure; the median is kept")
    options = parser.parse_args()
    python = python_of_venv()
    version = subprocess.run([python, "-c", "import duckdb; print(duckdb.__version__)"], capture_output=True, text=True).stdout.strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    lines = [
        "# `fidance report` on simulated orders", "",
        f"{datetime.date.today()}, {os.cpu_count()} cores, {memory} GiB, DuckDB {version}; median of {options.runs} runs of a whole process, "
        "largest resident size. Fidance computes the whole report: flows, revenue, cohorts, survival and the value models, of which the "
        "fits take about a third of a second whatever the size. DuckDB computes S and K of every month and nothing else, by one bit mask "
        "per customer. S and K are equal in every complete month. Repeat: `make bench`.", "",
        "| rows | file | size | Fidance | rows/s | memory | DuckDB, S and K only | memory | time, DuckDB / Fidance |", "|---|---|---|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/tmp")) as folder:
        for rows in [int(rows) for rows in options.rows.split(",")]:
            for form in ["csv", "parquet"]:
                path = simulate(folder, rows, form)
                seconds, peak, output = measure(ours(path), options.runs)
                report = json.loads(output)
                used = report["input"]["rows"]
                peer_seconds, peer_peak, peer = measure([python, "-c", DUCKDB, path, os.cpu_count()], options.runs)
                if not same_integers(report, json.loads(peer)):
                    sys.exit(f"{path}: the integers differ")
                size = path.stat().st_size / 2**20
                lines.append(f"| {used:,} | {form} | {size:,.0f} MiB | {seconds:.2f} s | {used / seconds / 1e6:.1f} M | {peak:,.0f} MiB "
                             f"| {peer_seconds:.2f} s | {peer_peak:,.0f} MiB | {peer_seconds / seconds:.1f}× |")
                print(lines[-1], flush=True)
                path.unlink()
    text = "\n".join(lines) + "\n"
    (ROOT / "bench/results/report.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
