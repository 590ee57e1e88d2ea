#!/usr/bin/env python3
"""Time of `fidance retained` by one process and by a cluster of a scheduler and two executors on the same machine.

    cargo build --release -p fidance --features cluster
    python3 bench/cluster.py LAKE…

One process counts on all cores; each executor has half of them. Every run is a process of its own, so times
include start-up and the opening of the lake. All answers must be equal, byte for byte. The table goes to standard output.
"""

import argparse
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(port):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit(f"nothing listens on port {port}")


def timed(command):
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    took = time.perf_counter() - began
    if done.returncode:
        sys.exit(done.stderr)
    return took, done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lakes", nargs="+", type=pathlib.Path)
    parser.add_argument("--binary", default=ROOT / "target/release/fidance", type=pathlib.Path)
    parser.add_argument("--runs", default=9, type=int)
    args = parser.parse_args()
    lakes = [lake.resolve() for lake in args.lakes]
    root = pathlib.Path(os.path.commonpath([lake.parent for lake in lakes]))
    cores = max(1, len(os.sched_getaffinity(0)) // 2)
    members = []
    with tempfile.TemporaryDirectory() as work:
        log = open(pathlib.Path(work) / "log", "w")

        def member(*words):
            members.append(subprocess.Popen([args.binary, *words], stdout=log, stderr=log))

        try:
            port = free_port()
            url = f"http://127.0.0.1:{port}"
            member("scheduler", "--bind", f"127.0.0.1:{port}")
            wait_for(port)
            for n in range(2):
                own = free_port()
                folder = pathlib.Path(work) / f"executor-{n}"
                folder.mkdir()
                member("executor", "--scheduler", url, "--bind", f"127.0.0.1:{own}", "--work-dir", str(folder),
                       "--lakes", str(root), "--cores", str(cores))
                wait_for(own)
            time.sleep(3)
            print("| lake | question | one process, s | cluster, s | cluster / one |\n|---|---|---|---|---|")
            for lake in lakes:
                for what, more in [("masks", []), ("events", ["--from-events"])]:
                    ask = [args.binary, "retained", "--lake", str(lake), "--every", "month", "--window", "90d", *more]
                    here, there, answers = [], [], set()
                    for _ in range(args.runs + 1):
                        # In turn, so that both meet the same noise.
                        for times, command in [(here, ask), (there, [*ask, "--cluster", url])]:
                            took, answer = timed(command)
                            times.append(took)
                            answers.add(answer)
                    if len(answers) != 1:
                        sys.exit(f"{lake.name} from {what}: the answers differ")
                    # The first run of each warmed up.
                    one, many = statistics.median(here[1:]), statistics.median(there[1:])
                    print(f"| {lake.name} | flows from {what} | {one:.3f} | {many:.3f} | {many / one:.1f} |", flush=True)
        finally:
            for process in reversed(members):
                process.terminate()
            for process in members:
                process.wait()


if __name__ == "__main__":
    main()
