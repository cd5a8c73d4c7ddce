"""Cuts of a long log, folded by compiled loops from columns, are told exactly as those that plain Python folds."""

from pathlib import Path
from random import Random

import pytest

from analytics.cut_reader import CutReader
from schemas import dead_letter_headers as header
from schemas.codec import seal
from tests.properties.histories import history
from tests.unit.analytics.stored import AGENTS, Fetched, store_records

SEEDS = range(12)


def records(seed: int) -> list[Fetched]:
    """Give a history as records: several at one moment, some repeated in another partition."""
    random, ends, found = Random(seed), [0] * AGENTS, []
    for number, draft in enumerate(history(seed)):
        raw = seal(draft).raw
        for _ in range(random.choice((1, 1, 1, 2))):
            partition = random.randrange(AGENTS)
            found.append(Fetched(partition, ends[partition], 1000 + number // 3, raw))
            ends[partition] += 1
    return found


def refused(record: Fetched) -> Fetched:
    """Give the dead letter of a record."""
    headers = {
        header.REASON: b"sequence-reuse", header.DETAIL: b"", header.SOURCE_TOPIC: b"egraph.facts",
        header.SOURCE_PARTITION: b"%d" % record.partition, header.SOURCE_OFFSET: b"%d" % record.offset,
    }  # fmt: skip
    return Fetched(0, record.offset, 5000, b"", list(headers.items()))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_long_log_is_told_as_a_short_one(seed: int, tmp_path: Path) -> None:
    """What Time travel tells would depend on how long the log is; or on where one looked before, or what came since."""
    random, stored = Random(seed), records(seed)
    plain, compiled = CutReader(tmp_path, agents=AGENTS), CutReader(tmp_path, agents=AGENTS, plain=0)
    half = len(stored) // 2
    for came in (stored[:half], stored[half:]):
        store_records(tmp_path, "facts", came)
        places = [f"{record.partition}:{record.offset}" for record in (*stored[:half], *came)]
        for at in ["end", *random.sample(places, min(8, len(places))), "end"]:
            assert compiled.graph(at) == plain.graph(at), at
    store_records(tmp_path, "dead_letters", [refused(random.choice(stored)), refused(stored[-1])])
    # A view that was kept is of before they were refused: plain readers forget with their process.
    plain = CutReader(tmp_path, agents=AGENTS)
    for at in ("end", "start", "n2", "end"):
        assert compiled.graph(at) == plain.graph(at), at
