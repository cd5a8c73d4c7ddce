"""The JSON interface out of the shared tick: requests a second and how long they take, with the console in a process.

Run: python -m tests.benchmarks.bench_api [--requests N] [--connections N]. One JSON line; asserts nothing.
The figures behind the answers are made up, so that no query is measured; the client takes part of the same cores.
"""

import argparse
import asyncio
import json
import multiprocessing
import statistics
import time
from multiprocessing.connection import Connection

from dash_app.app import Settings, build_app
from tests.unit.dash_app.console_fakes import FakeReadModel, full_overview, serving

PATHS = ("/api/v1/status", "/api/v1/health", "/api/v1/agents/4/state", "/api/v1/agents/4/sync", "/api/v1/metrics")
_TIMEOUT_S = 120


def serve(pipe: Connection) -> None:
    """Serve until the other end says enough."""
    with serving(build_app(FakeReadModel(full_overview()), Settings())) as address:
        pipe.send(address)
        pipe.recv()


async def ask(host: str, port: int, path: str, requests: int) -> list[float]:
    """Ask so often on one connection; give the seconds of each request."""
    reader, writer = await asyncio.open_connection(host, port)
    question = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    took = []
    for _ in range(requests):
        began = time.perf_counter()
        writer.write(question)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        if not head.startswith("http/1.1 200"):
            raise SystemExit(f"{path}: {head.splitlines()[0]}")
        length = next(line for line in head.splitlines() if line.startswith("content-length:"))
        await reader.readexactly(int(length.partition(":")[2]))
        took.append(time.perf_counter() - began)
    writer.close()
    return took


async def measure(host: str, port: int, requests: int, connections: int) -> dict[str, dict[str, float]]:
    """Ask for each path on several connections at once."""
    found = {}
    for path in PATHS:
        began = time.perf_counter()
        each = [ask(host, port, path, requests // connections) for _ in range(connections)]
        took = sorted(item for one in await asyncio.gather(*each) for item in one)
        spent = time.perf_counter() - began
        p99 = statistics.quantiles(took, n=100)[98]
        found[path] = {"per_s": round(len(took) / spent), "p99_ms": round(p99 * 1000, 2)}
    return found


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=4000)
    parser.add_argument("--connections", type=int, default=8)
    options = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,))
    child.start()
    try:
        if not ours.poll(_TIMEOUT_S):
            raise SystemExit("the console did not start")
        host, _, port = ours.recv().removeprefix("http://").partition(":")
        found = asyncio.run(
            asyncio.wait_for(measure(host, int(port), options.requests, options.connections), _TIMEOUT_S)
        )
    finally:
        ours.send(None)
        child.join(20)
    for path, figures in found.items():
        print(f"{path}: {figures['per_s']:,} requests a second, p99 {figures['p99_ms']} ms")
    slowest = min(found.values(), key=lambda item: item["per_s"])["per_s"]
    print(
        json.dumps(
            {"paths": found, "slowest_per_s": slowest, "worst_p99_ms": max(item["p99_ms"] for item in found.values())}
        )
    )


if __name__ == "__main__":
    main()
