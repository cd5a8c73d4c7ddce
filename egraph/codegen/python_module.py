"""Target python: the matchers of a rule set as one module that imports nothing.

Belongs here: putting the matchers together. Not here: writing one (egraph/rules/source.py), running it.
"""

from textwrap import indent

from egraph.codegen.generated import Generated, comment
from egraph.rules.printer import print_rule
from egraph.rules.program import compile_rule
from egraph.rules.ruleset import RuleSet
from egraph.rules.source import python_source

_HEAD = '''\
"""Matchers of a rule set. Generated; imports nothing.

MATCHERS[rule] takes a graph and yields matches: the nodes of the patterns' roots, ROOTS[rule] of them, then the nodes
of VARIABLES[rule] in this order. A match may come several times.

`graph` is any object with these lists, where nodes, operators and classes are numbers from 0:
    symbols[s] the operator's text; numbers[text] = s; symbol[n] the operator of node n, -1 for one that is only named
    children[n]; colour[n] (1 RED, 2 BLUE, 3 GREEN); label[n] the class of n
    members[c] the nodes of class c that have an operator; by_symbol[s] the nodes with operator s
"""
'''


def python_module(rules: RuleSet) -> Generated:
    """Give the module. Every rule with patterns can be written; computed rules are for the caller to report."""
    lines = [_HEAD]
    matchers, variables, roots = ["MATCHERS = {"], ["VARIABLES = {"], ["ROOTS = {"]
    for number, rule in enumerate(rules.rules, 1):
        program = compile_rule(rule)
        lines += ["", *comment("#", print_rule(rule)), f"def _rule_{number}():"]
        body = python_source(program).partition("\n")[2].strip("\n")
        lines += [indent(body.replace("\n\n\n", "\n\n"), "    "), "", "    return match", ""]
        matchers.append(f"    {rule.name!a}: _rule_{number}(),")
        variables.append(f"    {rule.name!a}: ({''.join(f'{name!a}, ' for name, _ in program.variables)}),")
        roots.append(f"    {rule.name!a}: {len(program.roots)},")
    for table in (matchers, variables, roots):
        lines += ["", *table, "}"]
    return Generated("\n".join(lines) + "\n")
