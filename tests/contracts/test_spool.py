"""The port Spool, one suite for each adapter; and what the file promises besides: its lock, its disk, its damage.

Belongs here: promises of streams/outbox/spool.py and streams/adapters/sqlite_spool.py. Not here: when facts are sent.
"""

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from egraph.colours import Colour
from egraph.facts import NodeAdded
from schemas.codec import seal
from streams.adapters import sqlite_spool
from streams.adapters.memory_spool import MemorySpool
from streams.adapters.spool_files import find_spools, read_status
from streams.adapters.sqlite_spool import Durability, SqliteSpool
from streams.ingest.fact_stream import StreamPosition
from streams.outbox.errors import SpoolDamaged, SpoolError, SpoolInUse, SpoolMismatch, SpoolWriteFailed
from streams.outbox.spool import Identity, Spool, SpooledFact, Waiting

PARTITIONS = 2


class Adapter:
    """One kind of spool, and how the next process finds it."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind, self.folder = kind, folder
        self._memory = MemorySpool(Identity("p@1", "main", PARTITIONS))
        self._open: list[Spool] = []

    def open(self) -> Spool:
        """Give the spool as a process that starts now sees it; a former one has died."""
        if self.kind == "memory":
            return self._memory
        self.leave()
        spool = open_file(self.folder)
        self._open.append(spool)
        return spool

    def leave(self) -> None:
        """Let go of everything, as a killed process does: no mark, no checkpoint."""
        for spool in self._open:
            assert isinstance(spool, SqliteSpool)
            die(spool)
        self._open.clear()


@pytest.fixture(params=["memory", "file"])
def adapter(request: pytest.FixtureRequest, tmp_path: Path) -> Adapter:
    """Each adapter of the port."""
    return Adapter(request.param, tmp_path)


def open_file(folder: Path, durability: Durability = Durability.FULL) -> SqliteSpool:
    """Open the spool `p` of a folder."""
    return SqliteSpool.open(folder, "p", graph="main", partitions=PARTITIONS, durability=durability)


def die(spool: SqliteSpool) -> None:
    """Let go of the file without closing it properly."""
    spool._database.close()
    spool._lock.close()


def fact(number: int, size: int = 10) -> SpooledFact:
    """Give a sealed fact under a number."""
    draft = NodeAdded(graph="main", producer="p", sequence=number, hlc=number, operator="x" * size, colour=Colour.GREEN)
    sealed, raw = seal(draft)
    return SpooledFact(number, number % PARTITIONS, sealed.event_id, 1000 + number, raw)


def after(count: int) -> StreamPosition:
    """Give a position that differs for each count."""
    return StreamPosition((count, 7 * count), count << 50)


# --- the port


def test_a_new_spool_is_empty(adapter: Adapter) -> None:
    """A producer would begin with facts of nobody, or with a used sequence."""
    spool = adapter.open()

    assert spool.waiting() == []
    assert spool.position() == StreamPosition((0, 0), 0)
    assert (spool.identity.graph, spool.identity.partitions) == ("main", PARTITIONS)
    assert spool.identity.producer.startswith("p@")


def test_what_was_kept_is_there_after_a_kill(adapter: Adapter) -> None:
    """Facts that were accepted would be lost, sent with other bytes, or their sequences be used again."""
    facts = [fact(number) for number in (3, 4, 9)]
    spool = adapter.open()
    identity = spool.identity
    spool.keep(facts[:2], after(1))
    spool.keep(facts[2:], after(2))
    again = adapter.open()

    assert again.identity == identity
    assert again.position() == after(2)
    assert again.waiting() == [Waiting(f.number, f.partition, len(f.raw), f.spooled_at) for f in facts]
    assert again.read([9, 3]) == [facts[2].raw, facts[0].raw]


def test_what_is_forgotten_is_gone_and_the_position_stays(adapter: Adapter) -> None:
    """Everything would be sent again at each start; or an empty spool would begin its sequences anew."""
    spool = adapter.open()
    spool.keep([fact(number) for number in range(4)], after(4))
    spool.forget([0, 2, 77])
    spool.forget([2])
    again = adapter.open()

    assert [item.number for item in again.waiting()] == [1, 3]
    again.forget([1, 3])
    assert adapter.open().waiting() == []
    assert adapter.open().position() == after(4)


def test_what_was_closed_opens_again(adapter: Adapter) -> None:
    """A producer could be started once only."""
    spool = adapter.open()
    spool.keep([fact(0)], after(1))
    spool.close()
    spool.close()

    assert adapter.open().read([0]) == [fact(0).raw]


# --- the file: who may use it


def test_a_second_process_is_kept_out(tmp_path: Path) -> None:
    """Two processes would use the same sequences for different facts, and one of them would be refused."""
    held = open_file(tmp_path)
    script = (
        "import sys, pathlib; from streams.adapters.sqlite_spool import SqliteSpool\n"
        "from streams.outbox.errors import SpoolInUse\n"
        "try: SqliteSpool.open(pathlib.Path(sys.argv[1]), 'p', graph='main', partitions=2)\n"
        "except SpoolInUse as error: print(error)"
    )
    done = subprocess.run(
        (sys.executable, "-c", script, str(tmp_path)), capture_output=True, text=True, timeout=60, check=True
    )

    assert f"in use by process {os.getpid()}" in done.stdout
    with pytest.raises(SpoolInUse):
        open_file(tmp_path)
    assert read_status(find_spools(tmp_path)[0]).in_use
    held.close()
    assert not read_status(find_spools(tmp_path)[0]).in_use
    open_file(tmp_path).close()


def test_two_files_of_one_name_are_two_producers(tmp_path: Path) -> None:
    """A file that was deleted, or a name used on two machines, would use sequences twice."""
    names = {open_file(tmp_path / str(number)).identity.producer for number in range(3)}

    assert len(names) == 3


@pytest.mark.parametrize(("graph", "partitions"), [("other", 2), ("main", 3)])
def test_a_spool_of_something_else_is_refused(tmp_path: Path, graph: str, partitions: int) -> None:
    """Facts would go to partitions that are not theirs, or to a system that refuses them."""
    open_file(tmp_path).close()
    with pytest.raises(SpoolMismatch):
        SqliteSpool.open(tmp_path, "p", graph=graph, partitions=partitions)

    assert SqliteSpool.open(tmp_path, "p", graph="main", partitions=None).identity.partitions == PARTITIONS


def test_a_new_spool_needs_the_number_of_partitions(tmp_path: Path) -> None:
    """A guess would stand in the file for ever."""
    with pytest.raises(SpoolMismatch, match="reach the broker"):
        SqliteSpool.open(tmp_path, "p", graph="main", partitions=None)
    open_file(tmp_path).close()


@pytest.mark.parametrize("name", ["", "a/b", "..", ".hidden", "x" * 101, "a b"])
def test_a_name_that_names_no_file_is_refused(tmp_path: Path, name: str) -> None:
    """A spool would lie outside its folder, or where nobody finds it."""
    with pytest.raises(ValueError, match="names no producer"):
        SqliteSpool.open(tmp_path, name, graph="main", partitions=1)


# --- the file: what a power cut leaves


@pytest.mark.parametrize("durability", [*Durability])
def test_after_a_power_cut_no_sequence_is_used_twice(
    tmp_path: Path, durability: Durability, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NORMAL can lose steps whose facts are in the log already: going on under the name would reuse their sequences."""
    spool = open_file(tmp_path, durability)
    first, waiting = spool.identity.producer, fact(0)
    spool.keep([waiting], after(1))
    die(spool)

    spool = open_file(tmp_path, durability)
    assert spool.identity.producer == first, "the death of the process alone takes nothing back"
    die(spool)

    monkeypatch.setattr(sqlite_spool, "_boot", lambda: "another boot")
    spool = open_file(tmp_path, durability)
    assert (spool.identity.producer != first) == (durability is Durability.NORMAL)
    assert spool.position() == (StreamPosition((0, 0), 1 << 50) if durability is Durability.NORMAL else after(1))
    assert spool.read([0]) == [waiting.raw], "what waits keeps its bytes"


def test_a_closed_spool_keeps_its_name_over_a_boot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every ordinary restart of a machine would make another producer."""
    spool = open_file(tmp_path, Durability.NORMAL)
    spool.close()
    monkeypatch.setattr(sqlite_spool, "_boot", lambda: "another boot")

    assert open_file(tmp_path, Durability.NORMAL).identity == spool.identity


def test_full_durability_syncs_every_step(tmp_path: Path) -> None:
    """The pragma could be lost in a refactoring and nobody would notice before the power cut."""
    spools = {each: open_file(tmp_path / each, each) for each in Durability}
    for spool in spools.values():
        spool.keep([fact(0)], after(1))
        spool.forget([0])

    asked = {each: spool._database.execute("PRAGMA synchronous").fetchone()[0] for each, spool in spools.items()}
    assert asked == {Durability.FULL: 2, Durability.NORMAL: 1}


# --- the file: disks that fill up, bytes that change


def test_a_full_database_keeps_nothing_of_the_step(tmp_path: Path) -> None:
    """A part of a call would be sent although its caller was told that it failed."""
    spool = open_file(tmp_path)
    spool.keep([fact(0)], after(1))
    spool._database.execute("PRAGMA max_page_count = 1")
    with pytest.raises(SpoolWriteFailed, match="full"):
        spool.keep([fact(number, 4000) for number in range(1, 9)], after(2))

    assert spool.position() == after(1)
    assert [item.number for item in spool.waiting()] == [0]
    spool._database.execute("PRAGMA max_page_count = 100000")
    spool.keep([fact(1)], after(2))
    assert [item.number for item in spool.waiting()] == [0, 1]


def test_a_disk_that_fills_up_at_any_byte_leaves_all_or_nothing(tmp_path: Path) -> None:
    """A write that the system cuts short in the middle would leave half a step, now or after the next start."""
    facts = [fact(number, 2000) for number in range(1, 7)]
    outcomes = set()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for step in range(24):
        folder = tmp_path / str(step)
        spool = open_file(folder)
        spool.keep([fact(0)], after(1))
        size = max(path.stat().st_size for path in folder.iterdir())
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 1700 * step, hard))
        try:
            spool.keep(facts, after(2))
            kept = True
        except SpoolWriteFailed:
            kept = False
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        outcomes.add(kept)
        seen = (len(spool.waiting()), spool.position())
        die(spool)
        again = open_file(folder)
        assert (len(again.waiting()), again.position()) == seen == ((7, after(2)) if kept else (1, after(1)))
        die(again)

    assert outcomes == {True, False}, "the limits were all too large or all too small"


def test_changed_bytes_are_never_sent(tmp_path: Path) -> None:
    """A bit that flips on disk would become a dead letter, and the fact be lost without a word."""
    spool = open_file(tmp_path)
    spool.keep([fact(0), fact(1)], after(2))
    raw = bytearray(fact(0).raw)
    raw[-1] ^= 1
    spool._database.execute("UPDATE facts SET raw = ? WHERE number = 0", (bytes(raw),))

    assert spool.read([1]) == [fact(1).raw]
    for number in (0, 5):
        with pytest.raises(SpoolDamaged, match=f"fact {number} is not what was kept"):
            spool.read([1, number])


@pytest.mark.parametrize("content", [b"no database at all, but long enough to be one" * 40, None], ids=["text", "sql"])
def test_what_is_no_spool_is_left_alone(tmp_path: Path, content: bytes | None) -> None:
    """Somebody's file would be written over."""
    path = tmp_path / "p.spool"
    if content is None:
        with sqlite3.connect(path) as other:
            other.execute("CREATE TABLE t (x)")
        other.close()
    else:
        path.write_bytes(content)
    kept = path.read_bytes()

    for look in (lambda: open_file(tmp_path), lambda: read_status(path)):
        with pytest.raises(SpoolDamaged):
            look()
    if content is not None:
        assert path.read_bytes() == kept


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    """The caller would get an error of another family than the port names."""
    (tmp_path / "file").write_text("")
    with pytest.raises(SpoolError, match="look at the disk"):
        open_file(tmp_path / "file")


def test_the_status_is_seen_while_the_producer_runs(tmp_path: Path) -> None:
    """Nobody could look at a spool that fills up without stopping its producer."""
    spool = open_file(tmp_path)
    spool.keep([fact(0), fact(1)], after(2))
    status = read_status(tmp_path / "p.spool")

    assert (status.waiting, status.bytes, status.oldest) == (2, len(fact(0).raw) + len(fact(1).raw), 1000)
    assert (status.producer, status.sequences, status.hlc) == (spool.identity.producer, (2, 14), 2 << 50)
    shutil.rmtree(tmp_path)
