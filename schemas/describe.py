"""The wire contract as a page for people: docs/events.md, rendered from the schemas and the table of topics.

Belongs here: rendering, as pure functions of schemas/*.avsc and schemas/topics.py. Not here: the contract itself.
Run `python -m schemas.describe > docs/events.md`; a test in tests/architecture fails while that file is stale.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from egraph.colours import Colour
from egraph.facts import NodeAdded
from egraph.identifiers import ID_BYTES
from schemas import dead_letter_headers
from schemas.codec import seal
from schemas.poison import Reason
from schemas.registry import FACT_SCHEMAS, HEADER_BYTES, MARKER, load
from schemas.topics import (
    CONTROL,
    DEAD_LETTERS,
    FACT_BYTES_MAX,
    FACTS,
    FOR_EVER_MS,
    GOSSIP,
    GOSSIP_BYTES_MAX,
    HOUR_MS,
    TIMELINE,
    TOPICS,
    Topic,
)

TRAVELS: tuple[tuple[Topic, tuple[str, ...]], ...] = (
    (FACTS, FACT_SCHEMAS),
    (GOSSIP, ("gossip_delta", "gossip_ack", "gossip_descent")),
    (CONTROL, ("agent_heartbeat", "phase_order", "phase_report", "control_order", "agent_lifecycle")),
    (TIMELINE, ("timeline_event",)),
)
"""Which records stand in which topic. Dead letters are the refused bytes as they came, so they have no schema."""

_HOURS_PER_DAY = 24

_OPENING = """\
# Events

Rendered by `python -m schemas.describe > docs/events.md`; do not edit by hand.
The source is `schemas/*.avsc` and `schemas/topics.py`.
How to write a producer, step by step: [producers.md](producers.md)."""

_WIRE = """\
## Wire format

Every value but a dead letter's is Avro single-object encoding: a header of {header} bytes, then the binary body.
The header is `C3 01` and the CRC-64-AVRO fingerprint of the schema's parsing canonical form, 8 bytes, little endian.
It says which of the schemas below the body is written in; there is no registry to ask.

A fact has at most {fact:,} bytes, any other record at most {gossip:,}.
Facts are decoded strictly: nothing behind the body, encoding the decoded fields again gives the same bytes, the event \
id is right, values are inside their domain.
The other records are ours alone, so they are checked only for bytes behind the body and, in a \
range, for columns of equal length; a descent must also keep its bounds and list ids in order.

New schemas are added, never changed in meaning: a reader that does not know a fingerprint refuses the record with \
`{unknown}` and keeps its bytes."""

_EVENT_ID = """\
## Event id

The event id of a fact is computed, not chosen, and verified at decoding ([decision \
0008](decisions/0008-header-in-the-event-id.md)):

    event_id = blake2b(header + body without its first {id} bytes, digest {id} bytes, personalisation "egraph.event")

The header is the {header} bytes above; the body begins with the event id, which is why it is left out.
Hashing the header keeps two schemas that can read the same body from sharing an id."""

_DEAD_LETTERS = """\
## Dead letters

The value is the refused value, byte for byte; an absent value is empty and marked by `{empty}`.
The key is the reason.
Headers, in UTF-8 but for `{key}`, which is the source's key byte for byte:"""

_HEADER_MEANING = (
    (dead_letter_headers.REASON, "one of the reasons below"),
    (dead_letter_headers.DETAIL, "one sentence for people"),
    (dead_letter_headers.SOURCE_TOPIC, "topic it was refused in"),
    (dead_letter_headers.SOURCE_PARTITION, "partition, decimal"),
    (dead_letter_headers.SOURCE_OFFSET, "offset, decimal"),
    (dead_letter_headers.SOURCE_TIMESTAMP, "the broker's time of the source record, milliseconds"),
    (dead_letter_headers.SOURCE_KEY, "key of the source record, if it had one"),
    (dead_letter_headers.SOURCE_EMPTY, "present if the source record had no value"),
    (dead_letter_headers.REDRIVEN_FROM, "`topic/partition/offset` of the first refusal, on records sent again"),
)


def describe() -> str:
    """Give the whole page. Equal schemas and topics give equal text."""
    sections = [_OPENING, _topics(), _wire(), _event_id(), _dead_letters()]
    for topic, names in TRAVELS:
        sections.append(f"## Records of {topic.name}")
        sections += [_record(name) for name in names]
    return "\n\n".join(sections) + "\n"


def kept_for(retention_ms: int) -> str:
    """Say how long a topic keeps its records."""
    if retention_ms == FOR_EVER_MS:
        return "for ever"
    hours, rest = divmod(retention_ms, HOUR_MS)
    if rest:
        return f"{retention_ms:,} ms"
    days, odd = divmod(hours, _HOURS_PER_DAY)
    count, unit = (hours, "hour") if odd or not days else (days, "day")
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def type_text(kind: Any) -> str:
    """Say an Avro type in words; a named type by its name, since its definition is shown beside it."""
    if isinstance(kind, str):
        return kind
    if isinstance(kind, list):
        return "one of " + ", ".join(type_text(branch) for branch in kind)
    if kind["type"] == "array":
        return f"array of {type_text(kind['items'])}"
    if kind["type"] == "fixed":
        return f"{kind['name']} ({kind['size']} bytes)"
    return str(kind.get("name", kind["type"]))


def _topics() -> str:
    rows = [
        (
            f"`{topic.name}`",
            topic.key,
            str(topic.partitions) if topic.partitions else "one per agent",
            kept_for(topic.retention_ms),
            f"{topic.max_message_bytes:,}",
        )
        for topic in TOPICS.values()
    ]
    return "## Topics\n\n" + _table(("topic", "key", "partitions", "kept", "longest message, bytes"), rows)


def _wire() -> str:
    return _WIRE.format(
        header=HEADER_BYTES, fact=FACT_BYTES_MAX, gossip=GOSSIP_BYTES_MAX, unknown=Reason.UNKNOWN_SCHEMA.value
    )


def _event_id() -> str:
    draft = NodeAdded(
        graph="main", producer="example", sequence=0, hlc=1_700_000_000_000 << 16, operator="x", colour=Colour.RED
    )
    sealed = seal(draft)
    header, rest = sealed.raw[:HEADER_BYTES], sealed.raw[HEADER_BYTES + ID_BYTES :]
    example = [
        "An example to compare with: the RED node `x` without children, by producer `example`, sequence 0, hlc"
        f" {draft.hlc}, graph `main`.",
        "",
        f"    header             {header.hex()}",
        f"    body without id    {rest.hex()}",
        f"    event_id           {sealed.fact.event_id.hex()}",
    ]
    return _EVENT_ID.format(id=ID_BYTES, header=HEADER_BYTES) + "\n\n" + "\n".join(example)


def _dead_letters() -> str:
    headers = _table(("header", "meaning"), [(f"`{name}`", meaning) for name, meaning in _HEADER_MEANING])
    reasons = ", ".join(f"`{reason.value}`" for reason in Reason)
    return (
        _DEAD_LETTERS.format(empty=dead_letter_headers.SOURCE_EMPTY, key=dead_letter_headers.SOURCE_KEY)
        + f"\n\n{headers}\n\nReasons that decoding and admission give: {reasons}.\n"
        + f"They stand in `{DEAD_LETTERS.name}`, on partition 0, before the source record is acknowledged."
    )


def _record(name: str) -> str:
    schema = load(name)
    lines = [
        f"### {schema.source['name']}",
        "",
        schema.source["doc"],
        f"Schema `schemas/{name}.avsc`, fingerprint on the wire `{schema.header[len(MARKER) :].hex(' ')}`.",
        "",
        _fields(schema.source["fields"]),
    ]
    for nested in _nested(schema.source["fields"]):
        lines += ["", *_nested_section(nested)]
    return "\n".join(lines)


def _nested(fields: Iterable[Any]) -> Iterator[Any]:
    """Give the records and enums defined inside fields, in order of appearance, inner ones behind their outer."""
    for field in fields:
        yield from _named_types(field["type"])


def _named_types(kind: Any) -> Iterator[Any]:
    if isinstance(kind, list):
        for branch in kind:
            yield from _named_types(branch)
    elif isinstance(kind, dict):
        if kind["type"] == "array":
            yield from _named_types(kind["items"])
        elif kind["type"] == "enum":
            yield kind
        elif kind["type"] == "record":
            yield kind
            yield from _nested(kind["fields"])


def _nested_section(kind: Any) -> list[str]:
    title = [f"#### {kind['name']}", ""]
    told = [kind["doc"]] if "doc" in kind else []
    if kind["type"] == "enum":
        return [*title, *told, "Symbols, in order: " + ", ".join(f"`{symbol}`" for symbol in kind["symbols"]) + "."]
    return [*title, *told, "", _fields(kind["fields"])]


def _fields(fields: Iterable[Any]) -> str:
    rows = [
        (f"`{field['name']}`", type_text(field["type"]), _default(field), str(field.get("doc", ""))) for field in fields
    ]
    return _table(("field", "type", "default", "meaning"), rows)


def _default(field: Any) -> str:
    if "default" not in field:
        return ""
    value = field["default"]
    return f"`{value!r}`" if isinstance(value, int) else "empty" if value in ("", []) else f"`{value}`"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    sys.stdout.write(describe())
