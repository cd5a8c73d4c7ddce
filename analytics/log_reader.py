"""The log as it is read by people: facts newest first, one fact with its surroundings, and refused records.

Belongs here: questions about single records. Not here: figures (read_model.py), the story of runs (run_reader.py).
Pages are cut by a key, never by OFFSET: (time, partition, offset) of the last row seen, so that a page costs the same
wherever it lies and new facts push nothing. Every value is bound, so DuckDB prunes files by times and offsets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analytics.answers import FactDetail, LoggedFact, LogPage, NamedNode, PartitionEnd, RefusedPage, RefusedRecord
from analytics.current_store import CurrentStore
from analytics.refusals import advice_for

KINDS = ("NodeAdded", "EqualityAsserted", "FactRetracted", "RuleAdded")
LISTED = 20
RAW_BYTES = 4096
COLUMNS = """partition, "offset", epoch_us(appended_at), event_id, kind, graph, producer, sequence, hlc, node_id,
operator, colour, children, left_id, right_id, target, why"""
"""The columns of a row that `logged_fact` reads."""
_TEXT = """(contains(lower(coalesce(operator, '')), lower(?)) OR contains(lower(coalesce(why, '')), lower(?))
OR starts_with(event_id, ?) OR starts_with(node_id, ?) OR starts_with(left_id, ?) OR starts_with(right_id, ?)
OR starts_with(target, ?) OR list_contains(children, ?))"""
_RULE = "rule "
ENDS = """
SELECT partition, min("offset"), max("offset"), count(*), epoch_us(min(appended_at)), epoch_us(max(appended_at))
FROM facts GROUP BY partition ORDER BY partition
"""
"""What the store holds of each partition: `partition_ends` reads its rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which facts. `offset` is the newest offset wanted, times are inclusive, `producer` is how its name begins.

    `text` stands in the operator or the reason, whatever its case, or begins an id of the fact.
    """

    partition: int | None = None
    offset: int | None = None
    since_us: int | None = None
    until_us: int | None = None
    producer: str | None = None
    kind: str | None = None
    text: str | None = None


class Key(tuple[int, int, int]):
    """The place of a row in the order of pages: (time in microseconds, partition, offset)."""

    @classmethod
    def read(cls, text: str) -> "Key":
        """Read what `str` wrote. Raises ValueError."""
        parts = text.split(".")
        if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in parts):
            raise ValueError("the key of a page is TIME.PARTITION.OFFSET, as `next` of the page before gave it")
        return cls(int(part) for part in parts)

    def __str__(self) -> str:
        return ".".join(str(part) for part in self)


class LogReader:
    """Answers about the log below a data directory as it stands. Safe to use from several threads."""

    def __init__(self, data_dir: Path, *, agents: int = 9) -> None:
        self._ask = CurrentStore(data_dir, agents=agents).ask

    def facts(self, wanted: Wanted, *, after: Key | None = None, limit: int = 100) -> LogPage:
        """Give the newest `limit` facts that are wanted, older than `after`. Raises StoreUnreadable."""
        where, values = _conditions(wanted)
        older, place = beyond("appended_at", after)
        ends = self._ask(ENDS)
        ((matching, left),) = self._ask(
            f"SELECT count(*), count(*) FILTER (WHERE {older}) FROM facts WHERE {where}", *place, *values
        )
        rows = self._ask(
            f"SELECT {COLUMNS} FROM facts WHERE {where} AND {older} "
            'ORDER BY appended_at DESC, partition DESC, "offset" DESC LIMIT ?',
            *values,
            *place,
            limit,
        )
        found = tuple(logged_fact(row) for row in rows)
        last = found[-1] if left > len(found) else None
        return LogPage(
            facts=found,
            total=sum(row[3] for row in ends),
            matching=matching,
            before=matching - left,
            next=None if last is None else str(Key((last.appended_at_us, last.partition, last.offset))),
            oldest_us=min((row[4] for row in ends), default=None),
            newest_us=max((row[5] for row in ends), default=None),
            partitions=partition_ends(ends),
        )

    def fact(self, partition: int, offset: int) -> FactDetail | None:
        """Give one fact with what stands around it; None if the store does not hold it. Raises StoreUnreadable."""
        found = self._facts('partition = ? AND "offset" = ?', partition, offset)
        if not found:
            return None
        fact = found[0]
        ((earlier, later),) = self._ask(
            'SELECT max("offset") FILTER (WHERE "offset" < ?), min("offset") FILTER (WHERE "offset" > ?) '
            "FROM facts WHERE partition = ?",
            offset,
            offset,
            partition,
        )
        rule = fact.why[len(_RULE) :] if fact.why is not None and fact.why.startswith(_RULE) else None
        derived = fact.kind == "EqualityAsserted" and rule is not None
        parents = ("list_contains(children, ?)", fact.node_id)
        equalities = ("(left_id = ? OR right_id = ?)", fact.node_id, fact.node_id)
        is_node = fact.node_id is not None
        return FactDetail(
            fact=fact,
            children=self._nodes(fact.children or ()),
            ends=self._nodes([end for end in (fact.left_id, fact.right_id) if end is not None]),
            retracts=_first(self._facts("event_id = ?", fact.target)) if fact.target is not None else None,
            retracted_by=self._facts("target = ?", fact.event_id),
            rule=_first(self._facts("kind = 'RuleAdded' AND operator = ?", rule)) if derived else None,
            parents=self._facts(*parents) if is_node else (),
            parents_count=self._count(*parents) if is_node else 0,
            equalities=self._facts(*equalities) if is_node else (),
            equalities_count=self._count(*equalities) if is_node else 0,
            earlier_offset=earlier,
            later_offset=later,
            listed=LISTED,
        )

    def dead_letters(self, reason: str | None = None, *, after: Key | None = None, limit: int = 50) -> RefusedPage:
        """Give the newest refused records, each source position once. Raises StoreUnreadable."""
        older, place = beyond("ts", after)
        where, values = ("reason = ?", [reason]) if reason is not None else ("true", [])
        by_reason = dict(self._ask("SELECT reason, count(*) FROM v_dead_letters GROUP BY reason ORDER BY reason"))
        rows = self._ask(
            f"""
            SELECT partition, "offset", epoch_us(ts), reason, detail, source_topic, source_partition, source_offset,
                   coalesce(octet_length(raw), 0), lower(coalesce(hex(raw), '')), count(*) OVER ()
            FROM v_dead_letters WHERE {where} AND {older}
            ORDER BY ts DESC, partition DESC, "offset" DESC LIMIT ?
            """,
            *values,
            *place,
            limit,
        )
        letters = tuple(
            RefusedRecord(
                partition=row[0],
                offset=row[1],
                refused_at_us=row[2],
                reason=row[3],
                detail=row[4],
                advice=advice_for(row[3]),
                source_topic=row[5],
                source_partition=row[6],
                source_offset=row[7],
                raw_bytes=row[8],
                raw_hex=row[9][: 2 * RAW_BYTES],
            )
            for row in rows
        )
        total = sum(by_reason.values())
        matching = total if reason is None else by_reason.get(reason, 0)
        left = rows[0][10] if rows else 0
        last = letters[-1] if left > len(letters) else None
        return RefusedPage(
            letters=letters,
            total=total,
            matching=matching,
            before=matching - left,
            next=None if last is None else str(Key((last.refused_at_us, last.partition, last.offset))),
            by_reason=by_reason,
        )

    def _nodes(self, ids: Sequence[str]) -> tuple[NamedNode, ...]:
        """Give what the log says of these nodes, in their order; of a node that stands there twice, its first place."""
        rows = self._ask(
            'SELECT node_id, operator, colour, partition, "offset" FROM facts '
            "WHERE kind = 'NodeAdded' AND list_contains(?::VARCHAR[], node_id) ORDER BY appended_at DESC",
            list(ids),
        )
        known = {row[0]: row[1:] for row in rows}
        named = []
        for node_id in ids:
            operator, colour, partition, offset = known.get(node_id, (None, None, None, None))
            named.append(
                NamedNode(node_id=node_id, operator=operator, colour=colour, partition=partition, offset=offset)
            )
        return tuple(named)

    def _facts(self, where: str, *values: Any) -> tuple[LoggedFact, ...]:
        order = f'ORDER BY appended_at, partition, "offset" LIMIT {LISTED}'
        return tuple(
            logged_fact(row) for row in self._ask(f"SELECT {COLUMNS} FROM facts WHERE {where} {order}", *values)
        )

    def _count(self, where: str, *values: Any) -> int:
        ((found,),) = self._ask(f"SELECT count(*) FROM facts WHERE {where}", *values)
        return int(found)


def _first(found: tuple[LoggedFact, ...]) -> LoggedFact | None:
    return found[0] if found else None


def logged_fact(row: tuple[Any, ...]) -> LoggedFact:
    """Give the fact of a row of `COLUMNS`."""
    return LoggedFact(
        partition=row[0],
        offset=row[1],
        appended_at_us=row[2],
        event_id=row[3],
        kind=row[4],
        graph=row[5],
        producer=row[6],
        sequence=row[7],
        hlc_ms=row[8] >> 16,
        hlc_count=row[8] & 0xFFFF,
        node_id=row[9],
        operator=row[10],
        colour=row[11],
        children=None if row[12] is None else tuple(row[12]),
        left_id=row[13],
        right_id=row[14],
        target=row[15],
        why=row[16],
    )


def partition_ends(rows: Sequence[tuple[Any, ...]]) -> tuple[PartitionEnd, ...]:
    """Give what rows of `ENDS` say."""
    return tuple(PartitionEnd(partition=row[0], first_offset=row[1], last_offset=row[2], facts=row[3]) for row in rows)


def beyond(time: str, after: Key | None, *, newest_first: bool = True) -> tuple[str, list[int]]:
    """Give the condition that a row comes after a key. The bound on the time alone is what files are pruned by."""
    if after is None:
        return "true", []
    at, partition, offset = after
    past = "<" if newest_first else ">"
    condition = f"""({time} {past}= make_timestamp(?)
        AND ({time} {past} make_timestamp(?) OR partition {past} ? OR (partition = ? AND "offset" {past} ?)))"""
    return condition, [at, at, partition, partition, offset]


def _conditions(wanted: Wanted) -> tuple[str, list[Any]]:
    text = wanted.text
    asked: list[tuple[str, list[Any]]] = [
        ("partition = ?", [wanted.partition]),
        ('"offset" <= ?', [wanted.offset]),
        ("appended_at >= make_timestamp(?)", [wanted.since_us]),
        ("appended_at <= make_timestamp(?)", [wanted.until_us]),
        ("starts_with(producer, ?)", [wanted.producer]),
        ("kind = ?", [wanted.kind]),
        (_TEXT, [text] * 2 + [text and text.lower()] * 6),
    ]
    chosen = [item for item in asked if item[1][0] is not None]
    where = " AND ".join(["true", *(condition for condition, _ in chosen)])
    return where, [value for _, values in chosen for value in values]
