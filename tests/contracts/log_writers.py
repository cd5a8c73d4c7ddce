"""What every LogWriter promises, for an adapter that is connected to an empty log of at least two partitions.

Belongs here: the promises of streams/outbox/log_writer.py. Adapters: test_log_writer.py here, and
tests/integration/test_producer.py.
"""

from collections.abc import Awaitable, Callable

from streams.outbox.log_writer import LogWriter
from streams.outbox.outbox import BATCH_BYTES_MAX, BATCH_ROWS_MAX

ReadPartition = Callable[[int], Awaitable[list[bytes]]]


async def keeps_its_promises(log: LogWriter, read: ReadPartition) -> None:
    """Append in every way the outbox does, and look at what stands where."""
    assert await log.append(0, [b"a", b"b"]) == 0
    assert await log.append(1, [b"c"]) == 0
    assert await log.append(0, [b"a", b"d"]) == 2, "equal bytes are appended again: naming facts is not the log's work"

    many = [b"%d" % number for number in range(BATCH_ROWS_MAX)]
    large = [b"x" * 1024] * (BATCH_BYTES_MAX // 1024)
    full = [b"y" * (BATCH_BYTES_MAX // BATCH_ROWS_MAX)] * BATCH_ROWS_MAX
    for facts in (many, large, full):
        first = await log.append(1, facts)
        assert (await read(1))[first:] == facts
    assert await read(0) == [b"a", b"b", b"a", b"d"]
