"""`egraph replay`: fold a log without Faust and print its digests.

Belongs here: options and printing. Not here: the folding (streams/runtimes/replay.py).
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import DEFAULT_BOOTSTRAP, EXIT_NO, EXIT_USAGE, AsJson, Bootstrap, Graph
from cli.run import Bar, fail, fail_file, print_json, run_async

if TYPE_CHECKING:
    from streams.runtimes.replay import OnReplayed, ReplaySummary


def register(app: typer.Typer) -> None:
    """Add `egraph replay`."""
    app.command("replay")(replay)


def replay(
    file: Annotated[Path | None, typer.Argument(help="A file written by `egraph log export`.")] = None,
    from_topic: Annotated[bool, typer.Option("--from-topic", help="Read the facts topic instead of a file.")] = False,
    until: Annotated[
        list[str] | None,
        typer.Option("--until", help="PARTITION:OFFSET, the first offset left out; give it for any partitions."),
    ] = None,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    graph: Graph = "main",
    as_json: AsJson = False,
) -> None:
    """Fold a log, print its digests: the same as every agent's that holds the same offsets."""
    if (file is None) is not from_topic:
        fail("give either a file or --from-topic", EXIT_USAGE)
    from streams.log_file import DamagedLogFile
    from streams.runtimes.replay import NotReplayable

    cut = parse_cut(until or [])
    try:
        with Bar("replaying", "records", visible=not as_json and sys.stderr.isatty()) as bar:
            summary = _replay(file, bootstrap, graph, cut, bar.update)
    except (NotReplayable, DamagedLogFile) as error:
        fail(str(error), EXIT_NO)
    except OSError as error:
        fail_file(error)
    if as_json:
        print_json(summary.document())
    else:
        _print(summary)


def parse_cut(texts: list[str]) -> dict[int, int]:
    """Read PARTITION:OFFSET texts. Exits with EXIT_USAGE for another text."""
    cut: dict[int, int] = {}
    for text in texts:
        partition, colon, offset = text.partition(":")
        if not (colon and partition.isdecimal() and offset.isdecimal()):
            fail(f"--until {text!r} is not PARTITION:OFFSET, such as 3:1200", EXIT_USAGE)
        cut[int(partition)] = int(offset)
    return cut


def _replay(
    file: Path | None, bootstrap: str, graph: str, cut: dict[int, int], on_replayed: "OnReplayed"
) -> "ReplaySummary":
    from streams.runtimes.replay import replay_file, replay_topic

    if file is not None:
        return replay_file(file, graph=graph, until=cut, on_replayed=on_replayed)
    return run_async(replay_topic(bootstrap, graph=graph, until=cut, on_replayed=on_replayed))


def _print(summary: "ReplaySummary") -> None:
    document = summary.document()
    cut = " ".join(f"{partition}:{offset}" for partition, offset in enumerate(summary.cut))
    refused = ", ".join(f"{reason} {count:,}" for reason, count in summary.dead_letters.items()) or "none"
    rows = document | {"cut": cut, "dead_letters": refused}
    for name, value in rows.items():
        text = f"{value:,}" if isinstance(value, int) else value
        typer.echo(f"{name.replace('_', ' '):<17}{text}")
