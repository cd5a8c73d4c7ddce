"""docs/events.md says what the code speaks: fresh, complete, and its rules can be followed."""

import json
import re
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest

from schemas.describe import describe, kept_for
from tests.architecture.sources import ROOT, repository_files

EVENTS = Path("docs/events.md")
EXAMPLE_ROWS = ("header", "body without id", "event_id")


def test_the_page_of_events_is_fresh() -> None:
    """docs/events.md would promise another wire format than the code speaks; `make events` writes it anew."""
    assert (ROOT / EVENTS).read_text() == describe()


def test_the_page_of_events_leaves_nothing_out() -> None:
    """A producer in another language would not learn of a field, because rendering lost it."""
    sections = re.split(r"^#{2,4} ", (ROOT / EVENTS).read_text(), flags=re.MULTILINE)
    rendered = {part.partition("\n")[0]: set(re.findall(r"^\| `(\w+)`", part, re.MULTILINE)) for part in sections}

    for path in repository_files():
        if path.parent == Path("schemas") and path.suffix == ".avsc":
            for record in records_in(json.loads((ROOT / path).read_text())):
                fields = {field["name"] for field in record["fields"]}
                assert rendered.get(record["name"]) == fields, f"{path}: {record['name']}"


def test_the_rule_of_event_ids_gives_the_example_s_id() -> None:
    """Who follows the page would compute other event ids than we verify, and all facts would be refused."""
    page = (ROOT / EVENTS).read_text()
    header, body, expected = (
        bytes.fromhex(found[1])
        for found in (re.search(rf"^    {name} +([0-9a-f]+)$", page, re.MULTILINE) for name in EXAMPLE_ROWS)
        if found
    )

    assert blake2b(header + body, digest_size=16, person=b"egraph.event").digest() == expected


@pytest.mark.parametrize(
    ("milliseconds", "told"),
    [
        (-1, "for ever"),
        (3_600_000, "1 hour"),
        (36 * 3_600_000, "36 hours"),
        (172_800_000, "2 days"),
        (90_000, "90,000 ms"),
    ],
)
def test_retention_is_told_without_rounding(milliseconds: int, told: str) -> None:
    """The page would say days where the broker deletes after hours."""
    assert kept_for(milliseconds) == told


def records_in(kind: Any) -> Iterator[dict[str, Any]]:
    """Give every record defined anywhere in a schema."""
    if isinstance(kind, list):
        for item in kind:
            yield from records_in(item)
    elif isinstance(kind, dict):
        if kind.get("type") == "record":
            yield kind
        for value in kind.values():
            yield from records_in(value)
