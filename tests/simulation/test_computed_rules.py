"""Nine simulated agents with real rules: they compute constants, agree, and forget them with the rule.

Reproduce a failure with EGRAPH_SEED=<the seed it prints> EGRAPH_SIMULATIONS=1.
"""

from dataclasses import dataclass, replace
from random import Random

import pytest

from egraph.colours import Colour
from egraph.derive.verdict import Sound
from egraph.derive.verify import verify
from egraph.facts import Derived, EqualityAsserted, Fact, FactRetracted, NodeAdded, RuleAdded
from egraph.identifiers import NodeId, node_id
from egraph.reference import ReferenceView
from egraph.rules.reader import read_rules
from egraph.rules.rule_facts import draft_of
from schemas.codec import decode_fact, seal
from schemas.topics import FACTS
from simulator.saturating import Saturator
from streams.processors.phase_work import RoleWork
from streams.runtimes.simulated import Arrival, Part, Plan, Simulation
from streams.runtimes.simulated_faults import CALM, Faults
from streams.runtimes.simulated_workers import EPOCH, MILLISECOND, SECOND
from streams.topology import named_topology
from tests.properties.derived_worlds import Held
from tests.simulation.runs import base_seed, how_many

AGENTS = 9
RUNS = 6
FAULTS = Faults(
    redelivery=0.1, lost_commit=0.1, late_send=0.05, lost_gossip=0.1, duplicated_gossip=0.1, crash=0.01,
    crash_before_effects=0.01, crash_after_effects=0.02, snapshot_missing=0.1, snapshot_stale=0.2,
    orchestrator_crash=0.02, clock_behind=0.1,
)  # fmt: skip
"""What may make an agent do its work twice, or lose a part of it."""
RULES = "(compute ints add mul neg :by int/1) (rewrite commutes (add ?x ?y) (add ?y ?x) :when ((NotEqual ?x ?y)))"
ENVELOPE = {"graph": "main", "producer": "input", "sequence": 0}


def expressions(seed: int) -> tuple[list[NodeAdded], dict[NodeId, int]]:
    """Give nodes of sums, products and signs over small numbers, GREEN and RED, and the value of each."""
    random, nodes, values = Random(seed), dict[NodeId, NodeAdded](), dict[NodeId, int]()
    for number in range(12):
        known = list(values)
        operator = random.choice(("add", "mul", "neg")) if number > 3 else str(random.randrange(4))
        children = tuple(random.choice(known) for _ in range({"add": 2, "mul": 2, "neg": 1}.get(operator, 0)))
        below = [values[child] for child in children]
        colour = random.choice((Colour.GREEN, Colour.GREEN, Colour.RED))
        draft = NodeAdded(**ENVELOPE, hlc=EPOCH // 1000 << 16, operator=operator, colour=colour, children=children)  # type: ignore[arg-type]
        identity = node_id(operator, colour, children)
        values[identity] = (
            sum(below) if operator == "add" else below[0] * below[1] if operator == "mul"
            else -below[0] if operator == "neg" else int(operator)
        )  # fmt: skip
        nodes[identity] = draft
    return list(nodes.values()), values


class Withdrawal(Part):
    """Withdraws a rule once a saturation has ended, and keeps what all held until then."""

    def __init__(self, saturator: Saturator, rule: RuleAdded) -> None:
        self._saturator, self._rule = saturator, rule
        self.before: list[Fact] = []

    def begin(self, world: Simulation) -> None:
        """Look from now on."""
        self._world = world
        world.later(SECOND, self._look)

    def is_settled(self) -> bool:
        """Tell whether the rule is withdrawn."""
        return bool(self.before)

    def _look(self) -> None:
        world = self._world
        if not self._saturator.is_settled() or world.mischief.broker_is_away():
            world.later(100 * MILLISECOND, self._look)
            return
        self.before = facts_of(world)
        draft = FactRetracted(**ENVELOPE | {"producer": "person"}, hlc=1 << 62, target=self._rule.event_id, why="no")  # type: ignore[arg-type]
        world.append_fact(0, seal(draft).raw)


def facts_of(world: Simulation) -> list[Fact]:
    """Give every fact of the log."""
    decoded = [decode_fact(record.value) for record in world.log.read_all(FACTS.name)]
    return [fact for fact in decoded if isinstance(fact, Fact)]


@dataclass(frozen=True)
class Computed:
    """A cluster that is to compute and then to forget, before it has run."""

    world: Simulation
    saturator: Saturator
    withdrawal: Withdrawal
    rule: RuleAdded
    values: dict[NodeId, int]


def computing(seed: int, *, faults: bool) -> Computed:
    """Give the cluster of a seed."""
    nodes, values = expressions(seed)
    drafts = [draft_of(rule, **ENVELOPE, hlc=EPOCH // 1000 << 16) for rule in read_rules(RULES).all_rules]  # type: ignore[arg-type]
    random = Random(seed)
    arrivals, sequences, rules = [], [0] * AGENTS, []
    for draft in (*nodes, *drafts):
        partition = random.randrange(AGENTS)
        fact, raw = seal(replace(draft, sequence=sequences[partition]))
        sequences[partition] += 1
        arrivals.append(Arrival(random.randrange(SECOND), partition, raw))
        rules += [fact] if isinstance(fact, RuleAdded) else []
    (computed,) = [rule for rule in rules if rule.name == "ints"]
    saturator = Saturator(cycles=20)
    withdrawal = Withdrawal(saturator, computed)
    plan = Plan(
        seed=seed, topology=named_topology("sierpinski", AGENTS), arrivals=arrivals,
        faults=FAULTS if faults else CALM, agree_within_us=120 * SECOND,
    )  # fmt: skip
    world = Simulation(plan, parts=[saturator, withdrawal], work=RoleWork())
    return Computed(world, saturator, withdrawal, computed, values)


def simulate(seed: int, *, faults: bool) -> None:
    """Run one seed: what is computed is true and proved on the way, and gone at the end."""
    found = computing(seed, faults=faults)

    report = found.world.run()

    assert found.saturator.orchestrator is not None
    assert found.saturator.orchestrator.outcome == "saturated", f"seed {seed}"
    check_computed(found.withdrawal.before, found.values, found.rule)
    facts = facts_of(found.world)
    never = ReferenceView([fact for fact in facts if fact != found.rule])
    assert report.state.view_digest == never.view_digest(), f"seed {seed}"


def check_computed(facts: list[Fact], values: dict[NodeId, int], rule: RuleAdded) -> None:
    """See that every expression equals its value, no two values are one class, and every proof holds."""
    view = ReferenceView(facts)
    leaves = {node: int(value) for node, value in all_leaves(facts).items()}
    for node, value in values.items():
        same = [leaf for leaf in leaves if view.class_of(leaf) == view.class_of(node)]
        assert {leaves[leaf] for leaf in same} == {value}, f"{node.hex()} is not {value} alone"
    derived = [fact for fact in facts if isinstance(fact, EqualityAsserted) and isinstance(fact.why, Derived)]
    assert any(rule.event_id in fact.why.premises for fact in derived if isinstance(fact.why, Derived))
    assert all(isinstance(verdict, Sound) for _, verdict in verify(facts, Held(facts)))


def all_leaves(facts: list[Fact]) -> dict[NodeId, str]:
    """Give the operator of every node without children."""
    return {
        node_id(fact.operator, fact.colour, fact.children): fact.operator
        for fact in facts
        if isinstance(fact, NodeAdded) and not fact.children
    }


@pytest.mark.parametrize("faults", [False, True], ids=["calm", "faults"])
def test_agents_compute_agree_and_forget(faults: bool) -> None:
    """Agents would compute differently, leave constants without a proof, or keep them when the rule is withdrawn."""
    base, count = base_seed(), how_many(RUNS)
    print(f"seeds {base}..{base + count}")
    for seed in range(base, base + count):
        simulate(seed, faults=faults)
