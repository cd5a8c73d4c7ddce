"""A generated OpenQASM program has the unitary of its term, on random circuits and on rewritten ones."""

from random import Random

from egraph.codegen.best_term import best_term
from egraph.codegen.circuit_rules import Phase, angle_rules, circuit_rules, commuting_rules
from egraph.codegen.circuits import GATES
from egraph.codegen.expression import of_pattern
from egraph.codegen.openqasm import gate_cost, openqasm_circuit
from egraph.rules.patterns import Application, Pattern
from egraph.rules.ruleset import RuleSet
from egraph.saturation.limits import Limits
from tests.unit.codegen.circuit_meaning import read_program, same, steps_of, unitary

WIRES = {"first": 0, "q_1": 1, "q2": 2}
GIVEN = {"theta": 0.7, "phi": -2.3}


def random_angle(random: Random, depth: int = 2) -> Application:
    """Give a literal, a parameter, a sum or a negative."""
    choice = random.random()
    if depth and choice < 0.2:
        return Application("angle-plus", (random_angle(random, depth - 1), random_angle(random, depth - 1)))
    if depth and choice < 0.3:
        return Application("angle-minus", (random_angle(random, depth - 1),))
    if choice < 0.5:
        return Application(f"param:{random.choice(list(GIVEN))}")
    return Application(f"angle:{random.choice(['0', '1', '-1', '1/4', '-1/4', '3/2', '2', '-5/7', '7/4'])}")


def random_circuit(random: Random, gates: int, wires: int = 3) -> Pattern:
    """Give a circuit of so many gates, all kinds of them."""
    circuit = Application("done")
    fitting = [name for name, gate in GATES.items() if gate.qubits <= wires]
    for _ in range(gates):
        name = random.choice(fitting)
        angles = [random_angle(random) for _ in range(GATES[name].angles)]
        on = random.sample(list(WIRES)[:wires], GATES[name].qubits)
        circuit = Application(name, (*angles, *(Application(f"qubit:{wire}") for wire in on), circuit))
    return circuit


def test_programs_have_the_unitary_of_their_circuits() -> None:
    """A quantum computer would be told to do something else than the term says."""
    random, seen = Random(3), set()
    for number in range(150):
        circuit = random_circuit(random, number % 12)
        expected = steps_of(circuit, WIRES, GIVEN)

        text = openqasm_circuit(of_pattern(circuit), list(WIRES), list(GIVEN))

        steps, qubits = read_program(text, GIVEN)
        assert qubits == list(WIRES)
        assert len(steps) == number % 12
        assert same(unitary(expected, 3), unitary(steps, 3), up_to_phase=False), text
        seen |= {gate for gate, _, _ in steps}
    assert seen == set(GATES)


def test_rewritten_circuits_do_the_same() -> None:
    """All identities together would derive a circuit that none of them gives: a false one, or a broken condition."""
    random, shorter = Random(4), 0
    for phase in Phase:
        rules = RuleSet((*circuit_rules(phase).rules, *angle_rules(2).rules, *commuting_rules().rules))
        for _ in range(8):
            circuit = random_circuit(random, 6, wires=2)
            found = best_term(circuit, rules, gate_cost, Limits(rounds=4, nodes=4_000))

            text = openqasm_circuit(found.expression, list(WIRES)[:2], list(GIVEN))

            before = unitary(steps_of(circuit, WIRES, GIVEN), 2)
            after = unitary(read_program(text, GIVEN)[0], 2)
            assert same(before, after, up_to_phase=phase is Phase.UP_TO_PHASE), text
            shorter += len(read_program(text, GIVEN)[0]) < 6
    assert shorter > 5, "hardly any circuit became shorter"


def test_a_circuit_may_have_thousands_of_gates() -> None:
    """A real circuit would end in a stack overflow."""
    circuit = random_circuit(Random(6), 3000, wires=2)
    given = openqasm_circuit(of_pattern(circuit), list(WIRES), list(GIVEN))

    found = best_term(circuit, circuit_rules(Phase.EXACT), gate_cost, Limits(rounds=1))

    text = openqasm_circuit(found.expression, list(WIRES), list(GIVEN))
    assert 1000 < len(text.splitlines()) < len(given.splitlines())
    before, after = (unitary(read_program(program, GIVEN)[0], 3) for program in (given, text))
    assert same(before, after, up_to_phase=False)
