"""Equality saturation: `Saturation(rules, nodes, unions).run()`. What it means is defined by reference.py.

Belongs here: the way through the rounds. Not here: loops over arrays (egraph/kernel/saturation), meaning, saving
(saving.py).

After Willsey et al., egg (POPL 2021): match on a snapshot, apply, rebuild; and Zhang et al., egglog (PLDI 2023):
semi-naive matching.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from egraph.colours import Colour
from egraph.identifiers import NodeId, colour_of
from egraph.kernel.saturation import arrays, columns, layout
from egraph.kernel.saturation.errors import ScratchFull
from egraph.kernel.saturation.scratch import BUFFER, Scratch
from egraph.rules.conditions import Content
from egraph.rules.ruleset import RuleSet
from egraph.saturation.analyses import Analysis
from egraph.saturation.conclusions import Conclusions
from egraph.saturation.errors import InvalidLimits, TooLarge
from egraph.saturation.intake import Union, number_given
from egraph.saturation.limits import Limits, StopReason
from egraph.saturation.lowering import Operators, lower
from egraph.saturation.outcome import Outcome, RoundProfile, RuleProfile, total_of
from egraph.saturation.reading import load_graph, read_classes, trace_reader
from egraph.saturation.schedulers import EveryRule, Scheduler

_INSIDE = {
    layout.NODE_STOP: StopReason.NODE_LIMIT,
    layout.MATCH_STOP: StopReason.MATCH_LIMIT,
    layout.CANDIDATE_STOP: StopReason.CANDIDATE_LIMIT,
}


def never() -> bool:
    """Do not interrupt."""
    return False


class Saturation:
    """Rules at work on a scratch copy of a graph.

    `nodes` maps node ids to contents; children may be missing from it. `unions` are equalities that hold already.
    `clock` gives seconds; without one nothing is timed and `limits.seconds` is refused. `trace=False` keeps no trace.
    `jit=False` runs the loops as they stand, with all indexes checked: slow.
    """

    def __init__(
        self, rules: RuleSet, nodes: Mapping[NodeId, Content], unions: Iterable[Union] = (), *,
        limits: Limits | None = None, scheduler: Scheduler | None = None, clock: Callable[[], float] | None = None,
        analyses: Sequence[Analysis] = (), trace: bool = True, jit: bool = True, buffer: int = BUFFER,
    ) -> None:  # fmt: skip
        self.rules, self.limits = rules, limits or Limits()
        self.scheduler = scheduler or EveryRule()
        if self.limits.seconds is not None and clock is None:
            raise InvalidLimits("seconds: there is no clock to keep them; hand in one, such as time.monotonic")
        self._clock = clock
        self.analyses = tuple(analyses)
        self.given = number_given(nodes, unions)
        self.operators = Operators()
        self._lowered = lower(rules, self.operators)
        red = self._lowered.demands_red or any(colour_of(node) is Colour.RED for node in self.given.ids)
        blue = self._lowered.demands_blue or any(colour_of(node) is Colour.BLUE for node in self.given.ids)
        self.scratch = Scratch(
            jit=jit, buffer=buffer, logging=trace, colourful=red or blue, guarded=red and blue,
            nodes_max=self.limits.nodes,
        )  # fmt: skip
        load_graph(self.scratch, self.given, self.operators)
        self.renew_machine()
        self._conclusions = Conclusions(self.analyses, self.scratch, self.operators)
        self.rounds = 0
        self.stop_reason: StopReason | None = None
        self.by_round: list[RoundProfile] = []
        self.owed = [False] * len(rules.rules)
        self.segments: list[tuple[int, int, int]] = []
        self.made_by_none: list[int] = []

    def run(self, interrupted: Callable[[], bool] = never) -> Outcome:
        """Run rounds until there is a reason to stop. `interrupted` is asked between rounds."""
        start = self._clock() if self._clock is not None else 0.0
        while self.stop_reason is None:
            self.round()
            if self.stop_reason is None and interrupted():
                return self.outcome(StopReason.INTERRUPTED)
            seconds = self.limits.seconds
            timed = self.stop_reason is None and seconds is not None and self._clock is not None
            if timed and self._clock() - start >= seconds:  # type: ignore[operator, misc]
                return self.outcome(StopReason.TIME_GUARD)
        return self.outcome(self.stop_reason)

    def round(self) -> StopReason | None:
        """Run one round; gives why nothing comes after it, if so."""
        if self.stop_reason is None and self.rounds >= self.limits.rounds:
            self.stop_reason = StopReason.ROUND_LIMIT
        if self.stop_reason is not None:
            return self.stop_reason
        try:
            self._run_round()
        except ScratchFull as full:
            raise TooLarge(str(full)) from full
        return self.stop_reason

    def _run_round(self) -> None:
        self.rounds += 1
        start = self._clock() if self._clock is not None else 0.0
        concluded = [[0] * layout.PROFILE_COLUMNS for _ in self.analyses]
        if self.rounds == 1:
            self._conclude(concluded, 0)
        entries = [
            (rule, int(self.owed[rule]), -1 if allowance is None else allowance, 0)
            for rule in range(len(self.rules.rules))
            if (allowance := self.scheduler.allowance(rule, self.rounds)) != 0
        ]
        schedule, profile = arrays.schedule_of(entries), arrays.profile_of(len(self.rules.rules))
        seconds = [0.0] * len(entries)
        limits = {
            layout.O_NODES: self.limits.nodes,
            layout.O_MATCHES: self.limits.matches,
            layout.O_CANDIDATES: self.limits.candidates,
        }
        status = self.scratch.round(self._machine, schedule, profile, limits, self._clock, seconds)
        counts = profile.tolist()
        self.segments += [
            (self.rounds, rule, row[layout.P_UNIONS]) for rule, row in enumerate(counts) if row[layout.P_UNIONS]
        ]
        stop = _INSIDE.get(status)
        if stop is None and not self._conclude(concluded, self.rounds):
            stop = StopReason.NODE_LIMIT
        counts += concluded
        self._note_round(counts, dict(zip((entry[0] for entry in entries), seconds, strict=True)), start)
        idle = not any(row[layout.P_UNIONS] or row[layout.P_NODES] for row in counts)
        self._owe(schedule.tolist(), idle=idle, stop=stop)

    def outcome(self, reason: StopReason) -> Outcome:
        """Give what is there now, as ended for this reason."""
        profile = tuple(
            total_of([item.rules[place] for item in self.by_round], name) for place, name in enumerate(self._names())
        )
        trace = None
        if self.scratch.logging:
            trace = trace_reader(self.scratch, self.operators, self.segments, self._lowered.logged, self.made_by_none)
        classes = read_classes(self.scratch, self.given.number)
        facts = self._conclusions.facts()
        return Outcome(reason, self.rounds, profile, tuple(self.by_round), classes, facts, trace)

    def renew_machine(self) -> None:
        """Turn the rules into arrays; to be called when operators were added."""
        lowered = self._lowered
        try:
            self._machine = arrays.machine_of(
                code=lowered.code, steps=lowered.steps, rules=lowered.rules, variants=lowered.variants,
                indexes=tuple(lowered.indexes), passing=lowered.passing(), operators=len(self.operators.names),
                atoms_max=lowered.atoms_max, children_max=lowered.children_max,
            )  # fmt: skip
        except ScratchFull as full:
            raise TooLarge(str(full)) from full

    def _names(self) -> list[str]:
        return [rule.name for rule in self.rules.rules] + [analysis.name for analysis in self.analyses]

    def _conclude(self, counts: list[list[int]], round_number: int) -> bool:
        """Let the analyses name leaves until they have no more; False: a leaf would exceed the limit of nodes."""
        operators = len(self.operators.names)
        within = self._conclusions.conclude(
            counts, self.limits.nodes, self.segments, round_number, self.made_by_none
        )  # fmt: skip
        if len(self.operators.names) > operators:
            self.renew_machine()
        return within

    def _note_round(self, counts: list[list[int]], seconds: Mapping[int, float], start: float) -> None:
        profiles = [
            RuleProfile._make((name, *row, seconds.get(place, 0.0)))
            for place, (name, row) in enumerate(zip(self._names(), counts, strict=True))
        ]
        rows = columns.live_count(self.scratch)
        took = self._clock() - start if self._clock is not None else 0.0
        self.by_round.append(RoundProfile(self.rounds, tuple(profiles), rows, took))

    def _owe(self, schedule: list[list[int]], *, idle: bool, stop: StopReason | None) -> None:
        """Note which rules missed something; they meet everything when they run next."""
        self.owed = [True] * len(self.owed)
        self.stop_reason = stop
        if stop is not None:
            return
        for rule, _, _, cut in schedule:
            self.owed[rule] = bool(cut)
            self.scheduler.ran(rule, self.rounds, cut=bool(cut))
        if idle and not any(self.owed):
            self.stop_reason = StopReason.SATURATED
