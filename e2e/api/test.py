#!/usr/bin/env python3
"""Schemathesis examines the API of the real server by its own description, /api/openapi.json.

Thousands of right and wrong calls: none may be answered with 5xx, and each answer has to be of a status, a form and with
headers that the description names; wrong ones have to be refused, right ones not, and none may be let in without the token.
The server has a source, keys and dead letters to begin with. The seed is fixed; a failure is printed as a line for curl.

Usage: test.py [path of fidance] [further arguments of schemathesis]. `make api` installs it first.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOKEN = "a token of the tests"
LETTERS = 40
CONFIGURATION = f"""
[intake]
listen = "127.0.0.1:0"
[console]
listen = "127.0.0.1:0"
[api]
token = "{TOKEN}"
[log]
level = "warn"
"""


class Server:
    """The server in a folder."""

    def __init__(self, binary, folder):
        (folder / "fidance.toml").write_text(CONFIGURATION)
        self.log = folder / "serve.log"
        with open(self.log, "w") as log:
            command = [binary, "serve", "--config", "fidance.toml"]
            self.process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True)
        self.intake = self.said("Clients send to http://")
        self.console = self.said("The console opens once with http://").split("/")[0]
        self.key = self.said("The key of the source `default`, which is not shown again: ")

    def said(self, beginning):
        line = self.process.stdout.readline().strip()
        if not line.startswith(beginning):
            sys.exit(f"the server said {line!r}\n{self.log.read_text()}")
        return line.removeprefix(beginning)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(40)


def post(address, path, value, headers=()):
    connection = http.client.HTTPConnection(address, timeout=30)
    connection.request("POST", path, json.dumps(value), {"content-type": "application/json", **dict(headers)})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    if answer.status >= 300:
        sys.exit(f"POST {path}: {answer.status} {text}")


def fill(server):
    """A second source with a key of each kind, and messages that cannot be used or could be."""
    token = [("authorization", f"Bearer {TOKEN}")]
    post(server.console, "/api/v1/sources", {"name": "app"}, token)
    post(server.console, "/api/v1/sources/2/keys", {"kind": "server"}, token)
    post(server.console, "/api/v1/sources/2/keys", {"kind": "browser", "origins": ["https://shop.example"]}, token)
    wrong = [{"type": "track", "messageId": str(n), "event": "Order Completed", "timestamp": "yesterday"} for n in range(LETTERS)]
    post(server.intake, "/v1/batch", {"batch": wrong, "writeKey": server.key})


def examine(server, arguments):
    command = [
        Path(sys.executable).with_name("schemathesis"),
        "--config-file", HERE / "schemathesis.toml",
        "run", f"http://{server.console}/api/openapi.json",
        "--header", f"Authorization: Bearer {TOKEN}",
        *(arguments or ["--max-examples", "40"]),
    ]
    # There it keeps notes of what failed, which would make the next run another one.
    return subprocess.run(command, cwd=server.log.parent, env={**os.environ, "SCHEMATHESIS_HOOKS": str(HERE / "hooks.py")}).returncode


def main():
    given = sys.argv[1:]
    binary = given.pop(0) if given and not given[0].startswith("-") else os.environ.get("FIDANCE_BIN", HERE / "../../target/debug/fidance")
    with tempfile.TemporaryDirectory() as folder:
        server = Server(str(Path(binary).resolve()), Path(folder))
        try:
            fill(server)
            code = examine(server, given)
            ended = server.stop()
        finally:
            if server.process.poll() is None:
                server.process.kill()
                server.process.wait()
        log = server.log.read_text()
        if ended != 0 or "panicked" in log or "ERROR" in log:
            sys.exit(f"the server ended with {ended}\n{log}")
    sys.exit(code)


main()
