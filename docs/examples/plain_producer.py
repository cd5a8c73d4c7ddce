"""A producer without our code: two sums of the same operands, and the statement that they are equal.

    python plain_producer.py 127.0.0.1:9092 [graph]

Needs confluent-kafka, fastavro, and the .avsc files beside which it stands. Prints what it sent as JSON.
docs/producers.md explains each step; a test runs this file against a real broker.
"""

import io
import json
import sys
import time
from hashlib import blake2b
from pathlib import Path

from confluent_kafka import Producer
from fastavro import parse_schema, schemaless_writer
from fastavro.schema import fingerprint, to_parsing_canonical_form

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
TOPIC = "egraph.facts"
COLOURS = {"RED": 1, "BLUE": 2, "GREEN": 3}
TIMEOUT_S = 30


def load(name: str) -> tuple[bytes, object]:
    """The single-object header of a schema file, and the schema ready for encoding."""
    source = json.loads((SCHEMAS / f"{name}.avsc").read_text())
    crc = bytes.fromhex(fingerprint(to_parsing_canonical_form(source), "CRC-64-AVRO"))  # little endian already
    return b"\xc3\x01" + crc, parse_schema(source)


def node_id(operator: str, colour: str, children: list[bytes]) -> bytes:
    """The content address of a node; its two top bits are the colour."""
    name = operator.encode()
    content = len(name).to_bytes(4, "little") + name + bytes([COLOURS[colour]]) + b"".join(children)
    digest = blake2b(content, digest_size=16, person=b"egraph.node").digest()
    return bytes([digest[0] & 0x3F | COLOURS[colour] << 6]) + digest[1:]


class PlainProducer:
    """Keeps one sequence for each partition and one clock that never goes back."""

    def __init__(self, bootstrap: str, graph: str) -> None:
        self.kafka = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "acks": "all"})
        self.graph = graph
        self.name = f"plain@{time.time_ns()}"  # a new name for each run: no sequence is ever used twice
        self.partitions = len(self.kafka.list_topics(TOPIC, timeout=TIMEOUT_S).topics[TOPIC].partitions)
        self.next_sequence = [0] * self.partitions
        self.clock = 0
        self.failures: list[str] = []

    def send(self, schema: str, placed_by: bytes, fields: dict[str, object]) -> bytes:
        """Encode one fact, send it, give its event id."""
        header, parsed = load(schema)
        partition = int.from_bytes(placed_by[:8], "big") % self.partitions
        self.clock = max(self.clock + 1, time.time_ns() // 1_000_000 << 16)
        envelope = {
            "event_id": bytes(16),
            "graph": self.graph,
            "producer": self.name,
            "sequence": self.next_sequence[partition],
            "hlc": self.clock,
            "causes": [],
            "trace": b"",
        }
        self.next_sequence[partition] += 1
        body = io.BytesIO()
        schemaless_writer(body, parsed, envelope | fields)
        rest = body.getvalue()[16:]
        event_id = blake2b(header + rest, digest_size=16, person=b"egraph.event").digest()
        self.kafka.produce(
            TOPIC, key=self.graph, value=header + event_id + rest, partition=partition, on_delivery=self._delivered
        )
        return event_id

    def add(self, operator: str, *children: bytes) -> bytes:
        """Send a GREEN node, give its node id. GREEN may stand above and below every colour."""
        node = node_id(operator, "GREEN", list(children))
        self.send("node_added", node, {"operator": operator, "colour": "GREEN", "children": list(children)})
        return node

    def equate(self, left: bytes, right: bytes, why: str) -> bytes:
        """State an equality, give its event id: whoever wants to retract it needs that."""
        return self.send(
            "equality_asserted", left, {"left": left, "right": right, "why": ("egraph.Stated", {"text": why})}
        )

    def close(self) -> None:
        """Wait for every acknowledgement; fail loudly if one is missing."""
        unsent = self.kafka.flush(TIMEOUT_S)
        if unsent or self.failures:
            raise SystemExit(f"{unsent + len(self.failures)} facts were not acknowledged: {self.failures[:1]}")

    def _delivered(self, error: object, _: object) -> None:
        if error is not None:
            self.failures.append(str(error))


def main(bootstrap: str, graph: str = "main") -> None:
    """Send five facts."""
    producer = PlainProducer(bootstrap, graph)
    a, b = producer.add("plain:a"), producer.add("plain:b")
    left, right = producer.add("plain:+", a, b), producer.add("plain:+", b, a)
    event = producer.equate(left, right, "addition commutes")
    producer.close()
    nodes = [node.hex() for node in (a, b, left, right)]
    print(json.dumps({"producer": producer.name, "nodes": nodes, "equality": event.hex()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
