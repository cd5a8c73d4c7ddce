"""From the bytes of messages to the digests of a view, as an agent does it, against fastavro and the plain view.

Run: python -m tests.benchmarks.bench_pipeline [--facts N] [--batch N] [--runs N]. One JSON line; asserts nothing.

Ours: admission with every strict check, bulk decoding, the kernel's view; both digests at the end of each ten batches,
as heartbeats ask for them. Baseline: plain fastavro into fact objects without any check, the pure-Python view, the same
digests. The workload is bench_columns' mixed log without its retractions of nothing. Process CPU per fact, both in turn
within each run, median over runs.
"""

import argparse
import gc
import json
import statistics
import time
from io import BytesIO

import fastavro

from egraph.colours import Colour
from egraph.facts import EqualityAsserted, Fact, FactRetracted, NodeAdded, Stated
from egraph.identifiers import EventId, NodeId
from egraph.store import FactStore
from egraph.view import IncrementalView
from schemas.codec import seal
from schemas.registry import HEADER_BYTES, load
from streams.ports import LogRecord
from streams.processors.folder import LogFolder
from streams.runtimes.views import column_decoder, kernel_view
from tests.benchmarks.bench_columns import PARSED, mixed

_DIGEST_EVERY = 10
_COLOURS = {colour.name: colour for colour in Colour}
_NODE, _EQUALITY = load("node_added").header, load("equality_asserted").header


def ours(records: list[LogRecord], batch: int) -> tuple[bytes, bytes]:
    """Fold as an agent's process does."""
    folder = LogFolder(1, "main", kernel_view, column_decoder)
    for number, at in enumerate(range(0, len(records), batch), start=1):
        folder.fold(records[at : at + batch])
        if number % _DIGEST_EVERY == 0:
            folder.view.view_digest()
    return folder.view.set_digest(), folder.view.view_digest()


def baseline(records: list[LogRecord], batch: int) -> tuple[bytes, bytes]:
    """Fold what fastavro reads, unchecked."""
    view = IncrementalView(FactStore())
    for number, at in enumerate(range(0, len(records), batch), start=1):
        view.fold_many([view.store.intern(_fact(record.value)) for record in records[at : at + batch]])
        if number % _DIGEST_EVERY == 0:
            view.view_digest()
    return view.set_digest(), view.view_digest()


def _fact(raw: bytes | None) -> Fact:
    assert raw is not None
    header = raw[:HEADER_BYTES]
    fields = fastavro.schemaless_reader(BytesIO(raw[HEADER_BYTES:]), PARSED[header], None)
    common = {name: fields[name] for name in ("graph", "producer", "sequence", "hlc")}
    event_id = EventId(fields["event_id"])
    if header == _NODE:
        children = tuple(map(NodeId, fields["children"]))
        colour = _COLOURS[fields["colour"]]
        return NodeAdded(event_id=event_id, operator=fields["operator"], colour=colour, children=children, **common)
    if header == _EQUALITY:
        left, right = NodeId(fields["left"]), NodeId(fields["right"])
        return EqualityAsserted(event_id=event_id, left=left, right=right, why=Stated(fields["why"]["text"]), **common)
    return FactRetracted(event_id=event_id, target=EventId(fields["target"]), why=fields["why"], **common)


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    drafts = [item for item in mixed(options.facts) if not isinstance(item, FactRetracted)]
    records = [LogRecord("facts", 0, offset, 0, None, seal(item).raw) for offset, item in enumerate(drafts)]
    spent: dict[str, list[float]] = {"ours": [], "baseline": []}
    for run in range(options.runs + 1):
        answers = set()
        for name, way in (("ours", ours), ("baseline", baseline)):
            gc.collect()
            begin = time.process_time()
            answers.add(way(records, options.batch))
            if run:  # the first one loads compiled code and warms memos
                spent[name].append((time.process_time() - begin) / len(records) * 1e6)
        if len(answers) > 1:
            raise SystemExit("the digests differ: the figures would compare different things")
    median = {name: statistics.median(several) for name, several in spent.items()}
    ratio = median["baseline"] / median["ours"]
    print(f"{len(records):,} facts: ours {median['ours']:.2f} us, baseline {median['baseline']:.2f} us a fact")
    print(json.dumps({f"{name}_us": round(value, 2) for name, value in median.items()} | {"ratio": round(ratio, 2)}))


if __name__ == "__main__":
    main()
