"""A program that produces under load until it is killed, and writes down what it was told, line by line.

Usage: python -m tests.integration.producing BOOTSTRAP FOLDER. In FOLDER: the spool, `accepted` and `acknowledged` with
one event id a line. Belongs here: producing. Not here: killing and judging (test_producer.py).
"""

import os
import sys
from collections import deque
from itertools import count
from pathlib import Path

from streams.outbox.intents import AddNode
from streams.producer import Producer, Receipt, SpoolLimits

NAME = "load"
LIMITS = SpoolLimits(rows=2000)
_CALL = 40


def main(bootstrap: str, folder: Path) -> None:
    """Produce for ever. A line is handed to the system before anything else is done, so a kill cannot take it back."""
    accepted, acknowledged = (
        os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND) for name in ("accepted", "acknowledged")
    )
    open_receipts: deque[Receipt] = deque()
    with Producer(bootstrap, name=NAME, spool=folder, limits=LIMITS) as producer:
        for life in count():
            receipts = producer.send_many([AddNode(f"{os.getpid()}-{life}-{number}") for number in range(_CALL)])
            os.write(accepted, b"".join(receipt.event_id.hex().encode() + b"\n" for receipt in receipts))
            open_receipts += receipts
            while open_receipts and open_receipts[0].acknowledged():
                os.write(acknowledged, open_receipts.popleft().event_id.hex().encode() + b"\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
