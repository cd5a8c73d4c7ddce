"""Everything that a run is drawn from its seed to be: the cluster, the workload, the faults.

Belongs here: the mixture. Not here: running (campaign.py), what faults there are (simulated_faults.py).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from random import Random
from typing import Any

from streams.runtimes.simulated_faults import CALM, Faults, draw_faults
from streams.runtimes.simulated_workers import SECOND
from streams.topology import named_topology
from streams.topology_measures import spare_edges

_NETWORK = {
    "redelivery", "lost_commit", "gap", "late_poll", "late_send", "late_letter", "lost_gossip", "duplicated_gossip",
    "outage", "partition", "garbage", "lost_request", "lost_ack", "sink_reads_again",
}  # fmt: skip
_DISKS = {"snapshot_missing", "snapshot_corrupt", "snapshot_torn", "snapshot_stale"}
_CLOCKS = {"clock_skew", "clock_behind"}

_TABLES = (
    ("facts", "dead_letters"),
    ("facts", "dead_letters"),
    ("facts", "dead_letters"),
    ("dead_letters", "heartbeats", "lifecycle"),
)
"""What the sink keeps. Tables of the control topic are drawn rarely, since most of it are heartbeats."""

_CALM_SEEDS = 1 / 16
"""In so many runs nothing goes wrong: some promises hold only there."""

_SEVERED_SEEDS = 1 / 8
"""In so many runs an edge never works."""

_ROTTEN_SEEDS = 1 / 8
_ROT = 0.03
"""In so many runs agents lose facts that their versions say they hold, with at most these odds."""

_CATCHING_UP = 1 / 4
"""In so many runs agents that start read from the log what they lack; in the others gossip alone brings it."""

DEFAULT_PROFILE = "all"
PROFILES: Mapping[str, frozenset[str]] = {
    "all": frozenset(name for name, _ in CALM.rates()),
    "network": frozenset(_NETWORK),
    "processes": frozenset(name for name, _ in CALM.rates() if name not in _NETWORK | _CLOCKS),
    "clocks": frozenset(_CLOCKS | {"crash", "zombie", "move"}),
    "calm": frozenset(),
}
"""Which kinds of faults a profile admits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One run. Printed before it, because a seed means something else as soon as this mixture changes."""

    seed: int
    profile: str
    topology: str
    agents: int
    workers: int
    facts: int
    tables: tuple[str, ...]
    overseen: bool = False
    """Whether an orchestrator looks after the agents; without one no agent hangs."""
    saturated: bool = False
    """Whether the four phases are gone through."""
    severed: tuple[int, int] | None = None
    """An edge that never carries gossip, not even when the faults are over; all agents reach each other without it."""
    faults: Faults
    catch_up_from: int | None = None
    """An agent that starts and lacks so many records of another home reads them from the log; None: it never does."""
    gossip_interval: float = 0.1
    heartbeat_interval: float = 1.0
    retransmit_after: float = 3.0
    faulty_us: int = 6 * SECOND
    faulty_steps: int | None = None

    def with_changes(self, facts: int | None, faulty_steps: int | None) -> "Options":
        """Give the run with what is not None changed."""
        return replace(
            self,
            facts=self.facts if facts is None else facts,
            faulty_steps=self.faulty_steps if faulty_steps is None else faulty_steps,
        )

    def document(self) -> dict[str, Any]:
        """Give the options as plain data; of the faults those that can strike."""
        faults = {name: rate for name, rate in self.faults.rates() if rate}
        return {name: value for name, value in asdict(self).items() if value is not None} | {"faults": faults}

    def __str__(self) -> str:
        words = {name: value for name, value in self.document().items() if name != "faults"}
        return f"{' '.join(f'{name}={value}' for name, value in words.items())} {self.faults}"


def draw_options(seed: int, profile: str = DEFAULT_PROFILE) -> Options:
    """Draw everything about a run from its seed. Raises ValueError for an unknown profile."""
    if profile not in PROFILES:
        raise ValueError(f"unknown profile {profile!r}; choose one of {', '.join(PROFILES)}")
    random = Random(f"plan {seed}")
    name = random.choice(("sierpinski", "ring", "ring", "clique", "direct", "direct"))
    agents = 9 if name == "sierpinski" else random.choice((3, 3, 4, 4, 5, 6, 9))
    facts = random.choice((8, 12, 16, 24, 32, 60))
    workers = random.randint(1, named_topology(name, agents).size)
    faults = draw_faults(random)
    if random.random() < _CALM_SEEDS:
        faults = CALM
    pace = random.choice((0.5, 0.5, 1.0))
    overseen, saturated = random.random() < 0.3, random.random() < 0.3
    left_out = {fault: 0.0 for fault, _ in CALM.rates() if fault not in PROFILES[profile]}
    if not overseen:
        left_out["hang"] = 0.0
    options = Options(
        seed=seed,
        profile=profile,
        topology=name,
        agents=agents,
        workers=workers,
        facts=facts,
        tables=random.choice(_TABLES),
        overseen=overseen,
        saturated=saturated,
        gossip_interval=random.choice((0.05, 0.1, 0.2)),
        heartbeat_interval=pace,
        retransmit_after=random.choice((1.0, 2.0, 3.0)),
        faulty_us=random.choice((4, 6, 8)) * SECOND,
        faults=CALM if faults is CALM else replace(faults, **left_out),
    )
    # Drawn last, so that all else stays what a seed has meant.
    if random.random() < _SEVERED_SEEDS and profile in ("all", "network") and faults is not CALM:
        spare = spare_edges(named_topology(name, agents))
        options = replace(options, severed=random.choice(spare) if spare else None)
    if random.random() < _CATCHING_UP:
        options = replace(options, catch_up_from=random.choice((1, 4)))
    if random.random() < _ROTTEN_SEEDS and "rot" in PROFILES[profile] and faults is not CALM:
        options = replace(options, faults=replace(options.faults, rot=round(_ROT * random.random(), 4)))
    return options
