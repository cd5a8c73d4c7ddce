"""The shipped identities of circuits are true: the matrices of both sides, for every choice of three qubits."""

import math
from collections.abc import Iterator
from itertools import product

import pytest

from egraph.codegen.best_term import best_term
from egraph.codegen.circuit_rules import EXACT, UP_TO_PHASE, Phase, angle_rules, circuit_rules, commuting_rules
from egraph.codegen.circuits import GATES
from egraph.codegen.openqasm import gate_cost, openqasm_rules
from egraph.rules.conditions import NotEqual
from egraph.rules.patterns import Application, Pattern, variables_of, walk
from egraph.rules.reader import read_pattern, read_rules
from egraph.rules.ruleset import Rule, RuleSet
from egraph.saturation.limits import Limits
from tests.unit.codegen.circuit_meaning import (
    Malformed,
    angle_of,
    body_steps,
    name_of,
    read_gates,
    same,
    steps_of,
    unitary,
)

ANGLES = (0.3, -1.1, 2.5)
IN_CIRCUITS = [rule for rule in read_rules(EXACT).rules if rule.patterns[0].operator in GATES]  # type: ignore[union-attr]
OF_ANGLES = [rule for rule in read_rules(EXACT).rules if rule not in IN_CIRCUITS]
TO_PHASE = list(read_rules(UP_TO_PHASE).rules)
CASES = [(rule, False) for rule in (*IN_CIRCUITS, *commuting_rules().rules)] + [(rule, True) for rule in TO_PHASE]


def roles(side: Pattern) -> tuple[list[str], list[str]]:
    """Give the variables that stand for qubits, and those for angles."""
    qubits, angles = [], []
    for part in walk(side):
        if isinstance(part, Application) and part.operator in GATES:
            count = GATES[part.operator].angles
            qubits += [name_of(child) for child in part.children[count:-1]]
            angles += [item.name for child in part.children[:count] for item in variables_of(child)]
    return list(dict.fromkeys(qubits)), list(dict.fromkeys(angles))


def counterexamples(rule: Rule, *, up_to_phase: bool) -> Iterator[tuple[dict[str, int], dict[str, float]]]:
    """Give qubits, the same one for two variables too, and angles for which the sides differ."""
    (left,) = rule.patterns
    qubits, angles = roles(left)
    for places in product(range(3), repeat=len(qubits)):
        on, at = dict(zip(qubits, places, strict=True)), dict(zip(angles, ANGLES, strict=False))
        assert all(isinstance(condition, NotEqual) for condition in rule.conditions)
        if any(on[item.left.name] == on[item.right.name] for item in rule.conditions):  # type: ignore[union-attr]
            continue
        try:
            expected = unitary(steps_of(left, on, at), 3)
        except Malformed:
            continue
        try:
            if same(expected, unitary(steps_of(rule.replacement, on, at), 3), up_to_phase=up_to_phase):
                continue
        except Malformed:
            pass
        yield on, at


@pytest.mark.parametrize(("rule", "up_to_phase"), CASES, ids=[rule.name for rule, _ in CASES])
def test_an_identity_is_true_on_all_qubits(rule: Rule, up_to_phase: bool) -> None:
    """A circuit would be replaced by one that does something else."""
    assert list(counterexamples(rule, up_to_phase=up_to_phase)) == []


@pytest.mark.parametrize("rule", TO_PHASE, ids=[rule.name for rule in TO_PHASE])
def test_what_holds_up_to_phase_only_is_not_exact(rule: Rule) -> None:
    """A rule would be withheld from users who need exact phases, or the test above could not see a phase."""
    assert next(counterexamples(rule, up_to_phase=False), None) is not None


@pytest.mark.parametrize(
    "sides",
    [
        "(h ?a (x ?b ?r)) (x ?b (h ?a ?r))",
        "(x ?a (cx ?a ?b ?r)) (cx ?a ?b (x ?a ?r))",
        "(cx ?a ?b ?r) (cx ?b ?a ?r)",
        "(s ?a (s ?a ?r)) (x ?a ?r)",
        "(rz ?u ?a (rx ?v ?a ?r)) (rx ?v ?a (rz ?u ?a ?r))",
        "(ry ?u ?a (rz ?v ?a ?r)) (rz (angle-plus ?u ?v) ?a ?r)",
        "(cx ?a ?b (x ?c ?r)) (cx ?a ?b (cx ?a ?c ?r))",
    ],
)
def test_a_false_identity_is_found_out(sides: str) -> None:
    """The test above would pass whatever the rules say."""
    (rule,) = read_rules(f"(rewrite r {sides})").rules
    assert next(counterexamples(rule, up_to_phase=True), None) is not None


@pytest.mark.parametrize("rule", OF_ANGLES, ids=[rule.name for rule in OF_ANGLES])
def test_a_rule_of_angles_keeps_the_angle(rule: Rule) -> None:
    """A rotation would turn further than it was told to."""
    at = dict(zip((item.name for item in variables_of(rule.patterns[0])), ANGLES, strict=False))
    assert angle_of(rule.patterns[0], at) == pytest.approx(angle_of(rule.replacement, at))


@pytest.mark.parametrize("denominator", [1, 2, 4, 3])
def test_sums_of_literals_are_equal_after_two_turns(denominator: int) -> None:
    """Rotations by known angles would be merged into a wrong one, or some would not be merged."""
    rules = angle_rules(denominator).rules
    assert len(rules) == 16 * denominator**2 + 4 * denominator
    literals = {part.operator for rule in rules for part in walk(rule.replacement) if isinstance(part, Application)}
    assert len(literals) == 4 * denominator
    assert "angle:2" in literals  # as the rules of whole turns write it
    for rule in rules:
        turns = (angle_of(rule.patterns[0], {}) - angle_of(rule.replacement, {})) / (4 * math.pi)
        assert turns == pytest.approx(round(turns)), rule.name


def test_the_gates_of_a_rule_have_the_unitaries_of_its_sides() -> None:
    """The text for other tools would state another identity than the rule does."""
    rules = RuleSet((*circuit_rules(Phase.UP_TO_PHASE).rules, *commuting_rules().rules))
    made = openqasm_rules(rules)
    gates = read_gates(made.text)
    assert {item.rule for item in made.left_out} == {rule.name for rule in OF_ANGLES}
    assert len(gates) == 2 * (len(rules.rules) - len(OF_ANGLES))
    for rule in (rule for rule in rules.rules if rule not in OF_ANGLES):
        qubits, angles = roles(rule.patterns[0])
        at = dict(zip(angles, ANGLES, strict=False))
        for side, term in (("left", rule.patterns[0]), ("right", rule.replacement)):
            name = "".join(letter if letter.isalnum() else "_" for letter in rule.name)
            parameters, wires, body = gates[f"{name}_{side}"]
            assert (set(parameters), set(wires)) == (set(angles), set(qubits))
            expected = steps_of(term, {wire: place for place, wire in enumerate(wires)}, at)
            assert same(unitary(expected, 3), unitary(body_steps(body, wires, at), 3), up_to_phase=False), rule.name


def test_rules_find_the_shorter_circuit() -> None:
    """The rules would be true and of no use."""
    text = """
    (h qubit:b (cx qubit:a qubit:b (h qubit:b (rz angle:1/4 qubit:a (cz qubit:a qubit:b
      (rz angle:1/2 qubit:a (rz param:t qubit:a done)))))))
    """
    rules = RuleSet((*circuit_rules(Phase.EXACT).rules, *angle_rules(4).rules))
    found = best_term(read_pattern(text), rules, gate_cost, Limits(rounds=8, nodes=20_000))
    assert found.term.sexpr() in (
        "(rz (angle-plus angle:3/4 param:t) qubit:a done)",
        "(rz (angle-plus param:t angle:3/4) qubit:a done)",
    )
