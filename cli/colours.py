"""`egraph colours explain|fork|harmony`: where colours come from, and how well those of a log go together.

Belongs here: options and printing. Not here: palettes and the score (egraph/duck), giving colours (streams/ingest).
"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.folding import File, FromTopic, Until, expect_one_source, fold_log
from cli.options import DEFAULT_BOOTSTRAP, AsJson, Bootstrap, Graph
from cli.palettes import PaletteFile, PaletteRules, Seed, colour_named, palette_of
from cli.run import print_json

if TYPE_CHECKING:
    from egraph.duck.explain import Explanation

_BRANCH_MAX = (1 << 64) - 1


def register(app: typer.Typer) -> None:
    """Add `egraph colours`."""
    colours = typer.Typer(help="Why a node has its colour, palettes for experiments, how well colours go together.")
    colours.command("explain")(explain)
    colours.command("fork")(fork)
    colours.command("harmony")(harmony)
    app.add_typer(colours, name="colours", no_args_is_help=True)


def explain(
    operators: Annotated[list[str], typer.Argument(help="Operators, as they stand in facts: BinOp:Add, Name:x.")],
    over: Annotated[
        list[str] | None, typer.Option("--over", help="The colour of a child: RED, GREEN or BLUE; once for each.")
    ] = None,
    seed: Seed = None,
    palette: PaletteFile = None,
    palette_rules: PaletteRules = None,
    as_json: AsJson = False,
) -> None:
    """Tell which colour operators get, and which entry, rules or seed say so."""
    children = [colour_named(name) for name in over or ()]
    chosen = palette_of(seed, palette, palette_rules)
    found = [chosen.explain(operator, children) for operator in operators]
    if as_json:
        print_json([_document(item) for item in found])
    else:
        typer.echo("\n".join(map(str, found)))


def fork(
    branches: Annotated[
        list[int], typer.Argument(min=0, max=_BRANCH_MAX, help="Numbers of branches, from 0; each a fork of the last.")
    ],
    seed: Seed = None,
    palette: PaletteFile = None,
    palette_rules: PaletteRules = None,
    as_json: AsJson = False,
) -> None:
    """Print the seed of a branch of a palette; give it as --seed to colour an experiment of its own."""
    chosen = palette_of(seed, palette, palette_rules)
    for branch in branches:
        chosen = chosen.fork(branch)
    if as_json:
        print_json({"branches": list(chosen.branches), "seed": chosen.seed})
    else:
        typer.echo(str(chosen.seed))


def harmony(
    file: File = None,
    from_topic: FromTopic = False,
    until: Until = None,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    graph: Graph = "main",
    as_json: AsJson = False,
) -> None:
    """Score how well the colours of a log's nodes go together: 1 if all are one, one half if GREEN parts everything."""
    expect_one_source(file, from_topic)
    from egraph.colours import Colour
    from egraph.duck.harmony import harmony as score_of

    nodes = fold_log(file, until, bootstrap, graph, quiet=as_json).folder.log.store.nodes
    score = score_of(
        (Colour(nodes.colour[number]), Colour(nodes.colour[child]))
        for number in range(len(nodes.ids))
        for child in nodes.children_of(number)
    )
    if as_json:
        print_json({"pairs": score.pairs, "compatible": score.compatible, "equal": score.equal, "score": score.score})
    else:
        typer.echo(
            f"harmony {score.score:.3f}: of {score.pairs:,} pairs of a node and its child {score.compatible:,} may "
            f"stand so, {score.equal:,} are of one colour"
        )


def _document(item: "Explanation") -> dict[str, Any]:
    return {
        "operator": item.operator,
        "colour": item.colour.name,
        "preferred": item.preferred.name,
        "source": item.source.value,
        "detail": item.detail,
        "forbidden_by": None if item.forbidding is None else item.forbidding.name,
        "text": str(item),
    }
