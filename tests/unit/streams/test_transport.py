"""What our transport changes in Faust's: turns, commits, the watchdog, the producer.

Belongs here: our subclasses on their own. Not here: a running worker (tests/integration/test_agents.py).
"""

import asyncio
from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaError, UnknownError
from faust.types import TP

from streams.runtimes import transport
from streams.runtimes.transport import (
    BATCH_RECORDS,
    EXIT_COORDINATOR,
    READ_AHEAD_BATCHES,
    READ_AHEAD_RECORDS,
    CoalescingScheduler,
    Consumer,
    ConsumerThread,
    Producer,
    TopicsUnknown,
    WholeAssignor,
)


def records(partition: int, count: int) -> list[Any]:
    """Give consumer records of one partition."""
    return [
        SimpleNamespace(topic="t", partition=partition, offset=offset, timestamp=offset, timestamp_type=1)
        for offset in range(count)
    ]


def test_batches_take_turns_and_carry_everything_in_order() -> None:
    """A long backlog would starve the other partitions, or records would be lost or swapped in it."""
    long, short = TP("t", 0), TP("t", 1)
    found = {long: records(0, 2 * BATCH_RECORDS + 3), short: records(1, 5)}
    turns = list(CoalescingScheduler().iterate(found))

    assert [tp for tp, _ in turns] == [long, short, long, long]
    for tp, wanted in found.items():
        assert [record for at, batch in turns if at == tp for record in batch.value] == wanted
    assert all(batch.offset == batch.value[-1].offset for _, batch in turns)
    assert list(CoalescingScheduler().iterate({})) == []


def consumer(acked: list[int], unacked: list[int]) -> Any:
    """Give what `_new_offset` looks at: offsets acknowledged, and messages handed out that are not."""
    tp = TP("t", 0)
    messages = [SimpleNamespace(tp=tp, offset=offset, acked=False) for offset in unacked]
    return SimpleNamespace(
        _acked=defaultdict(list, {tp: acked}),
        _acked_index=defaultdict(set, {tp: set(acked)}),
        _unacked_messages=messages,
        _gap={},
    )


@pytest.mark.parametrize(
    ("acked", "unacked", "commit", "kept"),
    [
        ([5, 9, 20], [], 21, []),
        ([5, 9, 20], [12], 10, [20]),
        ([9], [5], None, [9]),
        ([], [5], None, []),
        ([], [], None, []),
    ],
    ids=["all done", "a hole in the middle", "a hole at the head", "nothing done", "idle"],
)
def test_a_commit_never_passes_what_is_not_done(
    acked: list[int], unacked: list[int], commit: int | None, kept: list[int]
) -> None:
    """Records in hand when the process dies would never be read again."""
    it = consumer(list(acked), unacked)

    assert Consumer._new_offset(it, TP("t", 0)) == commit
    assert it._acked[TP("t", 0)] == kept
    assert Consumer._new_offset(it, TP("t", 0)) is None, "the same is not committed twice"


class Watched:
    """Stands for a consumer thread whose coordinator fails as a script says."""

    def __init__(self, script: list[KafkaError | None]) -> None:
        self._script = script
        self._consumer = SimpleNamespace(_coordinator=self)
        self.log = SimpleNamespace(error=lambda *_: None)
        self.asked = 0
        self.asked_for_metadata = 0

    async def _ask_for_metadata(self) -> None:
        self.asked_for_metadata += 1

    def check_errors(self) -> None:
        """Raise the next error of the script."""
        self.asked += 1
        error = self._script.pop(0)
        if error is not None:
            raise error

    @property
    def should_stop(self) -> bool:
        return not self._script

    async def sleep(self, _: float) -> None:
        await asyncio.sleep(0)


class Ended(BaseException):
    """Stands for the end of the process."""


def watch(script: list[KafkaError | None], monkeypatch: pytest.MonkeyPatch) -> int | None:
    """Run the watchdog over a script; give the exit code, or None if it let the process live."""

    def end(code: int) -> None:
        raise Ended(code)

    monkeypatch.setattr(transport.os, "_exit", end)
    task = ConsumerThread._watch_coordinator
    function = getattr(task, "fun", task)
    try:
        asyncio.run(function(Watched(script)))
    except Ended as ended:
        return int(ended.args[0])
    return None


def test_a_coordinator_that_goes_on_failing_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker would stay alive, idle and silent for ever."""
    assert watch([UnknownError()] * 10, monkeypatch) == EXIT_COORDINATOR


def test_a_coordinator_that_recovers_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every hiccup of the broker would restart all agents."""
    assert watch([UnknownError(), UnknownError(), None] * 4, monkeypatch) is None


def test_a_coordinator_that_failed_asks_for_metadata() -> None:
    """The leader of a group that knows no topics would join with what it knows again and again."""
    watched = Watched([UnknownError(), None, UnknownError(), None])
    task = ConsumerThread._watch_coordinator
    asyncio.run(getattr(task, "fun", task)(watched))
    assert watched.asked_for_metadata == 2


def test_a_consumer_that_asks_for_metadata_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """The watchdog would be silent while no broker answers, and the worker stay alive, idle."""
    monkeypatch.setattr(transport, "_METADATA_S", 0.01)
    asked = []

    async def run() -> None:
        client = SimpleNamespace(force_metadata_update=lambda: asked.append(1) or asyncio.Future())
        thread: Any = SimpleNamespace(_ensure_consumer=lambda: SimpleNamespace(_client=client))
        await asyncio.wait_for(ConsumerThread._ask_for_metadata(thread), 5)

    asyncio.run(run())
    assert asked == [1]


class Cluster:
    """What a client knows of topics."""

    def __init__(self, **partitions: int) -> None:
        self._partitions = partitions

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        """Give the partitions of a topic, or nothing."""
        return set(range(self._partitions[topic])) if topic in self._partitions else None


@pytest.mark.parametrize("known", [{}, {"facts": 9}, {"facts": 9, "gossip": 0}])
def test_a_leader_that_does_not_know_all_topics_assigns_nothing(known: dict[str, int]) -> None:
    """Behind a restart of the broker no process would host an agent, and none would ask why."""
    assignor: Any = object.__new__(WholeAssignor)
    members = {"a": SimpleNamespace(subscription=["facts"]), "b": SimpleNamespace(subscription=["facts", "gossip"])}

    with pytest.raises(TopicsUnknown, match="gossip"):
        assignor.assign(Cluster(**known), members)


def test_a_leader_that_knows_all_topics_assigns_as_faust_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker would ever host an agent."""
    monkeypatch.setattr(WholeAssignor.__base__, "assign", lambda _, cluster, members: {"a": "everything"})
    assignor: Any = object.__new__(WholeAssignor)

    assert assignor.assign(Cluster(facts=9), {"a": SimpleNamespace(subscription=["facts"])}) == {"a": "everything"}


def test_the_producer_is_idempotent_and_waits_for_all_replicas() -> None:
    """A retried send would be stored twice or out of order, or be lost with one broker."""
    extra = Producer._settings_extra(SimpleNamespace())  # type: ignore[arg-type]

    assert extra == {"acks": "all", "enable_idempotence": True}


async def deliver(delivery: Any, suspended: asyncio.Event) -> Any:
    """Have a consumer hand something over."""
    itself: Any = object.__new__(Consumer)
    itself.__dict__.update(_stopped=asyncio.Event(), _crashed=asyncio.Event(), _loop=asyncio.get_running_loop())
    return await itself.wait_first(delivery, suspended.wait())


def test_a_batch_with_room_in_its_queue_is_handed_over_at_once() -> None:
    """Other tasks would run between two batches of a fetch, and the next fetch would begin late."""

    async def run() -> list[str]:
        order: list[str] = []

        async def delivery() -> None:
            order.append("delivered")

        asyncio.get_running_loop().call_soon(order.append, "another")
        await deliver(delivery(), asyncio.Event())
        return list(order)

    assert asyncio.run(run()) == ["delivered"]


def test_a_batch_without_room_waits_and_is_handed_over_whole() -> None:
    """A full queue would lose a batch, or what a delivery awaited would be awaited anew."""

    async def run() -> list[int]:
        queue: asyncio.Queue[int] = asyncio.Queue(1)
        got: list[int] = []

        async def delivery() -> None:
            for number in range(3):
                await queue.put(number)

        async def take() -> None:
            while len(got) < 3:
                got.append(await queue.get())

        await asyncio.gather(deliver(delivery(), asyncio.Event()), take())
        return got

    assert asyncio.run(run()) == [0, 1, 2]


def test_a_batch_without_room_is_left_when_the_flow_is_suspended() -> None:
    """A rebalance would wait for a full queue for ever."""

    async def run() -> bool:
        suspended = asyncio.Event()
        left = False

        async def delivery() -> None:
            nonlocal left
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                left = True
                raise

        asyncio.get_running_loop().call_soon(suspended.set)
        await asyncio.wait_for(deliver(delivery(), suspended), 5)
        await asyncio.sleep(0)
        return left

    assert asyncio.run(run())


class Taking(Consumer):
    """A consumer without a broker, whose messages in hand a test chooses."""

    flow_active = True
    should_stop = False

    def __init__(self, in_hand: list[int]) -> None:
        self.messages = [SimpleNamespace(acked=False, value=records(0, count)) for count in in_hand]
        self.taken: list[set[TP]] = []
        self.__dict__.update(
            _unacked_messages=self.messages,
            _active_partitions={TP("t", 0), TP("t", 1)},
            _buffered_partitions=set(),
            app=SimpleNamespace(client_only=False, in_recovery=False),
            not_waiting_next_records=asyncio.Event(),
        )

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:
        self.taken.append(set(active_partitions))
        return {}


@pytest.mark.parametrize(
    "in_hand",
    [[READ_AHEAD_RECORDS, 1], [READ_AHEAD_RECORDS // 2] * 2 + [1], [1] * (READ_AHEAD_BATCHES + 1)],
    ids=["one large batch", "records", "small batches"],
)
def test_nothing_is_taken_while_much_is_in_hand(in_hand: list[int]) -> None:
    """A worker that folds slower than it reads would hold the backlog in memory, and work it off in crumbs."""

    async def run() -> tuple[list[set[TP]], list[set[TP]]]:
        it = Taking(in_hand)
        task = asyncio.create_task(it._wait_next_records(1.0))
        await asyncio.sleep(0.05)
        before = list(it.taken)
        it.messages[-1].acked = True
        await asyncio.wait_for(task, 5)
        return before, it.taken

    before, after = asyncio.run(run())
    assert before == []
    assert after == [{TP("t", 0), TP("t", 1)}]


def test_a_partition_with_much_in_hand_is_still_fetched_with_the_others() -> None:
    """The broker would be asked for the others alone, and answer a second and a half later when they are idle."""

    async def run() -> list[set[TP]]:
        it = Taking([5])
        it.on_buffer_full(TP("t", 0))
        await asyncio.wait_for(it._wait_next_records(1.0), 5)
        return it.taken

    assert asyncio.run(run()) == [{TP("t", 0), TP("t", 1)}]


def test_a_rebalance_does_not_wait_for_what_is_in_hand() -> None:
    """Revoked partitions would be waited for by the fetcher, and the fetcher by them."""

    async def run() -> int:
        it = Taking([READ_AHEAD_RECORDS + 1])
        task = asyncio.create_task(it._wait_next_records(1.0))
        await asyncio.sleep(0.02)
        it.flow_active = False
        await asyncio.wait_for(task, 5)
        return len(it.taken)

    assert asyncio.run(run()) == 1
