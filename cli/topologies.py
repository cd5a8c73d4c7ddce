"""The option that chooses who gossips with whom, for all commands that have it.

Belongs here: the option, and from its text to a topology. Not here: topologies (streams).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.files import read_text
from cli.options import EXIT_USAGE
from cli.run import fail

if TYPE_CHECKING:
    from streams.topology import Topology

TopologyOption = Annotated[
    str,
    typer.Option(
        "--topology",
        envvar="EGRAPH_TOPOLOGY",
        help="Who gossips with whom: sierpinski, ring, clique, direct, or a file of edges. The same for all workers. "
        "Default: sierpinski where there is one of that size, else ring.",
    ),
]


def topology_of(text: str, agents: int) -> "Topology":
    """Give the topology that was chosen. Exits where there is none such."""
    from streams.topology import NAMES, default_topology, named_topology
    from streams.topology_text import read_topology

    try:
        if not text:
            return default_topology(agents)
        if text in NAMES or not (Path(text).exists() or "/" in text or "." in text):
            return named_topology(text, agents)
        return read_topology(read_text(Path(text)), text, agents)
    except ValueError as error:
        fail(f"--topology {text}: {error}", EXIT_USAGE)
