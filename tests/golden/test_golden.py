"""Released bytes still mean the same: golden files against the codec.

Belongs here: every release's golden file, both ways. A failure here means a promise is about to be broken: change the
code, never the file.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from egraph.identifiers import UNSEALED
from schemas.codec import decode_fact, encode, seal
from schemas.compatibility import released_sources, releases
from schemas.records import TimelineKind, decode_record, encode_record
from schemas.registry import ALL_SCHEMAS, FACT_SCHEMAS, RECORD_SCHEMAS, header_of, load
from tests.golden.regenerate import HERE, write
from tests.golden.values import FACT_KINDS, RECORD_KINDS, from_json, to_json

NEWEST = releases()[-1]

# The first release once more, where no script can touch it: CRC-64-AVRO, as its bytes stand in the header.
V1_FINGERPRINTS = {
    "agent_heartbeat": "cf97eb814b745b87",
    "agent_lifecycle": "ab6af3ef833dbf82",
    "control_order": "f9de5eee0724f55c",
    "equality_asserted": "811af02926e91dc7",
    "fact_retracted": "1d02eb95609c03ba",
    "gossip_ack": "9f93fdbe246d0611",
    "gossip_delta": "7b4fd5d2d9f86c04",
    "gossip_descent": "68af432c29453ecf",
    "node_added": "413f238fe39cd17e",
    "phase_order": "2a591ebbd6d3bf62",
    "phase_report": "e2deeb6acc818913",
    "rule_added": "6095da9073adf7f9",
    "timeline_event": "f86125b82cf48a6e",
}

# What the second release writes in another schema than the first.
V2_CHANGES = {"phase_report": "081de109183c09f9"}


@cache
def golden(release: str) -> Any:
    """Give the golden file of a release."""
    return json.loads((HERE / f"{release}.json").read_text())


def entries(kind: str, *of: str) -> list[Any]:
    """Give one test parameter per golden value of the releases."""
    return [pytest.param(entry, id=f"{release}-{entry['name']}") for release in of for entry in golden(release)[kind]]


@pytest.mark.parametrize("entry", entries("facts", *releases()))
def test_fact_bytes_mean_what_they_meant(entry: Any) -> None:
    """A fact in the log would be refused, or say something else than on the day it was written."""
    fact = decode_fact(bytes.fromhex(entry["bytes"]))

    assert fact == from_json(entry["value"])
    assert fact.event_id.hex() == entry["event_id"]


@pytest.mark.parametrize("entry", entries("facts", NEWEST))
def test_fact_gives_the_same_bytes(entry: Any) -> None:
    """The same fact would get another event id, so it would count as another fact."""
    fact = from_json(entry["value"])
    draft = from_json(entry["value"] | {"event_id": to_json(UNSEALED)})

    assert encode(fact).hex() == entry["bytes"]
    assert seal(draft) == (fact, bytes.fromhex(entry["bytes"]))


@pytest.mark.parametrize("entry", entries("records", *releases()))
def test_record_bytes_mean_what_they_meant(entry: Any) -> None:
    """An agent of a newer release would not understand one of an older release."""
    assert decode_record(bytes.fromhex(entry["bytes"])) == from_json(entry["value"])


@pytest.mark.parametrize("entry", entries("records", NEWEST))
def test_record_gives_the_same_bytes(entry: Any) -> None:
    """An agent of an older build of the same release would not understand this one."""
    assert encode_record(from_json(entry["value"])).hex() == entry["bytes"]


@pytest.mark.parametrize("release", releases())
def test_released_fingerprints_stand(release: str) -> None:
    """A released schema file was edited: the bytes in the log would name a schema that is nowhere to be found."""
    headers = {name: header_of(source).hex() for name, source in released_sources(release).items()}

    assert headers == golden(release)["headers"]


def test_fingerprints_are_pinned() -> None:
    """Schema and golden file could be replaced together, and every test above would still pass."""
    assert golden("v1")["headers"] == {name: f"c301{crc}" for name, crc in V1_FINGERPRINTS.items()}
    pinned = V1_FINGERPRINTS | V2_CHANGES
    assert golden("v2")["headers"] == {name: f"c301{crc}" for name, crc in pinned.items()}


def test_todays_fingerprints_are_released() -> None:
    """We would write bytes whose schema nobody released."""
    headers = golden(NEWEST)["headers"]

    assert {name: load(name).header.hex() for name in ALL_SCHEMAS} == headers


@pytest.mark.parametrize("release", releases())
def test_every_kind_is_pinned(release: str) -> None:
    """A kind of fact or record could change its bytes unseen."""
    facts = {(entry["value"]["kind"], entry["bytes"][:20]) for entry in golden(release)["facts"]}
    records = {(entry["value"]["kind"], entry["bytes"][:20]) for entry in golden(release)["records"]}
    headers = golden(release)["headers"]
    timeline = {from_json(entry["value"]).kind for entry in golden(release)["records"] if "of" in entry["value"]}

    assert {kind for kind, _ in facts} == {kind.__name__ for kind in FACT_KINDS}
    assert {header for _, header in facts} == {headers[name] for name in FACT_SCHEMAS}
    assert {kind for kind, _ in records} == {kind.__name__ for kind in RECORD_KINDS}
    assert {header for _, header in records} == {headers[name] for name in RECORD_SCHEMAS}
    assert timeline == set(TimelineKind)


def test_an_existing_release_is_not_overwritten(tmp_path: Path) -> None:
    """Somebody could make a red golden test green by writing the file again."""
    path = write("v1", tmp_path)
    path.write_text("kept")

    with pytest.raises(FileExistsError):
        write("v1", tmp_path)
    assert path.read_text() == "kept"


def test_the_script_still_gives_what_is_pinned(tmp_path: Path) -> None:
    """The next release would be pinned by a script that says something else about the same values."""
    again = json.loads(write(NEWEST, tmp_path).read_text())

    assert again["headers"] == golden(NEWEST)["headers"]
    for kind in ("facts", "records"):
        assert [entry for entry in again[kind] if entry in golden(NEWEST)[kind]] == golden(NEWEST)[kind]
