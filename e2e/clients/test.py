#!/usr/bin/env python3
"""Official clients of Segment, RudderStack, PostHog and Snowplow send to the real server: every event must arrive once.

Each client stands behind a small proxy that hands its requests to the server, keeps them, and loses the first answer: the
client gets 502 for what was taken, and sends it again by itself. Afterwards all requests are sent once more, byte by byte,
before and after a restart. Expected are the events, amounts, customers and times (to the millisecond) of `steps`. With a
wrong key, clients must give up after the first answer.

Usage: test.py [path of fidance]. `make clients` installs the clients first.
"""

import csv
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOKEN = "a token of the tests"
NODE = ["@segment/analytics-node", "@rudderstack/rudder-sdk-node", "posthog-node", "@snowplow/node-tracker"]
PYTHON = ["segment-analytics-python", "rudder-sdk-python", "posthog", "snowplow-tracker"]
CONFIGURATION = f"""
[business]
activity = []
currency = "EUR"
[intake]
listen = "127.0.0.1:0"
[console]
listen = "127.0.0.1:0"
[api]
token = "{TOKEN}"
"""
# Headers of one connection, which do not go to the next.
OF_THE_CONNECTION = {"connection", "host", "content-length", "transfer-encoding", "keep-alive", "expect"}


def steps(client):
    """What a client sends. Each client has a day of its own, which tells its events apart in the lake."""
    day = datetime(2025, 3, 10, 10, tzinfo=timezone.utc) + timedelta(days=(NODE + PYTHON).index(client))
    visitor = f"visitor of {client}"
    sent = []

    def step(call, milliseconds, name="", **more):
        at = day + timedelta(minutes=len(sent), milliseconds=milliseconds)
        text = at.isoformat(timespec="milliseconds")
        sent.append({"call": call, "id": str(uuid.uuid5(uuid.NAMESPACE_URL, client + text)), "at": text, "name": name, **more})

    step("page", 1, "Home", visitor=visitor)
    if "snowplow" in client:
        # There is no call for it: an event with both ids says it.
        step("track", 2, "Signed In", user="ada", visitor=visitor)
    else:
        step("identify", 2, user="ada", visitor=visitor)
    step("track", 123, "Order Completed", user="ada", revenue=12.34, currency="EUR")
    step("track", 999, "Trial Started", user="bob")
    step("track", 0, "Zahlung bestätigt", user="bob")
    step("track", 50, "Order Cancelled", user="cem")
    if "snowplow" in client:
        schema = "iglu:example.shop/plan_renewed/jsonschema/1-0-0"
        step("track", 500, "plan_renewed", user="cem", schema=schema, revenue=7, currency="EUR")
    else:
        step("track", 500, "Plan Renewed", user="cem", revenue=7, currency="EUR")
        step("screen", 501, "Basket", user="cem")
    return sent


def expected(client):
    """The events of a client in the lake: instant, event, amount, and whose they are."""
    kinds = {"page": "Page Viewed", "screen": "Screen Viewed"}
    # A visitor is the user it became.
    return [
        (step["at"], kinds.get(step["call"], step["name"]), step.get("revenue"), step.get("user", "ada"))
        for step in steps(client)
        if step["call"] != "identify"
    ]


class Listener(ThreadingHTTPServer):
    """Says nothing of connections that clients leave open when they end."""

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Proxy:
    """Hands requests to the server, keeps them, and loses the first answer where it is a good one."""

    def __init__(self, server):
        self.server = server
        self.requests = []
        self.statuses = []
        self.lock = threading.Lock()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"])) if "content-length" in self.headers else self.chunks()
                headers = [(name, value) for name, value in self.headers.items() if name.lower() not in OF_THE_CONNECTION]
                status, kind, answer = proxy.take((self.command, self.path, headers, body))
                self.send_response(status)
                if kind:
                    self.send_header("content-type", kind)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_PUT = do_POST

            def chunks(self):
                body = b""
                if self.headers.get("transfer-encoding", "") == "chunked":
                    while size := int(self.rfile.readline().split(b";")[0], 16):
                        body += self.rfile.read(size)
                        self.rfile.readline()
                    self.rfile.readline()
                return body

            def log_message(self, *_):
                pass

        self.listener = Listener(("127.0.0.1", 0), Handler)
        self.host = f"http://127.0.0.1:{self.listener.server_port}"
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()

    def take(self, request):
        status, kind, answer = ask(self.server.intake, *request)
        with self.lock:
            self.requests.append(request)
            self.statuses.append(status)
            is_lost = len(self.requests) == 1 and status < 300
        return (502, "text/plain", b"the answer was lost") if is_lost else (status, kind, answer)


def ask(address, method, path, headers, body=b""):
    connection = http.client.HTTPConnection(address, timeout=30)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        connection.putheader("content-length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.getheader("content-type"), answer.read()
    finally:
        connection.close()


class Server:
    """The server in a folder; it may be started again there."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        (folder / "fidance.toml").write_text(CONFIGURATION)

    def start(self):
        with open(self.folder / "serve.log", "a") as log:
            command = [self.binary, "serve", "--config", "fidance.toml"]
            self.process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.PIPE, stderr=log, text=True)
        self.intake = self.said("Clients send to http://")
        self.console = self.said("The console opens once with http://").split("/")[0]

    def said(self, beginning):
        line = self.process.stdout.readline().strip()
        if not line.startswith(beginning):
            sys.exit(f"the server said {line!r}\n{(self.folder / 'serve.log').read_text()}")
        return line.removeprefix(beginning)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(30) != 0:
            sys.exit(f"the server ended with {self.process.returncode}\n{(self.folder / 'serve.log').read_text()}")

    def api(self, method, path, value=None):
        headers = [("authorization", f"Bearer {TOKEN}"), ("content-type", "application/json")]
        status, _, answer = ask(self.console, method, path, headers, json.dumps(value).encode() if value else b"")
        if status >= 300:
            sys.exit(f"{method} {path}: {status} {answer.decode()}")
        return json.loads(answer)

    def key(self, name):
        """The key of a source that is made for a client."""
        source = self.api("POST", "/api/v1/sources", {"name": name.strip("@").replace("/", "-")})
        return self.api("POST", f"/api/v1/sources/{source['id']}/keys", {"kind": "server"})["key"]

    def drain(self):
        until = time.monotonic() + 60
        while self.api("GET", "/api/v1/inbox")["parcels"]:
            if time.monotonic() > until:
                sys.exit("the inbox does not empty")
            time.sleep(0.05)

    def events(self):
        """The lake's events: instant, event, amount, customer."""
        file = self.folder / "events.csv"
        file.unlink(missing_ok=True)
        command = [self.binary, "export", "--lake", "lake", "--output", "events.csv"]
        subprocess.run(command, cwd=self.folder, check=True, stdout=subprocess.DEVNULL)
        with open(file, newline="", encoding="utf-8") as lines:
            return [
                (instant(row["at"]), row["event"], float(row["amount"]) if row["amount"] else None, row["customer"])
                for row in csv.DictReader(lines)
            ]


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone.utc).isoformat(timespec="milliseconds")


def send(proxies, keys):
    """Runs both senders to their ends; the versions they name."""
    versions, running = {}, []
    for clients, command in [(NODE, ["node", str(HERE / "send.mjs")]), (PYTHON, [sys.executable, str(HERE / "send.py")])]:
        tasks = {client: {"key": keys[client], "host": proxies[client].host, "steps": steps(client)} for client in clients}
        sender = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        sender.stdin.write(json.dumps(tasks))
        sender.stdin.close()
        sender.stdin = None
        running.append(sender)
    for sender in running:
        try:
            told, error = sender.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            # What it has sent until now is compared.
            sender.kill()
            told, error = sender.communicate()
        if sender.returncode > 0 or "Traceback" in error:
            sys.exit(f"{sender.args} failed\n{told}{error}")
        said = [json.loads(line) for line in told.splitlines() if line.startswith('{"client"')]
        versions |= {line["client"]: line["version"] for line in said}
    return versions


def differences(client, events, people):
    """What is wrong with the events of a client. `people` is whose pseudonym is whose, and grows."""
    wanted = expected(client)
    came = [event for event in events if event[0][:10] == wanted[0][0][:10]]
    found = [f"missing: {want[:3]}" for want in wanted if want[:3] not in [event[:3] for event in came]]
    found += [f"unexpected: {event}" for event in came if event[:3] not in [want[:3] for want in wanted]]
    if len(came) > len(wanted):
        found.append(f"{len(came)} events instead of {len(wanted)}")
    for at, kind, _, customer in came:
        user = next((want[3] for want in wanted if want[:2] == (at, kind)), None)
        if user and people.setdefault(user, customer) != customer:
            found.append(f"{kind} at {at} is not of {user}, who is {people[user]}, but of {customer}")
    if len(set(people.values())) != len(people):
        found.append(f"customers are mixed up: {people}")
    return len(came), found


def compare(server, moment):
    """The differences by client at a moment of the test."""
    server.drain()
    events, people = server.events(), {}
    counts, found = {}, {}
    for client in NODE + PYTHON:
        counts[client], wrong = differences(client, events, people)
        found[client] = [f"{moment}: {line}" for line in wrong]
    if len(events) != sum(counts.values()):
        found[NODE[0]].append(f"{moment}: {len(events)} events in the lake, {sum(counts.values())} of known days")
    return counts, found


def replay(server, proxies):
    for client, proxy in proxies.items():
        for request in proxy.requests:
            status, _, answer = ask(server.intake, *request)
            if status >= 300:
                sys.exit(f"{client}, sent again: {status} {answer.decode()}")


def refused(server):
    """What clients with a wrong key were answered, request by request."""
    proxies = {client: Proxy(server) for client in NODE + PYTHON}
    send(proxies, dict.fromkeys(proxies, "fs_" + "0" * 40))
    return {client: proxy.statuses for client, proxy in proxies.items()}


def show(rows):
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [str(cell).ljust(width) if column < 2 else str(cell).rjust(width) for column, (cell, width) in enumerate(zip(row, widths))]
        print("  ".join(cells).rstrip())


def run(server):
    server.start()
    proxies = {client: Proxy(server) for client in NODE + PYTHON}
    versions = send(proxies, {client: server.key(client) for client in proxies})
    found = {client: [] for client in NODE + PYTHON}

    def add(moment):
        counts, differ = compare(server, moment)
        for client in found:
            found[client] += differ[client]
        return counts

    counts = add("after sending")
    for client, proxy in proxies.items():
        if len(proxy.requests) < 2:
            found[client].append("it did not send again what was not acknowledged")
        found[client] += [f"answered with {status}" for status in proxy.statuses if status >= 300]
    replay(server, proxies)
    add("sent again")
    server.stop()
    server.start()
    add("after a restart")
    replay(server, proxies)
    add("sent again after a restart")
    for client, statuses in refused(server).items():
        # RudderStack's client for Node sends the first event at once and then the others.
        if set(statuses) != {401} or len(statuses) > (2 if client == NODE[1] else 1):
            found[client].append(f"with a wrong key, its requests were answered with {statuses}")
    add("after wrong keys")
    letters = server.api("GET", "/api/v1/dead-letters")["items"]
    server.stop()
    rows = [("client", "version", "requests", "sent", "arrived", "ok")]
    for client in NODE + PYTHON:
        ok = "no" if found[client] else "yes"
        rows.append((client, versions.get(client, "?"), len(proxies[client].requests), len(expected(client)), counts[client], ok))
    show(rows)
    problems = [f"{client}: {line}" for client, lines in found.items() for line in lines]
    problems += [f"dead letter: {json.dumps(letter)}" for letter in letters]
    print("\n".join(problems), end="\n" if problems else "")
    return not problems


def main():
    binary = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("FIDANCE_BIN", HERE / "../../target/debug/fidance")).resolve()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(str(binary), Path(folder))
        try:
            sys.exit(0 if run(server) else 1)
        finally:
            if getattr(server, "process", None) and server.process.poll() is None:
                server.process.kill()
                server.process.wait()


main()
