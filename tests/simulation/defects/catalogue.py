"""The catalogue of seeded defects: small wrongs over the whole path, each put into the production code on purpose.

Belongs here: what a defect is, and the list. Not here: the defects (the modules beside this one), running them
(tests/simulation/score.py). The docstring of a defect says what would go wrong in the world.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import pytest

from streams.processors import agent
from streams.processors.agent import AgentProcessor
from streams.runtimes.simulated_workers import Worker

Patch = pytest.MonkeyPatch
Install = Callable[[Patch], type[Worker] | None]

AREAS = (
    "admission", "decoding", "views", "agents", "gossip", "neighbours", "exchanges", "lives", "clocks", "snapshots",
    "joining", "letters", "processes", "orders", "sinks",
)  # fmt: skip
"""In the order in which a fact meets them; each is a module of this folder."""


@dataclass(frozen=True)
class Defect:
    """One defect. `install` puts it in, and gives the worker to run with where that is not the plain one."""

    name: str
    area: str
    says: str
    install: Install


_ALL: list[Defect] = []


def defect(install: Install) -> Install:
    """Put a function into the catalogue under its own name."""
    assert install.__doc__, f"{install.__name__} does not say what would go wrong"
    area = install.__module__.rpartition(".")[2]
    _ALL.append(Defect(install.__name__, area, " ".join(install.__doc__.split()), install))
    return install


def catalogue() -> list[Defect]:
    """Give all defects, area by area."""
    for area in AREAS:
        import_module(f"tests.simulation.defects.{area}")
    return sorted(_ALL, key=lambda item: AREAS.index(item.area))


def with_processor(processor: type[AgentProcessor]) -> type[Worker]:
    """Give a worker whose agents are of this class."""
    return type("WorkerOf" + processor.__name__, (Worker,), {"processor_class": processor})


def install_view(patch: Patch, view: type) -> None:
    """Let agents keep their state in a view of this class."""
    patch.setattr(agent, "IncrementalView", view)
