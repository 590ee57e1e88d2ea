#!/usr/bin/env python3
"""Measures the server under load: a generator of its own rate on the same processors, the store in SQLite and in PostgreSQL.

Each run has a new store and a new lake; figures are medians of the runs. Needs target/release/fidance and
target/release/examples/load (make bench-serve builds both) and, for PostgreSQL, its programs. Prints a table, for
bench/results/serve.md, and as JSON what each run saw.
"""

import argparse
import glob
import http.client
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARIES = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
# Limits that protect a server from a single sender are no part of what is measured.
CONFIG = """
[store]
url = "{store}"
[intake]
listen = "127.0.0.1:0"
max_inbox_events = 100000000
key_rate = 4000000000
key_burst = 4000000000
address_rate = 4000000000
address_burst = 4000000000
[console]
listen = "127.0.0.1:0"
"""
# Name, events a second, events of a request, connections.
SCENARIOS = [
    ("batches of 100", 150_000, 100, 16),
    ("batches of 100, as many as it takes", 1_000_000, 100, 16),
    ("single events", 5_000, 1, 64),
]


class Postgres:
    """A cluster of its own, whose commits reach the disk."""

    def __init__(self):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb")) or [shutil.which("initdb")]
        if not found[-1]:
            raise FileNotFoundError
        self.programs = pathlib.Path(found[-1]).parent
        self.user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        self.folder = self.run("mktemp", "-d", "/tmp/fidance-bench-XXXXXX").strip()
        self.run(self.programs / "initdb", "-U", "fidance", "--auth=trust", "-E", "UTF8", "--no-locale", "-D", f"{self.folder}/data")
        options = f"-k {self.folder} -c listen_addresses="
        self.run(self.programs / "pg_ctl", "-D", f"{self.folder}/data", "-o", options, "-l", f"{self.folder}/log", "-w", "start", quiet=True)
        self.databases = 0
        self.version = "PostgreSQL " + self.run(self.programs / "postgres", "--version").split()[2]

    def run(self, *command, quiet=False):
        out = subprocess.DEVNULL if quiet else subprocess.PIPE
        done = subprocess.run([*self.user, *map(str, command)], stdout=out, check=True, text=True, cwd="/")
        return done.stdout or ""

    def database(self):
        self.databases += 1
        name = f"bench{self.databases}"
        self.run(self.programs / "createdb", "-h", self.folder, "-U", "fidance", name)
        return f"postgres://fidance@localhost/{name}?host={self.folder}"

    def stop(self):
        self.run(self.programs / "pg_ctl", "-D", f"{self.folder}/data", "-m", "immediate", "stop", quiet=True)
        self.run("rm", "-rf", self.folder)


def threads(pid):
    """Processor seconds of a process by the names of its threads."""
    spent = {}
    for stat in glob.glob(f"/proc/{pid}/task/*/stat"):
        name, rest = pathlib.Path(stat).read_text().split("(", 1)[1].rsplit(")", 1)
        fields = rest.split()
        spent[name] = spent.get(name, 0) + (int(fields[11]) + int(fields[12])) / 100
    return spent


def measure(store, rate, seconds, batch, connections):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="fidance-bench-"))
    (folder / "fidance.toml").write_text(CONFIG.format(store=store))
    with open(folder / "log", "w") as log:
        server = subprocess.Popen([BINARIES / "fidance", "serve"], cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        intake = server.stdout.readline().split("http://")[1].strip()
        console, link = server.stdout.readline().split("http://")[1].strip().split("/", 1)
        key = server.stdout.readline().rsplit(": ", 1)[1].strip()
        connection = http.client.HTTPConnection(console)
        connection.request("GET", f"/{link}")
        cookie = connection.getresponse().headers["set-cookie"].split(";")[0]
        arguments = [intake, key, rate, seconds, batch, connections, "--pid", server.pid, "--console", console, "--cookie", cookie]
        done = subprocess.run([BINARIES / "examples/load", *map(str, arguments)], stdout=subprocess.PIPE, check=True, text=True)
        result = json.loads(done.stdout)
        events = result["requests_acknowledged"] * batch
        by_thread = {name: round(spent * 1e6 / events, 2) for name, spent in threads(server.pid).items()}
        # Threads that sort and write a batch for the lake end with it.
        by_thread["ended"] = round(result["server"]["processor_microseconds_per_event"] - sum(by_thread.values()), 2)
        result["microseconds_per_event_by_thread"] = by_thread
        said = (folder / "log").read_text()
        if " ERROR " in said or " WARN " in said:
            print(said)
        return result
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--only", help="sqlite or postgres")
    parser.add_argument("--scenario", type=int, help="number of one scenario, from 0")
    parser.add_argument("--rate", type=int, help="events a second, instead of the scenario's")
    options = parser.parse_args()
    stores = {}
    if options.only != "postgres":
        stores["SQLite"] = lambda: "fidance.db"
    postgres = None
    if options.only != "sqlite":
        try:
            postgres = Postgres()
            stores[postgres.version] = postgres.database
        except FileNotFoundError:
            print("skipped: PostgreSQL is not installed")
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    print(f"{time.strftime('%Y-%m-%d')}; {os.cpu_count()} cores ({model}), {memory:.0f} GiB; {options.runs} runs of {options.seconds} s\n")
    print("| store | load | wanted | acknowledged | p50 | p99 | max | refused | to the barometer, p50 / max | peak memory | processor time |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    everything = []
    scenarios = SCENARIOS if options.scenario is None else [SCENARIOS[options.scenario]]
    try:
        for store, place in stores.items():
            for name, rate, batch, connections in scenarios:
                rate = options.rate or rate
                runs = [measure(place(), rate, options.seconds, batch, connections) for _ in range(options.runs)]
                everything += [{"store": store, "load": name, **run} for run in runs]
                median = lambda *path: statistics.median(dig(run, path) for run in runs)
                refused = sum(sum(run["requests_failed_by_status"].values()) for run in runs)
                print(
                    f"| {store} | {name} | {rate:,}/s | {median('events_per_second_acknowledged'):,.0f}/s "
                    f"| {median('milliseconds', 'p50'):.1f} ms | {median('milliseconds', 'p99'):.1f} ms | {median('milliseconds', 'max'):.0f} ms | {refused} "
                    f"| {median('milliseconds_to_barometer', 'p50') / 1e3:.1f} / {median('milliseconds_to_barometer', 'max') / 1e3:.1f} s "
                    f"| {median('server', 'resident_peak_mib'):.0f} MiB | {median('server', 'processor_microseconds_per_event'):.1f} µs/event |",
                    flush=True,
                )
    finally:
        if postgres:
            postgres.stop()
    print(json.dumps(everything, indent=1))


def dig(value, path):
    for name in path:
        value = value[name]
    return value


main()
