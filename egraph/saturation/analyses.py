"""Facts about classes that grow with them: an e-class analysis, after Willsey et al., egg (POPL 2021), section 4.

Belongs here: the protocol, and two analyses. Not here: the fixed point (class_facts.py), when they run
(conclusions.py).

An analysis gives each class a fact from a lattice; None is its least element and says "nothing known". `make` gives
what one node adds, from the facts of its children, and never less for more; `join` gives the least fact above two
others. The fact of a class is the least fixed point: the join over its nodes. `modify` may name a leaf that the class
equals. So facts follow from the classes alone, whatever the order in which they are computed.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any, Protocol

from egraph.rules.computed_rule import ComputedRule
from egraph.rules.functions import TABLES
from egraph.rules.shipped.integers import PYTHON_INTEGERS


class Analysis(Protocol):
    """What an analysis must give. Facts are compared by ==; `name` names it in profiles."""

    name: str

    def concerns(self, operator: str, arity: int) -> bool:
        """Tell whether `make` could say anything about such nodes; about others it is not asked."""
        ...

    def make(self, operator: str, children: Sequence[Any]) -> Any:
        """Give what a node of this operator says about its class; None where that is nothing.

        That is so wherever nothing is known of some child: about such a node `make` need not be asked.
        """
        ...

    def join(self, one: Any, other: Any) -> Any:
        """Give the least fact above two facts that are not None."""
        ...

    def modify(self, fact: Any) -> str | None:
        """Give the operator of a leaf that equals every node of a class with this fact, if there is one.

        Its colour is that of a leaf which is there, GREEN before others; where none is, or RED and BLUE ones, GREEN.
        """
        ...


class Several(Enum):
    """The greatest fact of a lattice of single values: two different values are claimed for one class."""

    SEVERAL = "several values"


class ConstantFolding:
    """What a computed rule gives on nodes whose children are known; a known class equals its constant.

    `rule` is by default Python's arithmetic of int; `bits_max` may lower the limit of its table. The facts are ints; a
    class for which two ints are claimed has SEVERAL, which only unsound rules or equalities bring about, and is left
    alone. Raises KeyError for a rule whose table is not known.
    """

    def __init__(self, rule: ComputedRule = PYTHON_INTEGERS, *, bits_max: int | None = None) -> None:
        self.name = f"constant folding by {rule.name}"
        table = TABLES[rule.table]
        self._table = table if bits_max is None else table._replace(bits_max=min(bits_max, table.bits_max))
        self._prefix, self._function = rule.leaves, rule.operators

    def concerns(self, operator: str, arity: int) -> bool:
        """Tell whether it is a constant, or computed."""
        if arity == 0:
            return self.make(operator, ()) is not None
        function = self._table.functions.get(self._function.get(operator, ""))
        return function is not None and function.arity == arity

    def make(self, operator: str, children: Sequence[Any]) -> Any:
        """Read a constant, or compute."""
        if not children:
            text = operator.removeprefix(self._prefix)
            return self._table.read(text) if operator.startswith(self._prefix) else None
        function = self._function.get(operator)
        if function is None or any(child is None for child in children):
            return None
        return Several.SEVERAL if Several.SEVERAL in children else self._table.result(function, children)

    def join(self, one: Any, other: Any) -> Any:
        """Keep one value; two different ones are SEVERAL."""
        return one if one == other else Several.SEVERAL

    def modify(self, fact: Any) -> str | None:
        """Give the constant, as the rule writes it."""
        return f"{self._prefix}{fact}" if isinstance(fact, int) else None


def lambda_names(operator: str) -> frozenset[str]:
    """Give the names that a `Lambda:a,b=,*c` of streams/ingest binds in its last child."""
    if not operator.startswith("Lambda:"):
        return frozenset()
    words = operator.removeprefix("Lambda:").split(",")
    return frozenset(name for word in words if (name := word.strip("*=/")))


class FreeVariables:
    """The names that every node of a class needs: what no equal term can do without is the intersection over all.

    The facts are frozensets. `binds` gives the names that an operator binds in its last child.
    """

    name = "free variables"

    def __init__(
        self, *, prefix: str = "Name:", binds: Callable[[str], frozenset[str]] = lambda_names
    ) -> None:  # fmt: skip
        self._prefix, self._binds = prefix, binds

    def concerns(self, operator: str, arity: int) -> bool:
        """Every operator passes on what its children need."""
        return True

    def make(self, operator: str, children: Sequence[Any]) -> Any:
        """Unite what the children need, without what is bound."""
        if not children and operator.startswith(self._prefix):
            return frozenset({operator.removeprefix(self._prefix)})
        if any(child is None for child in children):
            return None
        needed: frozenset[str] = frozenset().union(*children[:-1])
        return needed | (children[-1] - self._binds(operator)) if children else needed

    def join(self, one: Any, other: Any) -> Any:
        """Keep what both need."""
        return one & other

    def modify(self, fact: Any) -> str | None:
        """Change nothing."""
        return None
