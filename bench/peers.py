#!/usr/bin/env python3
"""How the peers of bench/lake.py keep events and answer: each in the fastest form that was found for it.

One call does one thing in a process of its own, so that its memory is its own: a JSON object as argument, one printed.
Events have a dense UInt32 customer, UInt32 seconds, a UInt8 kind and UInt32 hundredths, sorted by customer and time.

The month of a second is looked up by day, by a join in DuckDB and DataFusion and by index in Polars: on 20 million
events `year()` and `month()` cost DuckDB a third more, and DataFusion twice as much. ClickHouse is fastest with its
own month function and with aggregation in the order of the table; an array of days costs it a quarter more. Polars is
fastest when only the rows at which customer or day change reach the group-by, in the streaming engine. Months are then
one bit each, OR-ed per customer, and everything else is computed from the counts of equal masks.
"""

import datetime
import json
import os
import pathlib
import shutil
import sys
import time

DAY = 86_400


class Months:
    """The civil months of the data in UTC, the first of which is bit 0."""

    def __init__(self, first, count):
        year, month = map(int, first.split("-"))
        self.count, self.number = count, year * 12 + month - 1
        start = datetime.date(year, month, 1)
        self.first_day = (start - datetime.date(1970, 1, 1)).days
        dates = [start + datetime.timedelta(day) for day in range(count * 31)]
        months = [date.year * 12 + date.month - 1 - self.number for date in dates]
        self.bits = [1 << month for month in months if month < count]
        self.days = range(self.first_day, self.first_day + len(self.bits))


def timed(ask, runs):
    """Seconds of each run, and the rows of the last, sorted; rows must not change from run to run."""
    seconds, rows = [], None
    for _ in range(runs):
        start = time.perf_counter()
        found = ask()
        seconds.append(time.perf_counter() - start)
        found = sorted([int(cell) for cell in row] for row in found)
        assert rows is None or rows == found, "rows change from run to run"
        rows = found
    return {"seconds": seconds, "rows": rows}


def size(path):
    path = pathlib.Path(path)
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files)


# Columns: (index of the first month, months since, customers) and (month, S, E, K, N, R, L, N lost), months with a
# window of three: w has a bit per month of activity, v is w three bits higher, so that no shift is negative.

def flows_sql(bit, add):
    """The flows of month `i` as sums; `bit` makes SQL of (mask, lowest bit of a mask of ones, ones)."""
    s, e = bit("v", "i", 7), bit("v", "i + 1", 7)
    new, old = f"({bit('v', 'i + 3', 1)} AND NOT {bit.before})", bit.before
    return ", ".join(add(what) for what in [
        s, e, f"{s} AND {e}", new, f"{e} AND NOT {s} AND {old}", f"{s} AND NOT {e}", f"{new} AND NOT {e}"])


class Bits:
    def __init__(self, test, before):
        self.test, self.before = test, before

    def __call__(self, mask, shift, ones):
        return self.test(mask, shift, ones)


class DuckDb:
    PARQUET = "snappy1.parquet"

    def __init__(self, job):
        import duckdb
        self.folder, self.months = job["folder"], Months(job["first"], job["months"])
        self.threads = job["threads"]
        self.file = f"{self.folder}/events.duckdb"
        self.open = lambda path, **more: self.tuned(duckdb.connect(path, **more))

    def tuned(self, db):
        db.execute(f"SET threads={self.threads}; SET TimeZone='UTC'; SET enable_progress_bar=false")
        return db

    def build(self, source):
        db = self.open(self.file)
        db.execute(f"CREATE TABLE e AS SELECT customer, ts, kind, amount FROM '{source}' ORDER BY customer, ts")
        self.lut(db)
        db.execute(f"CREATE TABLE m AS {self.masks('e')} ORDER BY customer; CHECKPOINT")

    def lut(self, db):
        days = [f"({day}::UINTEGER, {bit}::UINTEGER)" for day, bit in zip(self.months.days, self.months.bits)]
        db.execute(f"CREATE TEMP TABLE lut AS SELECT * FROM (VALUES {', '.join(days)}) t(d, b)")

    @staticmethod
    def masks(source):
        return f"SELECT customer, bit_or(b) w FROM {source} e JOIN lut ON d = ts // {DAY} GROUP BY customer"

    def ask(self, store, question, runs):
        db = self.open(self.file, read_only=True)
        self.lut(db)
        masks = {"native": self.masks("e"), "parquet": self.masks(f"'{self.folder}/{self.PARQUET}'"), "masks": "FROM m"}[store]
        counted = f"WITH g AS (SELECT w::BIGINT w, w::BIGINT << 3 v, count(*) n FROM ({masks}) GROUP BY w)"
        if question == "matrix":
            sql = f"""{counted} SELECT bit_count(xor(w, w - 1)) - 1 c, i - (bit_count(xor(w, w - 1)) - 1), sum(n)
                FROM g, range({self.months.count}) t(i) WHERE (w >> i::INT) & 1 = 1 GROUP BY ALL"""
        else:
            bits = Bits(lambda mask, at, ones: f"((({mask} >> ({at})::INT) & {ones}) > 0)", "((w & ((1::BIGINT << i::INT) - 1)) > 0)")
            sums = flows_sql(bits, lambda what: f"coalesce(sum(n) FILTER ({what}), 0)")
            sql = f"{counted} SELECT i, {sums} FROM g, range({self.months.count}) t(i) GROUP BY i"
        return timed(lambda: db.execute(sql).fetchall(), runs)

    def load(self, csv, columns, compacted):
        file = pathlib.Path(f"{self.folder}/import.duckdb")
        file.unlink(missing_ok=True)
        db = self.open(str(file))
        db.execute(f"SET temp_directory='{self.folder}/spill'")
        types = {name: {"at": "TIMESTAMPTZ", "order_value": "DOUBLE", "message_id": "VARCHAR"}.get(name, "VARCHAR") for name in columns}
        rows = f"""SELECT ('0x' || message_id)::UBIGINT message_id, customer_id, epoch("at")::UINTEGER "at", event, order_value
            FROM read_csv('{csv}', header=true, auto_detect=false, delim=',', quote='', escape='', columns={types})"""
        if compacted:
            rows = f'SELECT DISTINCT ON (message_id) * FROM ({rows}) ORDER BY customer_id, "at"'
        else:
            db.execute("SET preserve_insertion_order=false")
        start = time.perf_counter()
        db.execute(f"CREATE TABLE i AS {rows}; CHECKPOINT")
        seconds = time.perf_counter() - start
        db.close()
        found = {"seconds": [seconds], "bytes": size(file)}
        file.unlink()
        shutil.rmtree(f"{self.folder}/spill", ignore_errors=True)
        return found

    def sizes(self, source):
        found = {}
        for key, more in [("plain", ""), ("with_id", ", id")]:
            file = pathlib.Path(f"{self.folder}/size.duckdb")
            file.unlink(missing_ok=True)
            db = self.open(str(file))
            db.execute(f"CREATE TABLE e AS SELECT customer, ts, kind, amount{more} FROM '{source}' ORDER BY customer, ts; CHECKPOINT")
            db.close()
            found[key] = size(file)
            file.unlink()
        return found


class ClickHouse:
    PARQUET = "snappy2.parquet"
    # The smallest of five sets of codecs; the table of the questions has plain LZ4, which is read faster.
    SMALL = ["Delta, ZSTD(3)", "Delta, ZSTD(3)", "ZSTD(3)", "T64, ZSTD(3)"]

    def __init__(self, job):
        from chdb import session
        self.folder, self.months = job["folder"], Months(job["first"], job["months"])
        self.threads = job["threads"]
        self.session = session.Session(f"{self.folder}/clickhouse")

    def run(self, sql, form="JSONCompact"):
        return self.session.query(sql, form)

    def table(self, name, codecs, more=""):
        self.run("CREATE DATABASE IF NOT EXISTS d ENGINE = Atomic")
        self.run(f"DROP TABLE IF EXISTS d.{name} SYNC")
        c, t, k, a = [f"CODEC({codec})" for codec in codecs]
        self.run(f"""CREATE TABLE d.{name} (customer UInt32 {c}, ts UInt32 {t}, kind UInt8 {k}, amount UInt32 {a}{more})
            ENGINE = MergeTree ORDER BY (customer, ts)""")

    def fill(self, name, source, more=""):
        self.run(f"INSERT INTO d.{name} SELECT customer, ts, kind, amount{more} FROM file('{source}', Parquet)")
        self.run(f"OPTIMIZE TABLE d.{name} FINAL")

    def build(self, source):
        self.table("e", ["LZ4"] * 4)
        self.fill("e", source)
        self.run("DROP TABLE IF EXISTS d.m SYNC")
        self.run("CREATE TABLE d.m (customer UInt32, w UInt32) ENGINE = MergeTree ORDER BY customer")
        self.run(f"INSERT INTO d.m {self.masks('d.e')}")
        self.run("OPTIMIZE TABLE d.m FINAL")

    def masks(self, source):
        # Numbered from what the function itself says of the first month: releases have differed by one.
        first = f"toRelativeMonthNum(toDateTime({self.months.first_day * DAY}, 'UTC'))"
        bit = f"bitShiftLeft(toUInt32(1), toRelativeMonthNum(toDateTime(ts, 'UTC')) - {first})"
        return f"SELECT customer, groupBitOr({bit}) w FROM {source} GROUP BY customer"

    def ask(self, store, question, runs):
        source = {"native": "d.e", "parquet": f"file('{self.folder}/{self.PARQUET}', Parquet)"}
        masks = "SELECT w FROM d.m" if store == "masks" else self.masks(source[store])
        counted = f"SELECT w, bitShiftLeft(toUInt64(w), 3) v, count() n FROM ({masks}) GROUP BY w"
        tail = f"ARRAY JOIN range({self.months.count}) AS i"
        settings = f"SETTINGS max_threads = {self.threads}, optimize_aggregation_in_order = 1"
        if question == "matrix":
            sql = f"""SELECT c, i - c, sum(n) FROM (SELECT toUInt8(log2(bitAnd(w, bitNot(w) + 1))) c, w, n FROM ({counted}))
                {tail} WHERE bitTest(w, i) GROUP BY 1, 2 {settings}"""
        else:
            bits = Bits(lambda mask, at, ones: f"(bitAnd(bitShiftRight({mask}, {at}), {ones}) > 0)",
                        "(bitAnd(w, bitShiftLeft(toUInt64(1), i) - 1) > 0)")
            sql = f"SELECT i, {flows_sql(bits, lambda what: f'sumIf(n, {what})')} FROM ({counted}) {tail} GROUP BY i {settings}"
        return timed(lambda: json.loads(self.run(sql).data())["data"], runs)

    def load(self, csv, columns, compacted):
        engine, key = ("ReplacingMergeTree", "(customer_id, at, message_id)") if compacted else ("MergeTree", "(customer_id, at)")
        self.run("CREATE DATABASE IF NOT EXISTS d ENGINE = Atomic")
        self.run("DROP TABLE IF EXISTS d.i SYNC")
        self.run(f"""CREATE TABLE d.i (message_id UInt64 CODEC(NONE), customer_id String CODEC(ZSTD(1)), at UInt32 CODEC(Delta, ZSTD(1)),
            event LowCardinality(String), order_value Float64 CODEC(ZSTD(1))) ENGINE = {engine} ORDER BY {key}""")
        kinds = ", ".join(f"{name} {'Float64' if name == 'order_value' else 'String'}" for name in columns)
        start = time.perf_counter()
        self.run(f"""INSERT INTO d.i SELECT reinterpretAsUInt64(reverse(unhex(message_id))), customer_id,
            toUInt32(parseDateTimeBestEffort(at)), event, order_value
            FROM file('{csv}', CSVWithNames, '{kinds}') SETTINGS max_threads = {self.threads}, max_insert_threads = {self.threads}""")
        if compacted:
            self.run("OPTIMIZE TABLE d.i FINAL")
        seconds = time.perf_counter() - start
        found = {"seconds": [seconds], "bytes": self.bytes_of("i")}
        self.run("DROP TABLE d.i SYNC")
        return found

    def bytes_of(self, table):
        sql = f"SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'd' AND table = '{table}'"
        return int(json.loads(self.run(sql).data())["data"][0][0])

    def sizes(self, source):
        found = {}
        for key, column, more in [("plain", "", ""), ("with_id", ", id UInt64 CODEC(NONE)", ", id")]:
            self.table("s", self.SMALL, column)
            self.fill("s", source, more)
            found[key] = self.bytes_of("s")
            self.run("DROP TABLE d.s SYNC")
        return found


class Polars:
    PARQUET = "lz4.parquet"

    def __init__(self, job):
        os.environ["POLARS_MAX_THREADS"] = str(job["threads"])
        import polars
        self.pl, self.folder, self.months = polars, job["folder"], Months(job["first"], job["months"])
        self.lut = polars.Series("b", self.months.bits, dtype=polars.UInt32)

    def build(self, source):
        frame = self.pl.read_parquet(source, columns=["customer", "ts", "kind", "amount"])
        frame.write_ipc(f"{self.folder}/events.arrow")
        masks = self.masks(frame.lazy()).collect(engine="streaming").sort("customer")
        masks.write_ipc(f"{self.folder}/masks.arrow")

    def masks(self, events):
        col = self.pl.col
        changes = lambda name, none: col(name) != col(name).shift(1, fill_value=none)
        return (events.select("customer", (col("ts") // DAY).alias("d"))
                .filter(changes("customer", 2**32 - 1) | changes("d", 0))
                .select("customer", self.pl.lit(self.lut).gather(col("d") - self.months.first_day).alias("b"))
                .group_by("customer").agg(col("b").bitwise_or().alias("w")))

    def source(self, store):
        if store == "masks":
            return self.pl.scan_ipc(f"{self.folder}/masks.arrow")
        if store == "native":
            return self.masks(self.pl.scan_ipc(f"{self.folder}/events.arrow"))
        return self.masks(self.pl.scan_parquet(f"{self.folder}/{self.PARQUET}"))

    def question(self, store, question):
        pl, col = self.pl, self.pl.col
        counted = self.source(store).group_by("w").agg(pl.len().cast(pl.Int64).alias("n")).with_columns(col("w").cast(pl.Int64))
        count = range(self.months.count)
        months = pl.LazyFrame({"i": list(count), "p": [1 << i for i in count]})
        cells = counted.join(months, how="cross")
        if question == "matrix":
            return (cells.filter((col("w") & col("p")) != 0).with_columns(col("w").bitwise_trailing_zeros().cast(pl.Int64).alias("c"))
                    .group_by("c", (col("i") - col("c")).alias("k")).agg(col("n").sum()).select("c", "k", "n"))
        v, p = col("w") * 8, col("p")
        s, e, old = (v & (p * 7)) != 0, (v & (p * 14)) != 0, (col("w") & (p - 1)) != 0
        new = ((col("w") & p) != 0) & ~old
        flows = {"s": s, "e": e, "k": s & e, "n_": new, "r": e & ~s & old, "l": s & ~e, "lost": new & ~e}
        return cells.group_by("i").agg([(col("n") * what).sum().alias(name) for name, what in flows.items()]).select("i", *flows)

    def ask(self, store, question, runs):
        return timed(lambda: self.question(store, question).collect(engine="streaming").rows(), runs)

    def sizes(self, source):
        found = {}
        for key, more in [("plain", []), ("with_id", ["id"])]:
            path = f"{self.folder}/size.parquet"
            frame = self.pl.read_parquet(source, columns=["customer", "ts", "kind", "amount", *more])
            frame.write_parquet(path, compression="zstd", compression_level=9, row_group_size=500_000)
            found[key] = size(path)
            os.unlink(path)
        return found


class DataFusion:
    PARQUET = "plain2.parquet"

    def __init__(self, job):
        from datafusion import SessionConfig, SessionContext
        self.folder, self.months, self.threads = job["folder"], Months(job["first"], job["months"]), job["threads"]
        self.db = SessionContext(SessionConfig().with_target_partitions(self.threads))

    def build(self, source):
        """Keeps tables in memory or in Parquet only; its masks are a Parquet file."""
        import pyarrow.parquet
        self.register("parquet")
        masks = self.db.sql(self.masks()).to_arrow_table().sort_by("customer")
        pyarrow.parquet.write_table(masks, f"{self.folder}/masks.parquet", compression="snappy")

    def masks(self):
        return f"SELECT customer, bit_or(b) w FROM e JOIN lut ON d = CAST(ts / {DAY} AS INT UNSIGNED) GROUP BY customer"

    def register(self, store):
        import pyarrow as pa
        import pyarrow.parquet
        lut = pa.table({"d": pa.array(self.months.days, pa.uint32()), "b": pa.array(self.months.bits, pa.int64())})
        self.db.register_record_batches("lut", [lut.to_batches()])
        i = pa.table({"i": pa.array(range(self.months.count), pa.int64())})
        self.db.register_record_batches("t", [i.to_batches()])
        if store == "native":
            table = pyarrow.parquet.read_table(f"{self.folder}/{self.PARQUET}", columns=["customer", "ts"])
            batches = table.to_batches(max_chunksize=65_536)
            part = -(-len(batches) // self.threads)
            self.db.register_record_batches("e", [batches[at:at + part] for at in range(0, len(batches), part)])
        else:
            self.db.register_parquet("e", f"{self.folder}/{self.PARQUET}")
        if store == "masks":
            self.db.register_parquet("m", f"{self.folder}/masks.parquet")

    def ask(self, store, question, runs):
        self.register(store)
        masks = "SELECT w FROM m" if store == "masks" else self.masks()
        counted = f"(SELECT w, w << 3 v, count(*) n FROM ({masks}) GROUP BY w)"
        if question == "matrix":
            sql = f"""SELECT c, i - c, sum(n) FROM (SELECT CAST(round(log2(CAST(w & (-w) AS DOUBLE))) AS BIGINT) c, w, n FROM {counted})
                CROSS JOIN t WHERE (w >> i) & 1 = 1 GROUP BY 1, 2"""
        else:
            bits = Bits(lambda mask, at, ones: f"((({mask} >> ({at})) & {ones}) > 0)",
                        "((w & ((CAST(1 AS BIGINT) << i) - 1)) > 0)")
            sums = flows_sql(bits, lambda what: f"coalesce(sum(n) FILTER (WHERE {what}), 0)")
            sql = f"SELECT i, {sums} FROM {counted} CROSS JOIN t GROUP BY i"

        def rows():
            return [row for batch in self.db.sql(sql).collect() for row in zip(*[column.to_pylist() for column in batch.columns])]
        return timed(rows, runs)


PEERS = {"duckdb": DuckDb, "chdb": ClickHouse, "polars": Polars, "datafusion": DataFusion}


def versions(_):
    import chdb, datafusion, duckdb, polars  # noqa: E401
    clickhouse = str(chdb.query("SELECT version()", "TabSeparated")).strip()
    return {"chdb": f"chdb {chdb.__version__} (ClickHouse {clickhouse})", "duckdb": f"DuckDB {duckdb.__version__}",
            "polars": f"Polars {polars.__version__}", "datafusion": f"DataFusion {datafusion.__version__}"}


def convert(job):
    """Simulated events, once, as the numbered and sorted table from which every peer builds its own.

    Rows without a customer are left out, and rows whose message id was there before."""
    import duckdb
    folder, out = job["folder"], job["out"]
    scratch = pathlib.Path(f"{out}/convert.duckdb")
    scratch.unlink(missing_ok=True)
    db = duckdb.connect(str(scratch))
    db.execute(f"SET threads={job['threads']}; SET TimeZone='UTC'; SET preserve_insertion_order=false; SET memory_limit='8GB'; SET enable_progress_bar=false")
    header = open(f"{folder}/events.csv").readline().strip().split(",")
    types = {name: {"at": "TIMESTAMPTZ", "order_value": "DOUBLE"}.get(name, "VARCHAR") for name in header}
    db.execute(f"""CREATE TABLE raw AS SELECT customer_id name, epoch("at")::UINTEGER ts, event,
        coalesce(round(order_value * 100), 0)::UINTEGER amount, ('0x' || message_id)::UBIGINT id
        FROM read_csv('{folder}/events.csv', header=true, auto_detect=false, delim=',', quote='', escape='', columns={types})
        WHERE regexp_matches(customer_id, '^(C[0-9]+|A[0-9a-f]{{16}})$')""")
    db.execute("CREATE TABLE names AS SELECT name, (row_number() OVER (ORDER BY name) - 1)::UINTEGER customer FROM (SELECT DISTINCT name FROM raw)")
    db.execute("CREATE TABLE kinds AS SELECT event, (row_number() OVER (ORDER BY event) - 1)::UTINYINT kind FROM (SELECT DISTINCT event FROM raw)")
    db.execute("""CREATE TABLE e AS SELECT customer, ts, kind, amount, id FROM (SELECT DISTINCT ON (id) * FROM raw)
        JOIN names USING (name) JOIN kinds USING (event) ORDER BY customer, ts, id""")
    count, customers, first, last = db.execute("""SELECT count(*), count(DISTINCT customer),
        strftime(make_timestamp(min(ts)::BIGINT * 1000000), '%Y-%m'), strftime(make_timestamp(max(ts)::BIGINT * 1000000), '%Y-%m') FROM e""").fetchone()
    rows = db.execute("SELECT count(*) FROM raw").fetchone()[0]
    db.execute("SET preserve_insertion_order=true")
    plain, order = "SELECT customer, ts, kind, amount FROM e ORDER BY customer, ts", "ROW_GROUP_SIZE 122880"
    for name, select, how in [
        ("base", "SELECT * FROM e ORDER BY customer, ts, id", "COMPRESSION snappy"),
        ("snappy1", plain, "COMPRESSION snappy"), ("snappy2", plain, "COMPRESSION snappy, PARQUET_VERSION v2"),
        ("lz4", plain, "COMPRESSION lz4_raw, PARQUET_VERSION v2"), ("plain2", plain, "COMPRESSION uncompressed, PARQUET_VERSION v2"),
    ]:
        db.execute(f"COPY ({select}) TO '{out}/{name}.parquet' (FORMAT parquet, {how}, {order})")
    small = {}
    for key, select in [("plain", plain), ("with_id", "SELECT * FROM e ORDER BY customer, ts")]:
        path = f"{out}/size.parquet"
        db.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 9, PARQUET_VERSION v2, {order})")
        small[key] = size(path)
        os.unlink(path)
    db.close()
    scratch.unlink()
    number = lambda text: int(text[:4]) * 12 + int(text[5:])
    return {"events": count, "rows_with_customer": rows, "customers": customers, "first": first, "months": number(last) - number(first) + 1,
            "columns": header, "parquet_bytes": small}


def work(job):
    if job["do"] in ("convert", "versions"):
        return {"convert": convert, "versions": versions}[job["do"]](job)
    peer = PEERS[job["peer"]](job)
    if job["do"] == "build":
        return {"built": peer.build(f"{job['folder']}/base.parquet")}
    if job["do"] == "sizes":
        return peer.sizes(f"{job['folder']}/base.parquet")
    if job["do"] == "load":
        return peer.load(job["csv"], job["columns"], job["compacted"])
    return peer.ask(job["store"], job["question"], job["runs"])


if __name__ == "__main__":
    result = work(json.loads(sys.argv[1]))
    print(json.dumps(result), flush=True)
    # chdb may hang while it is taken down.
    os._exit(0)
