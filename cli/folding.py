"""What the commands share that fold a whole log first: their options, the progress bar, and how failures are told.

Belongs here: from options to a folded log. Not here: folding (streams/runtimes/replay.py), what commands do with it.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import EXIT_NO, EXIT_USAGE
from cli.run import Bar, fail, fail_file, run_async

if TYPE_CHECKING:
    from streams.runtimes.replay import FoldedLog

File = Annotated[Path | None, typer.Argument(help="A file written by `egraph log export`.")]
FromTopic = Annotated[bool, typer.Option("--from-topic", help="Read the facts topic instead of a file.")]
Until = Annotated[
    list[str] | None,
    typer.Option("--until", help="PARTITION:OFFSET, the first offset left out; give it for any partitions."),
]


def expect_one_source(file: Path | None, from_topic: bool) -> None:
    """Exit with EXIT_USAGE unless just one of them was named."""
    if (file is None) is not from_topic:
        fail("give either a file or --from-topic", EXIT_USAGE)


def fold_log(
    file: Path | None, until: list[str] | None, bootstrap: str, graph: str, *, quiet: bool, doing: str = "replaying"
) -> "FoldedLog":
    """Fold a file, or the topic where there is none, with a bar for those who watch. Exits where that cannot be."""
    from streams.runtimes.replay import fold_file, fold_topic

    cut = parse_cut(until or [])
    with told_failures(), Bar(doing, "records", visible=watched(quiet)) as bar:
        if file is not None:
            return fold_file(file, graph=graph, until=cut, on_replayed=bar.update)
        return run_async(fold_topic(bootstrap, graph=graph, until=cut, on_replayed=bar.update))


def watched(quiet: bool) -> bool:
    """Tell whether somebody looks at a bar: `quiet` is what a command that prints JSON asks for."""
    return not quiet and sys.stderr.isatty()


@contextmanager
def told_failures() -> Iterator[None]:
    """Turn what can be wrong with a log into one line and an exit code."""
    from streams.log_file import DamagedLogFile
    from streams.runtimes.replay import NotReplayable

    try:
        yield
    except (NotReplayable, DamagedLogFile) as error:
        fail(str(error), EXIT_NO)
    except OSError as error:
        fail_file(error)


def parse_cut(texts: list[str]) -> dict[int, int]:
    """Read PARTITION:OFFSET texts. Exits with EXIT_USAGE for another text."""
    cut: dict[int, int] = {}
    for text in texts:
        partition, colon, offset = text.partition(":")
        if not (colon and partition.isdecimal() and offset.isdecimal()):
            fail(f"--until {text!r} is not PARTITION:OFFSET, such as 3:1200", EXIT_USAGE)
        cut[int(partition)] = int(offset)
    return cut
