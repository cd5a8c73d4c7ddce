"""Options shared by commands, and what the exit codes mean. Precedence: flag > environment > default."""

from pathlib import Path
from typing import Annotated

import typer

EXIT_CODES = (
    "Exit codes: 0 done; 1 the answer is no (not converged, not found); 2 wrong usage; 3 a needed service failed."
)

EXIT_NO = 1
EXIT_USAGE = 2
EXIT_SERVICE = 3

Bootstrap = Annotated[
    str,
    typer.Option("--bootstrap", envvar="EGRAPH_BOOTSTRAP", help="Kafka bootstrap servers, host:port[,host:port]."),
]
DataDir = Annotated[
    Path,
    typer.Option("--data-dir", envvar="EGRAPH_DATA_DIR", help="Where snapshots, segments and the catalog live."),
]
Agents = Annotated[int, typer.Option("--agents", envvar="EGRAPH_AGENTS", min=1, max=64, help="Number of agents.")]
Graph = Annotated[str, typer.Option("--graph", envvar="EGRAPH_GRAPH", help="Name of the e-graph.")]
Patience = Annotated[
    float, typer.Option("--patience", min=0.0, help="Seconds to wait at the start for a broker that is away.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]

DEFAULT_BOOTSTRAP = "127.0.0.1:9092"
DEFAULT_DATA_DIR = Path(".egraph/data")
