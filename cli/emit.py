"""`egraph emit add|equate|retract`: send one fact, for people and scripts.

Belongs here: reading arguments, printing what was sent. Not here: the envelope (streams/ingest/fact_stream.py).
"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import DEFAULT_BOOTSTRAP, EXIT_USAGE, AsJson, Bootstrap, Graph
from cli.palettes import PaletteFile, PaletteRules, Seed, colour_named, colouring_of
from cli.run import fail, print_json, run_async

if TYPE_CHECKING:
    from egraph.identifiers import EventId, NodeId, Position
    from streams.ingest.colouring import Colouring
    from streams.ingest.enode import ENode

Why = Annotated[str, typer.Option("--why", help="The reason, kept in the fact.")]
_TERM_HELP = "A node id (32 hex digits) or an S-expression, whose nodes are sent too."


def register(app: typer.Typer) -> None:
    """Add `egraph emit`."""
    emit = typer.Typer(help="Send one fact: a node, an equality, a retraction.", no_args_is_help=True)
    emit.command("add")(add)
    emit.command("equate")(equate)
    emit.command("retract")(retract)
    app.add_typer(emit, name="emit")


def add(
    operator: Annotated[str, typer.Argument(help="The operator of the e-node.")],
    children: Annotated[list[str] | None, typer.Argument(help=_TERM_HELP)] = None,
    colour: Annotated[
        str | None, typer.Option("--colour", help="RED, BLUE or GREEN; by the palette if not given.")
    ] = None,
    seed: Seed = None,
    palette: PaletteFile = None,
    palette_rules: PaletteRules = None,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    graph: Graph = "main",
    as_json: AsJson = False,
) -> None:
    """Send an e-node and print its node id, event id and position."""
    from streams.ingest.enode import make_enode

    terms = _Terms(colouring_of(seed, palette, palette_rules))
    ids = [terms.node(child) for child in children or ()]
    # A colour that its children forbid is sent as asked: the system refuses it where everyone can see it.
    its = terms.colouring.colour(operator, ids) if colour is None else colour_named(colour)
    enode = make_enode(operator, its, ids)
    event, position = run_async(_send_node(bootstrap, graph, terms.new, enode))
    _print(event, position, as_json=as_json, node=enode.id.hex(), colour=enode.colour.name)


def equate(
    left: Annotated[str, typer.Argument(help=_TERM_HELP)],
    right: Annotated[str, typer.Argument(help=_TERM_HELP)],
    why: Why = "stated by hand",
    seed: Seed = None,
    palette: PaletteFile = None,
    palette_rules: PaletteRules = None,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    graph: Graph = "main",
    as_json: AsJson = False,
) -> None:
    """State that two nodes are equal and print the equality's event id (`egraph emit retract` takes it)."""
    terms = _Terms(colouring_of(seed, palette, palette_rules))
    first, second = terms.node(left), terms.node(right)
    event, position = run_async(_send_equality(bootstrap, graph, terms.new, first, second, why))
    _print(event, position, as_json=as_json, left=first.hex(), right=second.hex())


def retract(
    event_id: Annotated[str, typer.Argument(help="Event id of an equality or a rule, 32 hex digits.")],
    why: Why = "withdrawn by hand",
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    graph: Graph = "main",
    as_json: AsJson = False,
) -> None:
    """Withdraw an equality or a rule."""
    from egraph.identifiers import EventId

    target = _hex_id(event_id)
    if target is None:
        fail(f"{event_id!r} is no event id; give 32 hex digits, as `egraph emit equate` prints them", EXIT_USAGE)
    event, position = run_async(_send_retraction(bootstrap, graph, EventId(target), why))
    _print(event, position, as_json=as_json, target=target.hex())


class _Terms:
    """Reads node ids and S-expressions from the command line, and gathers the nodes that the latter bring."""

    def __init__(self, colouring: "Colouring") -> None:
        from streams.ingest.sexpr import SexprReader

        self.colouring = colouring
        self.new: list[ENode] = []
        self._reader = SexprReader(self.colouring)

    def node(self, text: str) -> "NodeId":
        """Give the node id that the text names. Exits with EXIT_USAGE for one that names none."""
        from streams.ingest.sexpr import SexprProblem

        given = _hex_id(text)
        statement = self._reader.read_line(text if given is None else f"#{given.hex()}")
        if isinstance(statement, SexprProblem):
            fail(f"{text!r}, {statement}", EXIT_USAGE)
        if statement is None or statement.root is None:
            fail(f"{text!r} is no term; give a node id (32 hex digits) or an S-expression such as '(f x)'", EXIT_USAGE)
        self.new += statement.nodes
        return statement.root


def _hex_id(text: str) -> bytes | None:
    if len(text) != 32:
        return None
    try:
        return bytes.fromhex(text)
    except ValueError:
        return None


async def _send_node(bootstrap: str, graph: str, below: "list[ENode]", enode: "ENode") -> "tuple[EventId, Position]":
    from streams.ingest.feed import Feed

    async with await Feed.connect(bootstrap, graph=graph, source="emit") as feed:
        for child in below:
            await feed.send_node(child)
        return await feed.publish_node(enode)


async def _send_equality(
    bootstrap: str, graph: str, below: "list[ENode]", left: "NodeId", right: "NodeId", why: str
) -> "tuple[EventId, Position]":
    from streams.ingest.feed import Feed

    async with await Feed.connect(bootstrap, graph=graph, source="emit") as feed:
        for child in below:
            await feed.send_node(child)
        return await feed.publish_equality(left, right, why)


async def _send_retraction(bootstrap: str, graph: str, target: "EventId", why: str) -> "tuple[EventId, Position]":
    from streams.ingest.feed import Feed

    async with await Feed.connect(bootstrap, graph=graph, source="emit") as feed:
        return await feed.publish_retraction(target, why)


def _print(event: "EventId", position: "Position", *, as_json: bool, **named: Any) -> None:
    fields = {**named, "event": event.hex(), "partition": position.partition, "offset": position.offset}
    if as_json:
        print_json(fields)
    else:
        typer.echo("\n".join(f"{name:<10}{value}" for name, value in fields.items()))
