"""The joins of a rule's program: atoms, what must be equal, and in which order matches come.

Belongs here: the order, which decides numbering and cuts. Not here: finding matches (reference.py, lowering.py).

An atom is a place where a program chooses a node: one for each operator of the patterns, and one for a pattern that is
a variable, in the order of the text. A derivation is one choice for each atom; a match found by two derivations comes
twice. Rows are the nodes that may be chosen; a row is touched if the last round created it, or merged its class or
the class of one of its children into an older one. A rule meets a derivation again only if one of its rows is touched.

The matches of a round come rule by rule, in the order of the rule set. Those of one rule come by variant, which is the
first atom (in the order of the text) whose row is touched. Those of a variant come in the lexicographic order of their
rows, atoms taken in `join_order` of the variant, rows untouched before touched and then by number. A rule that missed
something meets all derivations, in the order of variant 0.
Terms are numbered by content and by this order, so it follows from the content of nodes and rules alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from egraph.rules.program import WIDTH, Op, Program

ITSELF = -1


class Place(NamedTuple):
    """A child of an atom's node, counted from 0, or the node ITSELF."""

    atom: int
    child: int


class Atom(NamedTuple):
    """What may be chosen: nodes of this operator and arity; any node where the operator is None."""

    operator: str | None
    arity: int


class Demand(NamedTuple):
    """A condition of a program: its opcode, the place asked about, and a second place or an operand."""

    opcode: Op
    first: Place
    second: Place | None
    operand: int


@dataclass(frozen=True, slots=True)
class Joins:
    """A program as atoms and what must hold among their nodes."""

    atoms: tuple[Atom, ...]
    equal: tuple[tuple[Place, Place], ...]
    """Pairs of places that must be in one class."""
    demands: tuple[Demand, ...]
    roots: tuple[int, ...]
    """The atom of each pattern's root."""
    variables: tuple[Place, ...]
    """Where each variable is bound, in the order of `Program.variables`."""


def joins_of(program: Program) -> Joins:
    """Read the joins off a program."""
    atoms: list[Atom] = []
    equal: list[tuple[Place, Place]] = []
    demands: list[Demand] = []
    place: dict[int, Place] = {}
    for at in range(0, len(program.code), WIDTH):
        opcode, a, b, c, d = program.code[at : at + WIDTH]
        if opcode in (Op.EACH, Op.SCAN, Op.MEMBER):
            place[a] = Place(len(atoms), ITSELF)
            if opcode == Op.MEMBER:
                equal.append((place[b], place[a]))
                atoms.append(Atom(program.operators[c], d))
            else:
                atoms.append(Atom(program.operators[b], c) if opcode == Op.SCAN else Atom(None, 0))
        elif opcode == Op.CHILD:
            place[a] = Place(place[b].atom, c)
        elif opcode == Op.SAME:
            equal.append((place[b], place[a]))
        elif opcode != Op.YIELD:
            has_two = opcode in (Op.DIFFERENT, Op.PARENT_OF)
            demands.append(Demand(Op(opcode), place[a], place[b] if has_two else None, 0 if has_two else b))
    return Joins(
        atoms=tuple(atoms),
        equal=tuple(equal),
        demands=tuple(demands),
        roots=tuple(place[register].atom for register in program.roots),
        variables=tuple(place[register] for _, register in program.variables),
    )


def join_order(joins: Joins, variant: int) -> tuple[int, ...]:
    """Give the order in which a variant chooses: its own atom, then always the first one connected to a chosen one."""
    chosen = [variant]
    while len(chosen) < len(joins.atoms):
        left = [atom for atom in range(len(joins.atoms)) if atom not in chosen]
        near = [atom for atom in left if any(other in chosen for other in _neighbours(joins, atom))]
        chosen.append((near or left)[0])
    return tuple(chosen)


def _neighbours(joins: Joins, atom: int) -> Iterator[int]:
    for one, other in joins.equal:
        if one.atom == atom:
            yield other.atom
        if other.atom == atom:
            yield one.atom
