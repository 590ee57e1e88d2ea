#!/usr/bin/env python3
"""Do other engines see the same rows in a lake as fidance does?

    python3 bench/readers.py                 # a small simulated shop, about two minutes
    python3 bench/readers.py --keep DIR      # leave the lakes in a new folder, to look at them

Makes a lake of several batches and compares, at every stage of its life (batches beside each other, a column that
comes later, compacted, vacuumed, read from a checkpoint, an earlier version, a copy taken while an import runs),
counts and sums of all four tables between `fidance check`, `fidance export` and the deltalake package, Polars, and
DuckDB: with its own delta extension, on an Arrow dataset, and on the bare list of files in the log. Ends with 1 if
anything differs.

The binary must be there (`cargo build --release -p fidance`). Packages come from PyPI into bench/.venv; DuckDB's
extension comes from there too, and as it fits one version of DuckDB only, both get a folder of their own.
`fidance import` does not take merges and splits yet, so the table `links` is read empty and `was` holds no value here.
"""

import argparse
import decimal
import fcntl
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIDANCE = ROOT / "target/release/fidance"
VENV = ROOT / "bench/.venv"
PYTHON = VENV / "bin/python"
PACKAGES = ["deltalake", "polars", "duckdb", "pyarrow"]
# DuckDB's delta extension as a package, with the DuckDB that it belongs to.
EXTENSION = VENV / "duckdb-delta"
EXTENSION_PACKAGES = ["duckdb==1.4.4", "duckdb-ext-delta==1.4.4.20260205"]
TABLES = ["events", "days", "customers", "links"]
CHECKPOINT_EVERY = 100

SQL = {
    "events": """
        SELECT count(*) AS n, sum(customer::HUGEINT) AS customers_sum, count(DISTINCT customer) AS customers,
            sum(second)::HUGEINT AS seconds, sum(micro)::HUGEINT AS micros, coalesce(sum(amount), 0) AS amount,
            count(amount) AS amounts, count(was) AS was, sum(bucket)::HUGEINT AS buckets FROM t""",
    "days": """
        SELECT count(*) AS n, sum(customer::HUGEINT) AS customers_sum, count(DISTINCT customer) AS customers,
            sum(day - DATE '1970-01-01')::HUGEINT AS days, sum(first)::HUGEINT AS firsts, sum(last)::HUGEINT AS lasts,
            sum(events)::HUGEINT AS events, coalesce(sum(amount), 0) AS amount FROM t""",
    "customers": """
        SELECT count(*) AS n, sum(customer::HUGEINT) AS customers_sum, count(DISTINCT customer) AS customers,
            sum(second)::HUGEINT AS seconds, count(was) AS was FROM t""",
    "links": "SELECT count(*) AS n FROM t",
}
# Columns whose values are counted one by one.
COUNTED = {"events": ["kind"], "days": [], "customers": ["country", "device"], "links": ["action"]}


# --- the readers: each gives, for a table, the same dictionary ---

def plain(value):
    """Numbers of all engines as integers; amounts in ten-thousandths."""
    if value is None:
        return 0
    if isinstance(value, decimal.Decimal):
        scaled = value * 10_000 if value.as_tuple().exponent == -4 else value
        return int(scaled)
    return value if isinstance(value, str) else int(value)


def counted(rows):
    return dict(sorted((("" if name is None else str(name)), int(n)) for name, n in rows))


def by_sql(connection, table):
    cursor = connection.execute(SQL[table])
    found = dict(zip([column[0] for column in cursor.description], map(plain, cursor.fetchone())))
    columns = {row[0] for row in connection.execute("DESCRIBE t").fetchall()}
    for column in COUNTED[table]:
        if column in columns:
            found[column] = counted(connection.execute(f"SELECT {column}, count(*) FROM t GROUP BY 1").fetchall())
    return found


def with_duckdb_extension(path, table, version):
    request = json.dumps({"folder": f"{path}/{table}", "table": table, "version": version})
    environment = {**os.environ, "PYTHONPATH": str(EXTENSION)}
    done = subprocess.run([PYTHON, __file__, "--scan", request], env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return json.loads(done.stdout)


def scan(request):
    """In a process of its own, with the DuckDB that the extension belongs to."""
    import duckdb

    extension = next(EXTENSION.glob("duckdb_ext/extensions/*/*/delta.duckdb_extension"))
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    connection.execute(f"LOAD '{extension}'")
    if request["version"] is None:
        connection.execute(f"CREATE VIEW t AS SELECT * FROM delta_scan('{request['folder']}')")
    else:
        connection.execute(f"ATTACH '{request['folder']}' AS past (TYPE delta, VERSION {request['version']})")
        connection.execute("CREATE VIEW t AS SELECT * FROM past")
    print(json.dumps(by_sql(connection, request["table"])))


def with_duckdb_on_dataset(path, table, version):
    import duckdb
    import deltalake

    connection = duckdb.connect()
    connection.register("t", deltalake.DeltaTable(f"{path}/{table}", version=version).to_pyarrow_dataset())
    return by_sql(connection, table)


def with_duckdb_on_files(path, table, version):
    import duckdb
    import deltalake

    files = deltalake.DeltaTable(f"{path}/{table}", version=version).file_uris()
    if not files:
        return with_duckdb_on_dataset(path, table, version)
    connection = duckdb.connect()
    connection.execute(
        f"CREATE VIEW t AS SELECT * FROM read_parquet({files!r}, hive_partitioning = true, union_by_name = true)"
    )
    return by_sql(connection, table)


def with_deltalake(path, table, version):
    import deltalake
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = deltalake.DeltaTable(f"{path}/{table}", version=version).to_pyarrow_table()

    def total(column):
        kind = rows[column].type
        wide = rows[column].cast(pa.int32()) if pa.types.is_date(kind) else rows[column]
        return plain(pc.sum(wide if pa.types.is_decimal(kind) else wide.cast(pa.decimal128(38, 0))).as_py())

    def present(column):
        return rows.num_rows - rows[column].null_count

    sums = {
        "events": {"customers_sum": "customer", "seconds": "second", "micros": "micro", "amount": "amount",
                   "buckets": "bucket"},
        "days": {"customers_sum": "customer", "days": "day", "firsts": "first", "lasts": "last", "events": "events",
                 "amount": "amount"},
        "customers": {"customers_sum": "customer", "seconds": "second"},
        "links": {},
    }[table]
    found = {"n": rows.num_rows, **{name: total(column) for name, column in sums.items()}}
    if table != "links":
        found["customers"] = pc.count_distinct(rows["customer"]).as_py()
    if table in ("events", "customers"):
        found["was"] = present("was")
    if table == "events":
        found["amounts"] = present("amount")
    for column in COUNTED[table]:
        if column in rows.column_names:
            pairs = pc.value_counts(rows[column]).to_pylist()
            found[column] = counted((pair["values"], pair["counts"]) for pair in pairs)
    return found


def with_polars(path, table, version):
    import polars as pl

    rows = pl.scan_delta(f"{path}/{table}", version=version)

    def wide(column):
        return pl.col(column).cast(pl.Int128).sum()

    whole = {"n": pl.len()}
    if table != "links":
        whole |= {"customers_sum": wide("customer"), "customers": pl.col("customer").n_unique()}
    whole |= {
        "events": {"seconds": wide("second"), "micros": wide("micro"), "amount": pl.col("amount").sum(),
                   "amounts": pl.col("amount").count(), "was": pl.col("was").count(), "buckets": wide("bucket")},
        "days": {"days": pl.col("day").cast(pl.Int32).cast(pl.Int64).sum(), "firsts": wide("first"),
                 "lasts": wide("last"), "events": wide("events"), "amount": pl.col("amount").sum()},
        "customers": {"seconds": wide("second"), "was": pl.col("was").count()},
        "links": {},
    }[table]
    row = rows.select(**whole).collect().row(0, named=True)
    found = {name: plain(value) for name, value in row.items()}
    columns = rows.collect_schema().names()
    for column in COUNTED[table]:
        if column in columns:
            found[column] = counted(rows.group_by(column).len().collect().rows())
    return found


READERS = {
    "deltalake": with_deltalake,
    "Polars": with_polars,
    "DuckDB, its delta extension": with_duckdb_extension,
    "DuckDB on an Arrow dataset": with_duckdb_on_dataset,
    "DuckDB on the files of the log": with_duckdb_on_files,
}


# --- our side ---

def fidance(*arguments, fails=False):
    done = subprocess.run([FIDANCE, *map(str, arguments)], capture_output=True, text=True)
    if (done.returncode != 0) != fails:
        sys.exit(f"fidance {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stderr if fails else done.stdout


def take(lake, file, *more):
    return fidance("import", file, "--lake", lake, "--message-id", "message_id", "--segment", "country",
                   "--time-zone", "Europe/Paris", "--rejects", lake.parent / "rejects.csv", *more)


def ours(lake):
    """What `check` and `export` say, in the same names."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    checked = json.loads(fidance("check", "lake", lake, "--json"))
    if checked["problems"] or checked["foreign"]:
        sys.exit(f"{lake} is not whole: {checked['problems']} {checked['foreign']}")
    output = lake.parent / f"{lake.name}.export.parquet"
    output.unlink(missing_ok=True)
    fidance("export", "--lake", lake, "--output", output)
    rows = pq.read_table(output)
    micros = rows["at"].cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    seconds = pc.divide(micros, 1_000_000)
    events = {
        "n": checked["events"],
        "customers_sum": plain(pc.sum(rows["customer"].cast(pa.decimal128(38, 0))).as_py()),
        "customers": pc.count_distinct(rows["customer"]).as_py(),
        "seconds": pc.sum(seconds).as_py(),
        "micros": pc.sum(pc.subtract(micros, pc.multiply(seconds, 1_000_000))).as_py(),
        "amount": pc.sum(pc.round(pc.multiply(rows["amount"], 10_000)).cast(pa.int64())).as_py() or 0,
        "amounts": rows.num_rows - rows["amount"].null_count,
        "kind": counted((pair["values"], pair["counts"]) for pair in pc.value_counts(rows["event"]).to_pylist()),
    }
    if rows.num_rows != checked["events"]:
        sys.exit(f"check says {checked['events']} events, export {rows.num_rows}")
    return {"events": events, "days": {"n": checked["days"]}, "left_over": checked["left_over"]}


# --- comparing ---

class Comparison:
    def __init__(self, readers):
        self.readers = readers
        self.differences = 0
        self.compared = 0

    def note(self, right, what):
        self.compared += 1
        if not right:
            self.differences += 1
            print(f"    DIFFERENT: {what}")

    def stage(self, title, lake, versions=None, reference=None):
        """All readers against each other, and against us where the lake is as we see it now."""
        reference = reference if reference is not None else ours(lake)
        print(f"{title}")
        found = {}
        for name, reader in self.readers.items():
            for table in TABLES:
                version = None if versions is None else versions[table]
                try:
                    found[name, table] = reader(lake, table, version)
                except Exception as error:
                    self.note(False, f"{name} cannot read {table}: {str(error)[:300]}")
        for table in TABLES:
            first = None
            for name in self.readers:
                seen = found.get((name, table))
                if seen is None:
                    continue
                first = first or seen
                for figure in sorted(set(first) | set(seen)):
                    self.note(first.get(figure) == seen.get(figure),
                              f"{name}, {table}.{figure}: {seen.get(figure)}, not {first.get(figure)}")
                for figure, value in reference.get(table, {}).items():
                    self.note(seen.get(figure) == value,
                              f"{name}, {table}.{figure}: {seen.get(figure)}, fidance says {value}")
        name = next(iter(self.readers))
        rows = ", ".join(f"{found[name, table]['n']:,} {table}" for table in TABLES if (name, table) in found)
        print(f"    {rows}: compared in {len(self.readers)} readers")
        return {table: found[name, table] for table in TABLES if (name, table) in found}


def retention(comparison, lake):
    """What the guide computes from `days` in SQL against the report: customers at the start of each month, and kept."""
    import duckdb
    import deltalake

    report = json.loads(fidance("report", "--lake", lake, "--window", "90d", "--format", "json"))
    connection = duckdb.connect()
    connection.register("days", deltalake.DeltaTable(f"{lake}/days").to_pyarrow_dataset())
    query = """
        WITH active AS (SELECT DISTINCT edge, customer FROM (VALUES (?::DATE), (?::DATE)) edges(edge)
                        JOIN days ON day >= edge - 90 AND day < edge)
        SELECT count(*) FILTER (first = ?::DATE), count(*) FILTER (n = 2)
        FROM (SELECT customer, min(edge) AS first, count(*) AS n FROM active GROUP BY customer)"""
    months = [period for period in report["periods"] if period["complete"]]
    for period in months:
        found = connection.execute(query, [period["start"], period["end"], period["start"]]).fetchone()
        comparison.note(found == (period["s"], period["k"]),
                        f"{period['start']}: SQL has {found}, the report {period['s'], period['k']}")
    print(f"retention in SQL over days\n    S and K of {len(months)} months are those of the report")


def versions_of(lake):
    import deltalake

    return {table: deltalake.DeltaTable(f"{lake}/{table}").version() for table in TABLES}


def cut(shop, folder, pieces):
    """The events of the shop in files that follow each other in time, with some rows in two of them."""
    import pyarrow.parquet as pq

    rows = pq.read_table(shop / "events.parquet")
    edges = [rows.num_rows * share // 100 for share in pieces]
    files = []
    for at, (start, end) in enumerate(zip(edges, edges[1:])):
        file = folder / f"batch-{at}.parquet"
        pq.write_table(rows.slice(max(0, start - 500), end - max(0, start - 500)), file)
        files.append(file)
    return files


def run(work, customers):
    import deltalake

    readers = dict(READERS)
    if not EXTENSION.is_dir():
        print("DuckDB's delta extension is not to be had here: that reader is left out")
        del readers["DuckDB, its delta extension"]
    comparison = Comparison(readers)
    shop, lake = work / "shop", work / "shop.lake"
    fidance("simulate", "--scenario", ROOT / "scenarios/bench.toml", "--customers", customers, "--seed", 3, "--events",
            "parquet", "--out", shop)
    files = cut(shop, work, [0, 55, 70, 80, 90, 100])

    take(lake, files[0])
    take(lake, files[1])
    comparison.stage("two batches", lake)
    take(lake, files[2], "--segment", "device")
    take(lake, files[3], "--segment", "device")
    again = take(lake, files[3], "--segment", "device")
    comparison.note("taken in before; nothing has changed" in again, f"the same file again: {again}")
    before = comparison.stage("four batches, the last two with one more column", lake)
    versions = versions_of(lake)

    fidance("compact", "--lake", lake, "--everything")
    compacted = comparison.stage("compacted", lake)
    comparison.note(compacted["events"] | {"buckets": 0} == before["events"] | {"buckets": 0}, "events changed")
    past = comparison.stage("the version before, while its files are there", lake, versions, {})
    comparison.note(past == before, "an earlier version reads otherwise than when it was new")

    for table in TABLES:
        log = deltalake.DeltaTable(f"{lake}/{table}")
        live = set(log.file_uris())
        kept = log.vacuum(dry_run=True)
        comparison.note(kept == [], f"another writer's vacuum would remove young files of {table}: {kept[:2]}")
        goes = {str(lake / table / path) for path in log.vacuum(0, dry_run=True, enforce_retention_duration=False)}
        live = {uri.removeprefix("file://") for uri in live}
        comparison.note(not goes & live, f"it would remove live files of {table}")
        left = {path for path in ours(lake)["left_over"] if pathlib.Path(path).is_relative_to(lake / table)}
        comparison.note(goes == left, f"left over in {table}: {len(left)} files by fidance, {len(goes)} by deltalake")
    print("vacuum by another writer, dry run\n    names the files that fidance calls left over, and no other")

    fidance("compact", "--lake", lake, "--keep", 0)
    vacuumed = comparison.stage("vacuumed", lake)
    comparison.note(vacuumed == compacted, "a vacuum changed rows")
    orders = vacuumed["events"]["kind"]["Order Completed"]
    comparison.note(vacuumed["days"]["events"] == orders, f"{vacuumed['days']['events']} in days, {orders} in events")
    retention(comparison, lake)

    checkpoint(comparison, work, lake, files[4])
    copied(comparison, work, lake, files[4])
    rewritten(comparison, work, lake)
    return comparison


def checkpoint(comparison, work, lake, file):
    """Small batches until a checkpoint is there; then a copy that has nothing before it."""
    import pyarrow.parquet as pq

    rows = pq.read_table(file)
    log = lake / "events/_delta_log"
    for at in range(2 * CHECKPOINT_EVERY):
        if (log / "_last_checkpoint").exists():
            break
        small = work / "small.parquet"
        pq.write_table(rows.slice(at * 20, 20), small)
        take(lake, small, "--segment", "device")
    last = json.loads((log / "_last_checkpoint").read_text())["version"]
    comparison.stage(f"a checkpoint at commit {last} of events", lake)
    copy = work / "checkpoint.lake"
    shutil.copytree(lake, copy)
    removed = 0
    for entry in (copy / "events/_delta_log").glob("*.json"):
        if entry.stem.isdigit() and int(entry.stem) <= last:
            entry.unlink()
            removed += 1
    comparison.stage(f"from the checkpoint alone, {removed} entries of the log removed", copy)


def copied(comparison, work, lake, file):
    """A copy while an import runs, under the lock that all writers of a lake take."""
    importing = subprocess.Popen(
        [FIDANCE, "import", file, "--lake", lake, "--message-id", "message_id", "--segment", "country", "--rejects",
         work / "rejects.csv"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    copy = work / "copy.lake"
    with open(lake / "writer.lock", "a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.copytree(lake, copy)
    said, _ = importing.communicate()
    if importing.returncode != 0:
        comparison.note("is writing to the lake" in said, f"the import beside the copy: {said}")
        take(lake, file, "--segment", "device")
    comparison.stage("a copy taken while an import ran", copy)
    take(copy, file, "--segment", "device")
    mine, original = ours(copy)["events"], ours(lake)["events"]
    comparison.note(mine["n"] == original["n"] and mine["kind"] == original["kind"],
                    f"the copy, given the same file: {mine['n']} events, the lake {original['n']}")


def rewritten(comparison, work, lake):
    """Another program rewrites a table of a copy: others read it, fidance must not read it wrongly."""
    import deltalake

    copy = work / "rewritten.lake"
    shutil.copytree(lake, copy)
    fidance("compact", "--lake", copy, "--everything")
    expected = with_deltalake(copy, "events", None)
    table = deltalake.DeltaTable(f"{copy}/events")
    table.optimize.z_order(["second"])
    seen = with_deltalake(copy, "events", None)
    comparison.note(seen == expected, "a rewriting by deltalake changed rows")
    said = fidance("check", "lake", copy, fails=True)
    comparison.note("which fidance did not write" in said, f"fidance on the rewritten table: {said}")
    print("another program has rewritten a table\n    others read the same rows; fidance refuses the lake and says why")


# --- starting ---

def prepare():
    if not FIDANCE.exists():
        sys.exit("target/release/fidance is not there: cargo build --release -p fidance")
    if not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    have = subprocess.run([PYTHON, "-c", f"import {', '.join(PACKAGES)}"], capture_output=True)
    if have.returncode != 0:
        subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    if not EXTENSION.is_dir():
        done = subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", "--target", EXTENSION, *EXTENSION_PACKAGES])
        if done.returncode != 0:
            shutil.rmtree(EXTENSION, ignore_errors=True)
    if pathlib.Path(sys.prefix) != VENV:
        os.execv(PYTHON, [PYTHON, __file__, *sys.argv[1:]])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=3000)
    parser.add_argument("--keep", type=pathlib.Path, help="new folder for the shop and its lakes")
    parser.add_argument("--scan", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.scan:
        return scan(json.loads(options.scan))
    prepare()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        work = (options.keep or pathlib.Path(folder)).resolve()
        work.mkdir(parents=True, exist_ok=options.keep is None)
        comparison = run(work, options.customers)
    verdict = "all the same" if comparison.differences == 0 else f"{comparison.differences} DIFFERENT"
    print(f"{comparison.compared:,} figures compared in {time.monotonic() - began:.0f} s: {verdict}")
    sys.exit(0 if comparison.differences == 0 else 1)


if __name__ == "__main__":
    main()
