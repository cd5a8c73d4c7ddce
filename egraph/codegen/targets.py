"""The targets by name: code of a rule set, and code of the best term that its rules find.

Belongs here: which target does what. Not here: how (one module each).
"""

from enum import StrEnum

from egraph.codegen.best_term import best_term
from egraph.codegen.circuits import read_circuit
from egraph.codegen.egglog_program import egglog_program
from egraph.codegen.expression import of_pattern
from egraph.codegen.generated import CannotGenerate, CodegenProblem, Generated, ProblemKind, computed_left_out
from egraph.codegen.llvm import instruction_cost, llvm_function, llvm_rules, parameters_of
from egraph.codegen.openqasm import gate_cost, openqasm_circuit, openqasm_rules
from egraph.codegen.python_module import python_module
from egraph.rules.patterns import Pattern
from egraph.rules.ruleset import RuleSet
from egraph.saturation.limits import Limits

FUNCTION = "term"


class Target(StrEnum):
    """What code can be written in."""

    PYTHON = "python"
    EGGLOG = "egglog"
    OPENQASM = "openqasm"
    LLVM = "llvm"


def generate(target: Target, rules: RuleSet) -> Generated:
    """Give the code of the rules, and which were left out and why."""
    match target:
        case Target.PYTHON:
            return _without_computed(python_module(rules), rules)
        case Target.EGGLOG:
            return egglog_program(rules)
        case Target.OPENQASM:
            return _without_computed(openqasm_rules(rules), rules)
        case Target.LLVM:
            return _without_computed(llvm_rules(rules), rules)


def _without_computed(made: Generated, rules: RuleSet) -> Generated:
    return Generated(made.text, (*made.left_out, *computed_left_out(rules)))


def generate_term(target: Target, rules: RuleSet, term: Pattern, limits: Limits) -> Generated:
    """Give the code of the best term that the rules make of this one; egglog gets rules and term, to do it itself.

    Inputs, qubits and parameters are those of the term as it was given. Raises CannotGenerate.
    """
    match target:
        case Target.EGGLOG:
            return egglog_program(rules, [term])
        case Target.LLVM:
            given = of_pattern(term)
            llvm_function(FUNCTION, given)
            found = best_term(term, rules, instruction_cost, limits)
            text = llvm_function(FUNCTION, found.expression, parameters_of(given))
            return _without_computed(Generated(text), rules)
        case Target.OPENQASM:
            given = of_pattern(term)
            openqasm_circuit(given)
            circuit = read_circuit(given)
            found = best_term(term, rules, gate_cost, limits)
            text = openqasm_circuit(found.expression, circuit.qubits, circuit.parameters)
            return _without_computed(Generated(text), rules)
        case Target.PYTHON:
            fact, remedy = "target python writes matchers of rules", "drop the term, or choose egglog, openqasm or llvm"
            problem = CodegenProblem(kind=ProblemKind.SHAPE, fact=fact, detail="a term was given", remedy=remedy)
            raise CannotGenerate([problem])
