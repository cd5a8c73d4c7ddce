"""The scratch table: owns the arrays, makes room in them, and runs one round.

Belongs here: growth, rounds, trying a round again without what it must refuse. Not here: loops, what rules mean.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from egraph.kernel.saturation import layout
from egraph.kernel.saturation.compiling import compiled, plain
from egraph.kernel.saturation.errors import ScratchConflict, ScratchFull
from egraph.kernel.saturation.firing import BATCH
from egraph.kernel.saturation.layout import CONFLICT, NEED_LOG, NEED_TABLE, NEED_TERMS, OK
from egraph.kernel.saturation.machine import Machine, Snapshot
from egraph.kernel.saturation.memory import Workspace, longer, memory_of

TERMS_MAX = 1 << 30
SLOTS_MAX = 1 << 31
ENTRIES_MAX = (1 << 31) - 1
SLOTS_BITS_MIN = 13
"""A buffer of matches fits into the smallest table, so that small saturations never build it anew."""
BUFFER = 1024
APART = 16
"""Blocks of the matcher have so many columns more than are used: rows that begin 4,096 bytes apart would all have to
share one place of the cache."""
BLOCK = 256
WAITING_MAX = 32
STALE_SHARE = 4
"""A table of which at most one key in so many is stale, and one more, is copied when it grows."""
GENEROUS = 1 << 19
"""A table full in mid-round grows fourfold below so many rows, else twofold: clearing costs more than filling again."""
LOG_PER_TERM = 3
SMALL = 1 << 15
RESERVED = 1 << 21
"""Room is for SMALL terms first, then at once for RESERVED, or for all that may come: memory that nobody touches costs
nothing, and nothing is copied; but the first touch of a large array clears a large page."""
NO_LIMIT = (1 << 62) - 1
_REFUSABLE = ("content", "label", "uf", "rows", "table", "masks", "counts", "profile", "schedule", "state")


@dataclass(eq=False)
class Scratch:
    """Terms, classes and rows. `given` terms come first and stay rows for ever."""

    jit: bool = True
    buffer: int = BUFFER
    logging: bool = True
    colourful: bool = False
    """Whether nodes of other colours than GREEN are there or can be made."""
    guarded: bool = False
    """Whether RED and BLUE nodes are there or can be made, so that the class rule can break."""
    nodes_max: int = RESERVED
    """About how many terms to expect."""
    given: int = 0
    counts: Any = field(default_factory=lambda: np.zeros(layout.COUNTERS, np.int64))
    content: Any = field(default_factory=lambda: np.zeros((0, layout.CONTENT_COLUMNS), np.int32))
    label: Any = field(default_factory=lambda: np.zeros(0, np.int32))
    uf: Any = field(default_factory=lambda: np.zeros(0, np.int32))
    dead: Any = field(default_factory=lambda: np.zeros(0, np.int8))
    masks: Any = field(default_factory=lambda: np.zeros(0, np.int8))
    rows: Any = field(default_factory=lambda: np.zeros((0, layout.ROW_COLUMNS), np.int32))
    table: Any = field(default_factory=lambda: np.zeros((8, 2), np.int64))
    log: Any = field(default_factory=lambda: np.zeros(0, np.int32))

    def __post_init__(self) -> None:
        self.loops = compiled() if self.jit else plain()
        self._work: tuple[Machine, tuple[Any, ...]] | None = None
        self._homes, self._changed = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32)
        self._snapshots = Workspace()

    # --- filling

    def load(self, symbols: Any, lefts: Any, rights: Any, given: int, left: Any, right: Any) -> None:
        """Take terms (children may have larger numbers) and equalities of them. Raises ScratchConflict."""
        n = len(symbols)
        self.given = given
        room = min(SMALL, RESERVED, self.nodes_max) + 64
        self._reserve(n + room, least=n + room)
        if self.logging:
            self.log = np.empty(room * LOG_PER_TERM, np.int32)
        self.content[:n, layout.SYMBOL] = symbols
        self.content[:n, layout.LEFT] = lefts
        self.content[:n, layout.RIGHT] = rights
        self.label[:n] = self.uf[:n] = np.arange(n)
        operator = self.content[:n, layout.SYMBOL] >> 2
        arrived = np.flatnonzero(operator != layout.NOT_ARRIVED)
        rows = self.rows[: len(arrived)]
        rows[:, layout.TERM] = arrived
        rows[:, layout.X] = self.content[arrived, layout.LEFT]
        rows[:, layout.Y] = self.content[arrived, layout.RIGHT]
        rows[:, layout.TOUCHED] = 1
        self.counts[layout.TERMS] = n
        self.counts[layout.VISIBLE] = int((operator != layout.PAIR).sum())
        self.counts[layout.ROWS] = len(arrived)
        self.rebuild_table(0)
        guarded, self.guarded = self.guarded, False
        self.unite(left, right)
        self.guarded = guarded
        trail = np.zeros((n + 1, 2), np.int32)
        masking = (self.content, self.label, self.uf, self.masks, self.counts, trail)
        if self.loops.mask_all(*masking) != OK:
            raise ScratchConflict("the equalities break the class rule together")

    def unite(self, left: Any, right: Any) -> None:
        """Unite classes of terms, and close. Raises ScratchConflict, and then changes nothing."""
        saved = self._saved() if self.guarded else None
        pairs = (np.asarray(left, np.int32), np.asarray(right, np.int32))
        status = self.loops.unite_terms(self.label, self.uf, self.masks, self.guarded, *pairs)
        if status == OK:
            status = self._close()
        if status == CONFLICT:
            assert saved is not None
            self._restore(saved)
            raise ScratchConflict("these equalities break the class rule")
        self._settle()

    def leaf(self, symbol: int) -> int | None:
        """Give the term of an operator without children, if there is one."""
        held = int(self.loops.holder_of(self.table, symbol, -1, -1))
        return held if held >= 0 else None

    def add_leaf(self, symbol: int) -> int:
        """Give the term of a GREEN operator without children, made if there was none."""
        held = self.leaf(symbol)
        if held is not None:
            return held
        self._reserve(1)
        if (self.counts[layout.USED_SLOTS] + 1) * layout.SLOTS_FOR > len(self.table) * layout.KEYS_IN:
            self._enlarge_table(1)
        slot = self.loops.slot_of(self.table, symbol, -1, -1)
        term = self.loops.append(
            self.content, self.label, self.uf, self.rows, self.counts, symbol, -1, -1, -1, -1
        )  # fmt: skip
        self.loops.hold(self.table, self.counts, slot, symbol, -1, -1, term)
        self._mark_all()
        self.masks[term] = 0
        return int(term)

    def conclude(self, root: int, right: int) -> bool:
        """Unite two terms for a reason other than a rule, and log it; False: they were in one class.

        Without `guarded`, classes are closed by `close_now` only. Raises ScratchConflict, and then changes nothing.
        """
        a, b = self._root(root), self._root(right)
        if a == b:
            return False
        if self.guarded:
            self.unite([root], [right])
        else:
            self.loops.unite(self.uf, self.masks, False, a, b)
        if self.logging:
            at = int(self.counts[layout.LOGGED])
            if at + layout.LOG_HEAD > len(self.log):
                self.log = longer(self.log, at + layout.LOG_HEAD)
            self.log[at : at + layout.LOG_HEAD] = (right, root)
            self.counts[layout.LOGGED] += layout.LOG_HEAD
        self.counts[layout.FIRINGS] += 1
        return True

    def in_one_class(self, one: int, other: int) -> bool:
        """Tell whether two terms are united, closed or not yet."""
        return self._root(one) == self._root(other)

    def _root(self, term: int) -> int:
        return int(self.loops.root_of(self.uf, int(self.label[term])))

    def close_now(self) -> None:
        """Close what `conclude` united."""
        self._close()
        self._settle()

    # --- a round

    def round(
        self, machine: Machine, schedule: Any, profile: Any, limits: dict[int, int],
        clock: Callable[[], float] | None, seconds: list[float],
    ) -> int:  # fmt: skip
        """Match on a snapshot, fire, close. Gives OK or why it stopped inside; both leave a closed graph.

        With a clock the time of each entry of the schedule is added to `seconds`.
        """
        snapshot = self._snapshot(machine)
        run = _Run(self, machine, snapshot, schedule, profile, limits, clock, seconds)
        if not self.guarded:
            status = run.attempt(np.zeros(0, np.int64), NO_LIMIT)
            self._close()
            self._settle()
            return status
        before, kept = self._saved(), (schedule.copy(), profile.copy())

        def attempt(refused: list[int], matches: int) -> tuple[int, bool]:
            self._restore(before)
            schedule[:], profile[:] = kept
            status = run.attempt(np.array(refused, np.int64), matches)
            return status, self._close() == OK

        refused: list[int] = []
        legal = 0  # so many matches keep the class rule
        while True:
            status, kept_rule = attempt(refused, NO_LIMIT)
            if kept_rule:
                self._settle()
                return status
            illegal = int(run.state[layout.ORDINAL])
            while legal + 1 < illegal:
                middle = (legal + illegal) // 2
                if attempt(refused, middle)[1]:
                    legal = middle
                else:
                    illegal = middle
            refused.append(illegal - 1)
            legal = illegal

    def _snapshot(self, machine: Machine) -> Snapshot:
        counts, loops, room = self.counts, self.loops, self._snapshots.array
        self._snapshots.clear()
        terms, rows = int(counts[layout.TERMS]), int(counts[layout.ROWS])
        class_number = room(max(terms, 1))
        classes = int(loops.number_classes(self.rows, self.label, class_number, counts))
        snapshot = room(rows, layout.SNAPSHOT_COLUMNS)
        operator_at = np.zeros(2 * machine.passing.shape[1] + 1, np.int32)
        loops.take_snapshot(self.content, self.label, self.rows, class_number, snapshot, operator_at, counts)
        everything, untouched = np.empty(0, np.int32), 0
        if machine.lists_all:
            everything = room(int(operator_at[-1]))
            untouched = int(loops.list_all(self.content, self.rows, operator_at.copy(), counts, everything))
        loops.untouch(self.rows, counts)
        buckets = room(len(machine.indexes) * (classes + 1) + 1, 2)
        size = int(loops.place_indexes(machine.indexes, operator_at, len(everything)))
        if size > ENTRIES_MAX:
            raise ScratchFull(f"index entries: {size} wanted, {ENTRIES_MAX} at most; set a lower limit of nodes")
        entries = room(size)
        loops.build_indexes(
            snapshot, self.content, self.label, class_number, operator_at, everything, untouched, machine.indexes,
            buckets, entries, room(rows), room(classes + 1), classes,
        )  # fmt: skip
        return Snapshot(snapshot, operator_at, buckets, entries, class_number, classes)

    def _mark_all(self) -> None:
        """Have marks for all terms. They are zeros, which cost time in a process whose memory was used before."""
        if (terms := int(self.counts[layout.TERMS])) > len(self.dead):
            self.dead = memory_of((2 * terms,), np.int8, clear=True)  # nothing is marked between closings
        if terms > len(self.masks):
            self.masks = longer(self.masks, terms, clear=True)

    def _close(self) -> int:
        self._mark_all()
        while True:
            status = self.loops.close(
                self.content, self.label, self.uf, self.rows, self.table, self.dead, self.masks, self.counts,
                self._changed, self._homes, self.given, self.guarded,
            )  # fmt: skip
            if status != NEED_TABLE:
                return int(status)
            self._enlarge_table(int(self.counts[layout.ROWS]) + BLOCK)

    def _settle(self) -> None:
        has_pairs = self.counts[layout.TERMS] > self.counts[layout.VISIBLE]
        pair_touched = np.zeros(int(self.counts[layout.TERMS]) if has_pairs else 0, np.int8)
        self.loops.settle(self.content, self.label, self.uf, self.rows, self.dead, self.counts, pair_touched)

    # --- going back

    def _saved(self) -> dict[str, Any]:
        terms, rows = int(self.counts[layout.TERMS]), int(self.counts[layout.ROWS])
        return {
            "counts": self.counts.copy(), "label": self.label[:terms].copy(), "masks": self.masks[:terms].copy(),
            "rows": self.rows[:rows].copy(),
        }  # fmt: skip

    def _restore(self, saved: dict[str, Any]) -> None:
        terms, rows = len(saved["label"]), len(saved["rows"])
        self.counts[:] = saved["counts"]
        self.label[:terms] = self.uf[:terms] = saved["label"]
        self.masks[:terms] = saved["masks"]
        self.rows[:rows] = saved["rows"]
        self.dead[:] = 0
        self.rebuild_table(0)

    # --- room

    def work_of(self, machine: Machine) -> tuple[Any, ...]:
        """Give the blocks that matching and firing work in, kept from round to round."""
        if self._work is None or self._work[0] is not machine:
            size, wide, atoms = self.buffer, self.buffer + APART, machine.atoms_max
            arrays = (
                np.empty((machine.found_max, wide), np.int32), np.empty((atoms * atoms, wide), np.int32),
                np.zeros((atoms, layout.LEVEL_COLUMNS), np.int64), np.empty((atoms, wide), np.int32),
                np.empty((atoms, wide), np.int32), np.empty(size, np.int32),
                *(np.empty((machine.ops_max, wide), np.int32) for _ in range(5)),
                np.empty(wide, np.int32), np.empty(wide, np.int32),
                np.zeros(1 << (2 * BATCH * machine.ops_max - 1).bit_length(), np.int32),
                np.empty((WAITING_MAX, layout.WAITING_COLUMNS), np.int64),
                np.zeros((machine.children_max + 1, 2), np.int32),
            )  # fmt: skip
            self._work = (machine, arrays)
        return self._work[1]

    def make_room(self, status: int, machine: Machine) -> None:
        """Enlarge what a loop found full."""
        most = self.buffer * machine.ops_max
        if status == NEED_TERMS:
            self._reserve(2 * most)
        elif status == NEED_TABLE:
            self._enlarge_table(max(most, (rows := int(self.counts[layout.ROWS])) // (1 if rows < GENEROUS else 4)))
        else:
            assert status == NEED_LOG
            needed = self.buffer * (layout.LOG_HEAD + machine.kept_max)
            least = max(int(self.counts[layout.LOGGED]) + needed, LOG_PER_TERM * min(RESERVED, self.nodes_max))
            self.log = longer(self.log, least)

    def _reserve(self, terms: int, *, least: int | None = None) -> None:
        least = min(RESERVED, self.nodes_max) if least is None else least
        wanted = int(self.counts[layout.TERMS]) + terms
        if wanted > TERMS_MAX:
            raise ScratchFull(f"terms: {wanted} wanted, {TERMS_MAX} at most; set a lower limit of nodes")
        if wanted > len(self.label):
            for name in ("content", "label", "uf"):
                setattr(self, name, longer(getattr(self, name), max(least, wanted)))
            if self.guarded:
                self.masks = longer(self.masks, len(self.label), clear=True)
        if int(self.counts[layout.ROWS]) + terms > len(self.rows):
            self.rows = longer(self.rows, max(least, int(self.counts[layout.ROWS]) + terms))

    def rebuild_table(self, more: int) -> None:
        """Size the table by live rows, not by the stale keys in it, with room for some more, and fill it from them."""
        self.table = self._empty_table(int(self.counts[layout.ROWS]) + more)
        self.loops.refill(self.content, self.rows, self.table, self.counts, self._homes)

    def _enlarge_table(self, more: int) -> None:
        """Make room for more keys. A few stale ones may stay: to copy all is cheaper than to look rows up."""
        rows, used = int(self.counts[layout.ROWS]), int(self.counts[layout.USED_SLOTS])
        if used * STALE_SHARE > rows * (STALE_SHARE + 1):
            self.rebuild_table(more)
            return
        old, self.table = self.table, self._empty_table(max(rows, used) + more)
        self.loops.copy_keys(old, self.table)

    def _empty_table(self, keys: int) -> Any:
        wanted = keys * 3 + 8
        if wanted > SLOTS_MAX:
            raise ScratchFull(f"keys: {wanted} slots wanted, {SLOTS_MAX} at most; set a lower limit of nodes")
        return memory_of((1 << max(SLOTS_BITS_MIN, (wanted - 1).bit_length()), 2), np.int64, clear=True)


class _Run:
    """One round's way through its schedule, which can be gone several times."""

    def __init__(
        self, scratch: Scratch, machine: Machine, snapshot: Snapshot, schedule: Any, profile: Any,
        limits: dict[int, int], clock: Callable[[], float] | None, seconds: list[float],
    ) -> None:  # fmt: skip
        self._scratch, self._machine, self._snapshot = scratch, machine, snapshot
        self._schedule, self._profile = schedule, profile
        self._clock, self._seconds = clock, seconds
        self._work = scratch.work_of(machine)
        self._options = np.zeros(layout.OPTIONS, np.int64)
        for option, value in limits.items():
            self._options[option] = value
        self._options[layout.O_PLAIN] = not scratch.colourful
        self._options[layout.O_GUARDED] = scratch.guarded
        self._options[layout.O_LOG] = scratch.logging
        self.state = np.zeros(layout.STATE_COLUMNS, np.int64)

    def attempt(self, refused: Any, matches: int) -> int:
        """Match and fire, until so many matches were met or something stops it."""
        self.state[:] = 0
        self.state[layout.DEPTH] = layout.FRESH
        self._options[layout.O_ORDINALS] = matches
        if self._clock is None:
            return self._go(refused, self._schedule)
        self._go(refused, self._schedule[:0])  # what is compiled is loaded here: no rule is charged for it
        for entry in range(len(self._schedule)):
            start = self._clock()
            status = self._go(refused, self._schedule[: entry + 1])
            self._seconds[entry] += self._clock() - start
            if status != OK:
                return status
        return OK

    def _go(self, refused: Any, schedule: Any) -> int:
        scratch, machine, snapshot = self._scratch, self._machine, self._snapshot
        while True:
            status = scratch.loops.run_rules(
                machine.code, machine.steps, machine.rules, machine.variants, machine.passing, schedule,
                snapshot.rows, snapshot.operator_at, snapshot.buckets, snapshot.entries,
                snapshot.class_number, snapshot.classes, scratch.content, scratch.label, scratch.uf,
                scratch.rows, scratch.table, scratch.masks, scratch.counts, scratch.log, *self._work,
                refused, self.state, self._options, self._profile,
            )  # fmt: skip
            if status not in (NEED_TERMS, NEED_TABLE, NEED_LOG):
                return int(status)
            scratch.make_room(status, machine)
