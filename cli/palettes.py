"""What the commands share that give terms their colours: the options, and the colouring that they ask for.

Belongs here: from options and files to a palette. Not here: what a palette is (egraph/duck).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.files import read_rule_file, read_text
from cli.options import EXIT_USAGE
from cli.run import fail

if TYPE_CHECKING:
    from egraph.colours import Colour
    from egraph.duck.palette import Palette
    from streams.ingest.colouring import Colouring

Seed = Annotated[
    int | None,
    typer.Option(
        "--seed",
        min=-(1 << 63),
        max=(1 << 63) - 1,
        help="Seed of the colours of terms, the same for all who mean one graph. Default: the palette's, else 0.",
    ),
]
PaletteFile = Annotated[
    Path | None, typer.Option("--palette", dir_okay=False, help="A colour policy in TOML; docs/colours.md tells how.")
]
PaletteRules = Annotated[
    Path | None,
    typer.Option("--palette-rules", dir_okay=False, help="Rules to infer colours from, if the policy asks for that."),
]


def colouring_of(seed: int | None, policy: Path | None, rules: Path | None) -> "Colouring":
    """Give the colouring that the options ask for. Exits with EXIT_USAGE where a file is wrong."""
    from streams.ingest.colouring import Colouring

    return Colouring(palette_of(seed, policy, rules))


def palette_of(seed: int | None, policy: Path | None, rules: Path | None) -> "Palette":
    """Give the palette that the options ask for: the policy of the file, with the seed in place of its own if given."""
    from dataclasses import replace

    from egraph.duck.palette import make_palette
    from egraph.duck.policy import Policy
    from egraph.duck.problems import PolicyRefused
    from egraph.duck.reader import read_policy

    try:
        chosen = read_policy(read_text(policy)) if policy is not None else Policy()
        if seed is not None:
            chosen = replace(chosen, seed=seed)
        return make_palette(chosen, None if rules is None else read_rule_file(rules).rules)
    except PolicyRefused as refused:
        fail("\n".join(f"{policy}: {problem}" for problem in refused.problems), EXIT_USAGE)


def colour_named(name: str) -> "Colour":
    """Give a colour by its name, in capitals or not. Exits with EXIT_USAGE where there is none."""
    from egraph.colours import Colour

    if name.upper() not in Colour.__members__:
        fail(f"{name!r} is no colour; choose RED, GREEN or BLUE", EXIT_USAGE)
    return Colour[name.upper()]
