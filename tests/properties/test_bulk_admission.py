"""Messages decoded in bulk are admitted and refused as if they had come one by one, numbers and reasons alike."""

from random import Random

import pytest

from egraph.errors import InvariantBroken
from schemas.columns.compiling import plain
from schemas.columns.decode import ColumnDecoder
from schemas.poison import Poison
from simulator.workload import make_workload
from streams.ports import LogRecord
from streams.processors import fact_log
from streams.processors.admission import Admission
from streams.processors.fact_log import FactLog
from streams.processors.folder import LogFolder
from streams.processors.messages import Messages
from streams.runtimes.views import kernel_view
from tests.fuzz.mutations import mutants
from tests.unit.streams.kafka_batches import as_fetched

SEEDS = range(40)


def hostile(seed: int) -> list[bytes | None]:
    """A workload with its repetitions and poisons, and mutants of its messages among them."""
    random = Random(f"bulk {seed}")
    values = [record.value for record in make_workload(seed, 3, facts=60, until=1000).records]
    spoilt = mutants(random, [value for value in values if value], 2 * len(values), 0)
    mixed = [*values, *spoilt, b"", None, b"\xc3\x01", *values[:10]]
    random.shuffle(mixed)
    return mixed


def same_store(one: FactLog, other: FactLog) -> None:
    """Compare everything that is kept."""
    assert list(one.raws) == list(other.raws)
    assert (one.sender, one.senders, one.sequence) == (other.sender, other.senders, other.sequence)
    a, b = one.store, other.store
    assert (a.ids, a.hlc, a.kinds, a.node) == (b.ids, b.hlc, b.kinds, b.node)
    assert (a.left, a.right) == (b.left, b.right)
    for name in ("ids", "colour", "symbol", "first_child", "arity", "children"):
        assert getattr(a.nodes, name) == getattr(b.nodes, name), name
    assert (a.nodes.symbols.names(), a.nodes.symbols.colours) == (b.nodes.symbols.names(), b.nodes.symbols.colours)
    for number in range(len(a)):
        if a.node[number] < 0:
            assert a.premises(number) == b.premises(number)
            assert a.fact(number) == b.fact(number)


@pytest.mark.parametrize("many", [1, 7, 64])
def test_bulk_and_single_decoding_admit_alike(monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    """An agent that is behind would admit other facts than one that keeps up: digests differ for ever."""
    monkeypatch.setattr(fact_log, "MANY", many)
    decoder = ColumnDecoder()
    refused = admitted = 0
    for seed in SEEDS:
        values = hostile(seed)
        bulk, single = FactLog(1, lambda: decoder), FactLog(1)
        for at in range(0, len(values), 97):
            batch = values[at : at + 97]
            bulk.prepare(batch)
            for raw in batch:
                ours, theirs = bulk.intern(raw), single.intern(raw)
                assert ours == theirs, seed
                refused += isinstance(ours, Poison)
                admitted += not isinstance(ours, Poison)
        # Preparing takes in what stands behind a refusal in its batch, so numbers agree, and so does all they name.
        same_store(bulk, single)
    assert refused > 500
    assert admitted > 2000


@pytest.mark.parametrize("texts_max", [3, 10_000])
def test_single_ones_in_between_and_new_decoders_change_no_number(
    monkeypatch: pytest.MonkeyPatch, texts_max: int
) -> None:
    """A worker that keeps up for a while, or has met many names, would give an operator a second number."""
    monkeypatch.setattr(fact_log, "MANY", 4)
    monkeypatch.setattr(fact_log, "_TEXTS_MAX", texts_max)
    made = 0

    def new_decoder() -> ColumnDecoder:
        nonlocal made
        made += 1
        return ColumnDecoder()

    for seed in SEEDS[::4]:
        random = Random(f"in between {seed}")
        values = hostile(seed)
        bulk, single = FactLog(1, new_decoder), FactLog(1)
        for at in range(0, len(values), 30):
            batch = values[at : at + 30]
            if random.random() < 0.6:
                bulk.prepare(batch)
            assert [bulk.intern(raw) for raw in batch] == [single.intern(raw) for raw in batch]
            if random.random() < 0.3:
                bulk.store.nodes.symbols.names()  # as somebody who looks at the graph does
        same_store(bulk, single)
    assert (made > 2 * len(SEEDS[::4])) == (texts_max == 3)


def test_interning_in_bulk_never_leaves_its_arrays() -> None:
    """Compiled loops neither check an index nor complain: they would read or overwrite what is behind an array."""
    decoder = ColumnDecoder(plain())
    for seed in range(2):
        values = hostile(seed)
        bulk, single = FactLog(1, lambda: decoder), FactLog(1)
        for at in range(0, len(values), 40):
            batch = values[at : at + 40]
            bulk.prepare(batch)
            assert [bulk.intern(raw) for raw in batch] == [single.intern(raw) for raw in batch]
        same_store(bulk, single)


def test_folding_a_log_in_bulk_gives_the_same_view(monkeypatch: pytest.MonkeyPatch) -> None:
    """The digests of a replay would depend on how many records came at once, or on whether each was an object."""
    monkeypatch.setattr(fact_log, "MANY", 8)
    decoder = ColumnDecoder()
    for seed in SEEDS:
        workload = make_workload(seed, 3, facts=80, until=1000)
        bulk, single = LogFolder(3, "main", in_bulk=lambda: decoder), LogFolder(3, "main")
        by_spans = LogFolder(3, "main", in_bulk=lambda: decoder)
        for partition in range(3):
            records = [
                LogRecord("facts", partition, offset, 1, None, item.value)
                for offset, item in enumerate(workload.partition(partition))
            ]
            fetched = as_fetched(records)
            for at in range(0, len(records), 11):
                expected = single.fold(records[at : at + 11])
                assert bulk.fold(records[at : at + 11]) == expected, seed
                assert by_spans.fold(fetched[at : at + 11]) == expected, seed
        for other in (bulk, by_spans):
            same_store(other.log, single.log)
            assert other.view.set_digest() == single.view.set_digest()
            assert other.view.view_digest() == single.view.view_digest()
            assert (other.dead_letters, other.repetitions) == (single.dead_letters, single.repetitions)
            for its, expected_of in zip(other.log.partitions, single.log.partitions, strict=True):
                assert vars(its) == vars(expected_of)


def test_two_encodings_of_one_event_are_a_defect_of_ours() -> None:
    """Bulk decoding would hide that the strict decoder admits two texts for one fact."""
    log = FactLog(1)
    good = next(item.value for item in make_workload(1, 1, facts=5, until=10).records if item.fate == "good")
    assert good is not None
    number = log.intern(good)
    assert number == 0
    log.raws = Messages()
    log.raws.append(good + b" ")
    with pytest.raises(InvariantBroken, match="two encodings"):
        log.intern(good)


def test_agents_admit_alike_whether_records_come_one_by_one_or_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A home agent that is behind would give offsets, dead letters and repetitions that its former life did not."""
    monkeypatch.setattr(fact_log, "MANY", 2)
    decoder = ColumnDecoder()
    shortcuts = 0
    for seed in SEEDS:
        values = [item.value for item in make_workload(seed, 3, facts=60, until=1000).partition(0)]
        values += [item.value for item in make_workload(seed, 3, facts=20, until=1000).partition(1)]
        records = [LogRecord("facts", 0, offset, 1, None, value) for offset, value in enumerate(values)]
        bulk, single = FactLog(1, lambda: decoder), FactLog(1)
        in_bulk, singly = Admission(bulk, 0, "main"), Admission(single, 0, "main")
        for at in range(0, len(records), 3):
            batch = records[at : at + 3]
            found = in_bulk.admit_all(batch)
            shortcuts += found is not None
            ours = list(found) if found is not None else [in_bulk.admit(record) for record in batch]
            assert ours == [singly.admit(record) for record in batch], seed
        assert in_bulk._used == singly._used
    assert shortcuts > 100


def test_views_fold_alike_what_stays_in_columns_and_what_was_decoded_singly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's view takes ends and premises of equalities from columns: it would merge other nodes."""
    monkeypatch.setattr(fact_log, "MANY", 5)
    decoder = ColumnDecoder()
    equalities = 0
    for seed in SEEDS:
        workload = make_workload(seed, 2, facts=120, until=1000)
        folders = [LogFolder(2, "main", kernel_view, lambda: decoder), LogFolder(2, "main"), LogFolder(2, "main")]
        folders[2].log._in_bulk = lambda: decoder
        for partition in range(2):
            values = [item.value for item in workload.partition(partition)]
            records = [LogRecord("facts", partition, offset, 1, None, value) for offset, value in enumerate(values)]
            for folder in folders:
                for at in range(0, len(records), 11):
                    folder.fold(records[at : at + 11])
                    folder.view.view_digest()
        found = {(one.view.set_digest(), one.view.view_digest(), one.view.counts()) for one in folders}
        assert len(found) == 1, seed
        equalities += folders[0].view.counts().accepted + folders[0].view.counts().quarantined
    assert equalities > 100
