"""Ingest, replay, export, import and dead letters on a real broker."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from click.testing import Result
from typer.testing import CliRunner

from cli.console_redrive import ConsoleRedrive
from cli.main import build_app
from dash_app.redrive_api import CannotRedrive
from egraph.colours import Colour
from egraph.identifiers import NodeId, node_id
from schemas.topics import FACTS, TOPICS
from streams.adapters.broker_errors import BrokerUnreachable, LogTruncated, ReadTimedOut, TopicMisshaped, TopicMissing
from streams.adapters.kafka_log import FactProducer, KafkaLog
from streams.dead_letters import REDRIVEN_FROM, to_publish
from streams.ports import DeadLetter, LogRecord
from streams.processors.folder import LogFolder
from streams.record_spans import RecordSpans
from tests.integration.topics import AGENTS, append, make_topics_anew, read_all

pytestmark = pytest.mark.kafka

SOURCE = Path(__file__).parents[2] / "egraph"


def egraph(bootstrap: str, *arguments: str, code: int = 0) -> Result:
    """Run the command line in this process."""
    result = CliRunner().invoke(build_app(), [*arguments, "--bootstrap", bootstrap])
    assert result.exit_code == code, result.output
    return result


def egraph_json(bootstrap: str, *arguments: str) -> Any:
    """Run the command line and read its one JSON document."""
    return json.loads(egraph(bootstrap, *arguments, "--json").stdout)


def test_what_was_ingested_replays_to_the_digest_of_an_in_process_fold(broker: str) -> None:
    """Two roads from one log to a view that differ would make replay worthless as a judge."""
    fed = egraph_json(broker, "ingest", "demo", str(SOURCE))
    replayed = egraph_json(broker, "replay", "--from-topic")
    folder = LogFolder(AGENTS, "main")
    # Backwards through the partitions: the order between them must not matter.
    for _, records in sorted(asyncio.run(read_all(broker, FACTS.name)).items(), reverse=True):
        folder.fold(records)

    assert folder.view.set_digest().hex() == replayed["set_digest"]
    assert folder.view.view_digest().hex() == replayed["view_digest"]
    assert fed["facts"] == replayed["facts"] == replayed["records"] > 1000
    assert (fed["nodes"], fed["unreadable"]) == (replayed["nodes"], [])
    assert replayed["accepted"] + replayed["quarantined"] == fed["equalities"]
    assert replayed["quarantined"] == fed["conflicts_provoked"] > 0
    assert (replayed["violations"], replayed["dead_letters"], replayed["repetitions"]) == (0, {}, 0)


def test_export_replay_import_replay_give_one_digest(broker: str, tmp_path: Path) -> None:
    """An archive that does not restore the same state is no archive."""
    file = tmp_path / "facts.avro"
    egraph_json(broker, "ingest", "demo", str(SOURCE), "--limit", "500")
    asyncio.run(append(broker, FACTS.name, [(3, b"no fact"), (3, b"")]))
    original = egraph_json(broker, "replay", "--from-topic")
    exported = asyncio.run(read_all(broker, FACTS.name))
    assert original["records"] == egraph_json(broker, "log", "export", str(file))["records"]
    from_file = json.loads(CliRunner().invoke(build_app(), ["replay", str(file), "--json"]).stdout)
    assert "records already" in egraph(broker, "log", "import", str(file), code=1).output
    asyncio.run(make_topics_anew(broker))
    egraph_json(broker, "log", "import", str(file))
    imported = asyncio.run(read_all(broker, FACTS.name))
    restored = egraph_json(broker, "replay", "--from-topic")
    egraph_json(broker, "log", "import", str(file), "--append")
    twice = egraph_json(broker, "replay", "--from-topic")

    for document in (original, from_file, restored, twice):
        document.pop("seconds")
    assert original == from_file == restored
    assert original["dead_letters"] == {"empty": 1, "unknown-schema": 1}
    assert [list(map(content, exported[p])) for p in exported] == [list(map(content, imported[p])) for p in exported]
    assert (twice["set_digest"], twice["view_digest"]) == (original["set_digest"], original["view_digest"])
    assert twice["repetitions"] == original["facts"]


def content(record: LogRecord) -> LogRecord:
    """The record without its time, which is when the broker got it."""
    return record._replace(timestamp_ms=0)


def test_a_log_read_in_bulk_is_the_log_read_one_by_one(broker: str) -> None:
    """A worker that restarts, or a replay, would fold another log: records around the asked ones, or fewer."""
    egraph_json(broker, "ingest", "demo", "--limit", "300")

    async def read(in_bulk: bool, part: int) -> tuple[bool, dict[int, list[LogRecord]]]:
        found: dict[int, list[LogRecord]] = {}
        are_spans = False
        async with KafkaLog(broker, in_bulk=in_bulk) as log:
            ends = await log.end_offsets(FACTS.name)
            spans = {p: (end * part // 4, end - end * part // 5) for p, end in ends.items()}
            async for records in log.read_spans(FACTS.name, spans):
                are_spans |= isinstance(records, RecordSpans)
                found.setdefault(records[0].partition, []).extend(records)
        assert {p: (its[0].offset, its[-1].offset + 1) for p, its in found.items()} == {
            p: span for p, span in spans.items() if span[0] < span[1]
        }
        return are_spans, found

    for part in (0, 1):
        (some, bulk), (none, single) = (asyncio.run(read(in_bulk, part)) for in_bulk in (True, False))
        assert (some, none) == (True, False)
        assert bulk == single


def test_a_damaged_file_is_not_imported(broker: str, tmp_path: Path) -> None:
    """Half an import could not be told from a whole one afterwards."""
    file = tmp_path / "facts.avro"
    egraph(broker, "ingest", "python", str(SOURCE), "--limit", "200")
    egraph(broker, "log", "export", str(file))
    file.write_bytes(file.read_bytes()[:-20])
    asyncio.run(make_topics_anew(broker))
    result = egraph(broker, "log", "import", str(file), code=1)

    assert "not a whole log file" in result.output
    assert asyncio.run(read_all(broker, FACTS.name)) == {}


def test_replay_until_a_cut_leaves_out_what_follows(broker: str) -> None:
    """Travelling back must show the state of that moment, not of now."""
    egraph(broker, "ingest", "python", str(SOURCE), "--limit", "300")
    before = egraph_json(broker, "replay", "--from-topic")
    cut = [argument for p, offset in enumerate(before["cut"]) for argument in ("--until", f"{p}:{offset}")]
    egraph(broker, "emit", "equate", "(f x)", "(g y)")
    after = egraph_json(broker, "replay", "--from-topic")
    back = egraph_json(broker, "replay", "--from-topic", *cut)

    assert after["set_digest"] != before["set_digest"]
    assert back["set_digest"] == before["set_digest"]
    assert "ends at offset" in egraph(broker, "replay", "--from-topic", "--until", "0:99999999", code=1).output
    assert "no partition 9" in egraph(broker, "replay", "--from-topic", "--until", "9:1", code=1).output
    egraph(broker, "replay", "--from-topic", "--until", "9", code=2)


def test_emitted_facts_are_folded_and_retracted(broker: str) -> None:
    """A person who adds, equates and retracts must find each in the state."""
    added = egraph_json(broker, "emit", "add", "f", "x", "(g y)", "--colour", "green")
    stated = egraph_json(broker, "emit", "equate", added["node"], "(h z)", "--why", "said so")
    equal = egraph_json(broker, "replay", "--from-topic")
    egraph(broker, "emit", "retract", stated["event"], "--why", "changed my mind")
    withdrawn = egraph_json(broker, "replay", "--from-topic")
    leaf_y = ingested_leaf("y")
    term = ingested_term("g", leaf_y)

    assert added["node"] == node_id("f", Colour.GREEN, [ingested_leaf("x"), term]).hex()
    assert (equal["nodes"], equal["accepted"], equal["retracted"]) == (6, 1, 0)
    assert (withdrawn["nodes"], withdrawn["accepted"], withdrawn["retracted"]) == (6, 0, 1)
    assert equal["classes"] == withdrawn["classes"] - 1


def ingested_leaf(name: str) -> NodeId:
    """The node id of an atom under seed 0."""
    return ingested_term(name)


def ingested_term(operator: str, *children: NodeId) -> NodeId:
    """The node id of a term under seed 0."""
    from streams.ingest.colouring import Colouring

    return Colouring().enode(operator, children).id


def test_wrong_input_is_told_and_sends_nothing(broker: str) -> None:
    """A typing error must not become a fact that stands for ever."""
    assert "line 1, column 1" in egraph(broker, "emit", "add", "f", "(g", code=2).output
    assert "no colour" in egraph(broker, "emit", "add", "f", "--colour", "pink", code=2).output
    assert "no event id" in egraph(broker, "emit", "retract", "abc", code=2).output
    assert "does not exist" in egraph(broker, "ingest", "python", "/nowhere/at/all", code=2).output

    assert asyncio.run(read_all(broker, FACTS.name)) == {}


def test_sexpr_lines_are_folded_and_wrong_ones_reported(broker: str, tmp_path: Path) -> None:
    """One wrong line must not cost the others."""
    file = tmp_path / "terms.sexpr"
    file.write_text("(= (+ a b) (+ b a))\n(+ a\n; nothing\n(* a 1)\n")
    result = egraph(broker, "ingest", "sexpr", str(file), code=1)
    state = egraph_json(broker, "replay", "--from-topic")

    assert "line 2, column 1" in result.output
    assert (state["nodes"], state["accepted"]) == (6, 1)


def refuse(broker: str) -> None:
    """Append two bad facts and the dead letters an agent would write for them, one of them twice."""
    asyncio.run(append(broker, FACTS.name, [(2, b"bad one"), (5, b"bad two")]))
    letters = [
        DeadLetter(LogRecord(FACTS.name, partition, 0, 7, b"main", value, ()), "unknown-schema", "no such schema")
        for partition, value in ((2, b"bad one"), (5, b"bad two"), (2, b"bad one"))
    ]

    async def write() -> None:
        async with FactProducer(broker, topic="egraph.dead-letters") as producer:
            for letter in letters:
                published = to_publish(letter)
                await producer.copy(published.value, 0, key=published.key, headers=published.headers)
            await producer.copy(b"not ours", 0, key=None)

    asyncio.run(write())


def test_dead_letters_are_listed_once_and_shown(broker: str) -> None:
    """An operator must see each refusal, why it happened and its bytes."""
    refuse(broker)
    listed = egraph_json(broker, "dead-letters", "list")
    shown = egraph_json(broker, "dead-letters", "show", "egraph.facts/5/0")

    assert [row["position"] for row in listed["dead_letters"]] == ["egraph.facts/2/0", "egraph.facts/5/0"]
    assert (listed["repetitions"], listed["not_read"], listed["by_reason"]) == (1, 1, {"unknown-schema": 2})
    assert (shown["hex"], shown["decodes"]) == (b"bad two".hex(), False)
    assert "62 61 64 20 74 77 6f" in egraph(broker, "dead-letters", "show", "egraph.facts/5/0").output
    assert "no dead letter" in egraph(broker, "dead-letters", "show", "egraph.facts/5/1", code=1).output


def test_redriving_sends_the_same_bytes_once(broker: str) -> None:
    """A redrive that acts unasked, twice or with other bytes would make the fault worse."""
    refuse(broker)
    dry = egraph_json(broker, "dead-letters", "redrive")
    nothing_sent = asyncio.run(read_all(broker, FACTS.name))
    first = egraph_json(broker, "dead-letters", "redrive", "egraph.facts/2/0", "--yes")
    rest = egraph_json(broker, "dead-letters", "redrive", "--yes")
    none = egraph_json(broker, "dead-letters", "redrive", "--yes")
    again = egraph_json(broker, "dead-letters", "redrive", "egraph.facts/2/0", "--again", "--yes")
    log = asyncio.run(read_all(broker, FACTS.name))

    assert (len(dry["redriven"]), dry["sent"]) == (2, False)
    assert [len(nothing_sent[p]) for p in (2, 5)] == [1, 1]
    assert [row["position"] for row in first["redriven"]] == ["egraph.facts/2/0"]
    assert [row["position"] for row in rest["redriven"]] == ["egraph.facts/5/0"]
    assert (none["redriven"], none["left_out"]) == ([], 2)
    assert len(again["redriven"]) == 1
    assert [record.value for record in log[2]] == [b"bad one"] * 3
    assert [record.key for record in log[2]] == [b"main"] * 3
    assert log[5][1].headers == ((REDRIVEN_FROM, b"egraph.facts/5/0"),)


def test_the_console_sends_again_what_an_operator_asks_for(broker: str) -> None:
    """The button would send nothing, twice, other bytes, or say so of a record that the broker does not hold."""
    refuse(broker)
    console = ConsoleRedrive(broker)
    first = console.redrive(["egraph.facts/2/0", "egraph.facts/2/0", "egraph.facts/9/9"], again=False)
    second = console.redrive(["egraph.facts/2/0", "egraph.facts/5/0"], again=False)
    again = console.redrive(["egraph.facts/2/0"], again=True)
    log = asyncio.run(read_all(broker, FACTS.name))

    assert (first.sent, first.before, first.missing) == (("egraph.facts/2/0",), (), ("egraph.facts/9/9",))
    assert (second.sent, second.before) == (("egraph.facts/5/0",), ("egraph.facts/2/0",))
    assert again.sent == ("egraph.facts/2/0",)
    assert [record.value for record in log[2]] == [b"bad one"] * 3
    with pytest.raises(CannotRedrive, match="no broker answers"):
        ConsoleRedrive("127.0.0.1:1").redrive(["egraph.facts/2/0"], again=False)


def test_the_adapter_names_what_is_wrong(broker: str) -> None:
    """Each operating fault needs its own message, and no wait may be endless."""

    async def check() -> None:
        async with KafkaLog(broker) as log:
            with pytest.raises(TopicMissing):
                await log.end_offsets("egraph.nothing")
            with pytest.raises(TopicMisshaped):
                await log.create_topics([FACTS], 5)
            with pytest.raises(ReadTimedOut):
                [batch async for batch in log.read(FACTS.name, 0, 0, 1, deadline_s=1.0)]
            with pytest.raises(TopicMissing):
                [batch async for batch in log.read(FACTS.name, 77, 0, 1)]
            assert await log.create_topics(TOPICS.values(), AGENTS) == ()
        async with KafkaLog("127.0.0.1:1", timeout_s=2.0) as nowhere:
            with pytest.raises(BrokerUnreachable):
                await nowhere.end_offsets(FACTS.name)

    asyncio.run(check())
    assert "no broker answers" in egraph("127.0.0.1:1", "replay", "--from-topic", code=3).output


def test_a_log_whose_beginning_is_gone_is_not_replayed(broker: str) -> None:
    """Folding from the middle would give a digest that means nothing."""
    from aiokafka.admin import RecordsToDelete
    from aiokafka.structs import TopicPartition

    async def cut() -> None:
        await append(broker, FACTS.name, [(1, b"x")] * 5)
        admin = AIOKafkaAdminClient(bootstrap_servers=broker)
        await admin.start()
        try:
            await admin.delete_records({TopicPartition(FACTS.name, 1): RecordsToDelete(before_offset=3)})
        finally:
            await admin.close()
        async with KafkaLog(broker) as log:
            with pytest.raises(LogTruncated) as caught:
                [batch async for batch in log.read(FACTS.name, 1, 0, 5)]
            assert caught.value.begin == 3

    asyncio.run(cut())
    assert "keeps nothing before offset 3" in egraph(broker, "replay", "--from-topic", code=1).output
