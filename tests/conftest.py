"""How tests are shared out over processes: what needs a broker in one, in order, beside all else file by file.

Belongs here: nothing but that; fixtures stand beside their tests. Without `-n` (one process) only the order holds.
"""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from xdist.scheduler import Scheduling

_LONGEST_FIRST = ("tests/integration", "tests/browser", "tests/simulation", "tests/properties")
"""What comes last should be short: one process would wait for it."""


def _rank(nodeid: str) -> int:
    return next((place for place, folder in enumerate(_LONGEST_FIRST) if nodeid.startswith(folder)), 9)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest; within that, keep the order."""
    items.sort(key=lambda item: _rank(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> "Scheduling":
    """Share out files, except that tests of one broker, and of real processes that must not starve, are one."""
    from xdist.scheduler import LoadScopeScheduling  # here, since one process does without

    class Lanes(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "tests/integration" if _rank(nodeid) == 0 else nodeid.split("::", 1)[0]

    return Lanes(config, log)
