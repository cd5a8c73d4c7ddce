"""Which implementation of a view a process folds with, and making it ready.

Belongs here: the choice, in one place. Not here: the views (egraph/view.py in plain Python, egraph/kernel/view.py over
compiled loops), which answer alike. Run as `python -m`, it compiles the loops into numba's cache and says how long that
took: whoever starts several processes does it once for all of them.
"""

import time
from typing import TYPE_CHECKING

from egraph.reading import MakeView, ReplicaView
from egraph.store import FactStore
from egraph.view import IncrementalView
from streams.processors.fact_log import FactLog, MakeDecoder

if TYPE_CHECKING:
    from schemas.columns.decode import ColumnDecoder

KERNEL_FROM = 100_000
"""Below so many facts plain Python has folded them before the compiled loops are loaded."""


def kernel_view(store: FactStore) -> ReplicaView:
    """Give a view over the compiled kernel. The first one of a process loads it, or compiles it if no cache has it."""
    from egraph.kernel.view import KernelView

    return KernelView(store)


def view_for(facts: int) -> MakeView:
    """Choose for a process that folds about so many facts once and ends."""
    return IncrementalView if facts < KERNEL_FROM else kernel_view


def column_decoder() -> "ColumnDecoder":
    """Give what decodes many facts at once. The first one of a process loads it, or compiles it."""
    from schemas.columns.decode import ColumnDecoder

    return ColumnDecoder()


def decoder_for(facts: int) -> MakeDecoder | None:
    """Choose for a process that decodes about so many facts and ends."""
    return None if facts < KERNEL_FROM else column_decoder


def load_kernel() -> float:
    """Load the compiled loops, and compile what no cache has; give the seconds. Long: not for an event loop."""
    from egraph.kernel.compiling import load_all

    started = time.monotonic()
    load_all()
    view = kernel_view(FactStore())
    view.settle()
    view.view_digest()
    view.counts()
    FactLog(1, column_decoder).prepare(_some_messages())
    return time.monotonic() - started


def _some_messages() -> list[bytes]:
    """Give so many facts that tables of ids have grown when they are taken in."""
    from egraph.colours import Colour
    from egraph.facts import NodeAdded
    from schemas.codec import seal

    drafts = (
        NodeAdded(graph="main", producer="warming", sequence=at, hlc=at, operator=f"{at}", colour=Colour.GREEN)
        for at in range(1100)
    )
    return [seal(draft).raw for draft in drafts]


if __name__ == "__main__":
    print(f"{load_kernel():.1f}")
