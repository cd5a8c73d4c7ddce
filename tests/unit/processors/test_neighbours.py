"""Bookkeeping of one neighbour: what it holds, what is on its way, what it wants next."""

from itertools import pairwise

from streams.processors.neighbours import WINDOW_BYTES, WINDOW_MESSAGES, Neighbour

PATIENCE = 1_000


def neighbour(*eager: int, heard: tuple[int, ...] = (0, 0, 0)) -> Neighbour:
    """Give neighbour 2 of a system of three, heard of at time 0."""
    out = Neighbour(2, 3, eager=frozenset(eager), retransmit_after=PATIENCE)
    assert not out.is_known
    assert out.hear(5, heard, 0)
    return out


def send(it: Neighbour, message: int, now: int = 0, **until: int) -> None:
    """Send a delta that ends at these offsets: p0=3 is offset 3 of partition 0. None at all: an acknowledgement."""
    it.note_message(message, now)
    if until:
        it.note_delta(message, 10, {int(name[1:]): offset for name, offset in until.items()})


def wanted(it: Neighbour, version: tuple[int, ...], now: int = 0) -> list[tuple[int, int]]:
    """Ask as a round of gossip does."""
    it.review(version, now)
    return it.wanted(version)


def test_along_the_tree_what_is_new_goes_at_once() -> None:
    """Facts would wait for the retransmission, or travel along every edge."""
    assert wanted(neighbour(0, 1), (3, 7, 0)) == [(1, 0), (0, 0)], "the longest backlog first"
    assert wanted(neighbour(1), (3, 7, 0)) == [(1, 0)]


def test_what_was_sent_is_not_sent_again_however_long_it_takes() -> None:
    """A neighbour that is slow would drown in repetitions of what lies in its inbox."""
    it = neighbour(0)
    send(it, 1, p0=3)
    assert wanted(it, (5, 0, 0)) == [(0, 3)]
    send(it, 2, p0=5)

    assert [now for now in range(0, 99 * PATIENCE, 100) if wanted(it, (5, 0, 0), now)] == []


def test_what_was_read_and_is_still_lacking_is_sent_from_there() -> None:
    """A lost message would be lost for ever."""
    it = neighbour(0)
    send(it, 1, p0=3)  # arrives
    send(it, 2, p0=5)  # is lost
    send(it, 3)
    assert it.hear(5, (3, 0, 0), 1)
    it.acknowledge(3)

    assert wanted(it, (5, 0, 0)) == [(0, 3)]


def test_one_loss_is_made_up_for_once() -> None:
    """Each message behind the lost one would start the repetition anew."""
    it = neighbour(0)
    for message in range(1, 5):
        send(it, message, p0=message)  # the first is lost, so that the others do not join
    it.acknowledge(1)
    assert wanted(it, (4, 0, 0)) == [(0, 0)]
    send(it, 5, p0=4)
    for message in range(2, 5):
        it.acknowledge(message)
        assert wanted(it, (4, 0, 0)) == [], "what was sent before the repetition says nothing of it"

    it.acknowledge(5)
    assert wanted(it, (4, 0, 0)) == [(0, 0)], "the repetition was lost as well"


def test_a_full_window_of_lost_messages_opens_again() -> None:
    """Two agents would never exchange a fact again after the broker was away for some seconds."""
    it = neighbour(0)
    for message in range(WINDOW_MESSAGES):
        send(it, message, p0=message + 1)
    assert not it.has_room()
    send(it, 99)  # a greeting needs no room; it is the first to get through
    it.acknowledge(99)

    assert it.has_room()
    assert wanted(it, (9, 0, 0)) == [(0, 0)]


def test_load_on_one_partition_does_not_hide_a_loss_on_another() -> None:
    """A fact would stay unknown to an agent for as long as other facts keep flowing."""
    it = neighbour(0, 1)
    send(it, 1, p0=1, p1=1)  # its part of partition 0 is damaged on the way
    send(it, 2, p1=2)
    assert it.hear(5, (0, 1, 0), 1)
    it.acknowledge(1)

    assert (0, 0) in wanted(it, (1, 3, 0), 1)


def test_off_the_tree_only_what_nobody_brings_is_sent() -> None:
    """A broken tree edge would cut an agent off for ever; or every edge would carry everything."""
    it = neighbour()
    assert wanted(it, (5, 0, 0), 99 * PATIENCE) == [], "it has read nothing of ours since it lacks something"
    send(it, 1, now=PATIENCE)
    it.acknowledge(1)
    assert wanted(it, (5, 0, 0), 99 * PATIENCE) == []
    send(it, 2, now=PATIENCE + 1)
    it.acknowledge(2)

    assert wanted(it, (5, 0, 0), 99 * PATIENCE) == [(0, 0)]


def helping_out() -> Neighbour:
    """Give a neighbour that lacked facts 0 to 4 of partition 0 although its tree should have brought them."""
    it = neighbour()
    send(it, 1, now=PATIENCE + 1)
    it.acknowledge(1)
    assert wanted(it, (5, 0, 0), 2 * PATIENCE) == [(0, 0)]
    send(it, 2, now=2 * PATIENCE, p0=5)
    assert it.hear(5, (5, 0, 0), 2 * PATIENCE + 1)
    it.acknowledge(2)
    return it


def test_an_edge_that_had_to_help_out_sends_at_once_for_a_while() -> None:
    """Round an edge that has failed for good each fact would wait at each hop; or both edges would send for ever."""
    it = helping_out()
    assert wanted(it, (6, 0, 0), 2 * PATIENCE + 2) == [(0, 5)]
    assert wanted(it, (6, 0, 0), 9 * PATIENCE) == [(0, 5)]
    assert wanted(it, (6, 0, 0), 11 * PATIENCE) == []


def test_the_tree_at_work_again_ends_the_help() -> None:
    """A fact would cross two edges to the same agent long after the failed one is back."""
    it = helping_out()
    assert it.hear(5, (7, 0, 0), 2 * PATIENCE + 2)  # nobody sent it that from here

    assert wanted(it, (9, 0, 0), 2 * PATIENCE + 3) == []


def test_help_that_is_not_taken_does_not_hurry() -> None:
    """A neighbour that cannot take something would be sent it again with each acknowledgement."""
    it = helping_out()
    send(it, 3, now=2 * PATIENCE + 2, p0=6)
    it.acknowledge(3)

    assert wanted(it, (6, 0, 0), 2 * PATIENCE + 3) == []


def test_help_that_stays_needed_lasts_longer() -> None:
    """An edge that is gone for good would cost a wait every few seconds."""
    it = helping_out()
    lapses = []
    for number, now in enumerate(range(3 * PATIENCE, 200 * PATIENCE, PATIENCE), 2):
        send(it, 2 * number, now=now)
        it.acknowledge(2 * number)
        version = (number + 4, 0, 0)  # a new fact each time
        if wanted(it, version, now):
            send(it, 2 * number + 1, now=now, p0=version[0])
            assert it.hear(5, version, now)
            it.acknowledge(2 * number + 1)
        else:
            lapses.append(now // PATIENCE)
    lasted = [after - before for before, after in pairwise(lapses) if after - before > 3]
    assert lasted == sorted(lasted)
    assert lasted[-1] > 2 * lasted[0]


def test_patience_grows_with_each_disappointment_and_begins_anew_with_progress() -> None:
    """A neighbour that cannot take something would be sent it again and again; one that recovers would wait long."""
    it = neighbour()
    tries = []
    for now in range(0, 40 * PATIENCE, 10):
        send(it, now, now=now)
        it.acknowledge(now)
        if wanted(it, (5, 0, 0), now):
            tries.append(now)
            send(it, now + 1, now=now, p0=5)
    waits = [after - before for before, after in pairwise(tries)]
    assert waits[:2] == [2 * PATIENCE + 10, 4 * PATIENCE + 10]
    assert max(waits) == waits[-1] == 8 * PATIENCE + 10

    now = 40 * PATIENCE
    assert it.hear(5, (1, 0, 0), now)
    for later, expected in ((PATIENCE, []), (PATIENCE + 1, [(0, 1)])):
        send(it, now + later, now=now + later)
        it.acknowledge(now + later)
        assert wanted(it, (5, 0, 0), now + later) == expected


def test_a_clock_set_back_does_not_prolong_the_wait() -> None:
    """What was lost would stay lost until the clock is where it was before."""
    it = neighbour()
    assert wanted(it, (0, 0, 0), 1_000 * PATIENCE) == []
    assert wanted(it, (5, 0, 0), PATIENCE) == []
    send(it, 1, now=2 * PATIENCE + 1)
    it.acknowledge(1)

    assert wanted(it, (5, 0, 0), 2 * PATIENCE + 1) == [(0, 0)]


def test_a_neighbours_own_partition_is_never_sent_to_it() -> None:
    """It reads its home from the log; what gossip brings of it is thrown away."""
    it = neighbour(0, 1, 2)
    send(it, 1, now=99 * PATIENCE)
    it.acknowledge(1)

    assert wanted(it, (0, 0, 9), 99 * PATIENCE) == []


def test_an_older_version_of_the_same_life_takes_nothing_back() -> None:
    """Messages that come out of order would make it look as if the neighbour had lost facts."""
    it = neighbour(0, heard=(4, 0, 0))
    assert it.hear(5, (2, 3, 0), 1)

    assert it.known == [4, 3, 0]


def test_a_new_life_is_believed_and_an_old_one_is_not() -> None:
    """A restarted neighbour would never get again what it has lost; a late message would bring its ghost back."""
    it = neighbour(0, heard=(9, 9, 9))
    it.received_id = 30
    send(it, 1, p0=9)
    assert it.hear(6, (1, 0, 0), 1)

    assert (it.known, it.received_id) == ([1, 0, 0], -1)
    assert wanted(it, (9, 0, 0)) == [(0, 1)], "what the former life was sent is forgotten"
    assert it.ack_due, "the new life does not know what we hold"
    assert it.has_room()
    assert not it.hear(5, (9, 9, 9), 2)
    assert it.known == [1, 0, 0]


def test_the_window_closes_and_opens() -> None:
    """A neighbour that does not answer would be flooded; or one that answers would starve."""
    it = neighbour()
    for message in range(WINDOW_MESSAGES):
        assert it.has_room()
        it.note_delta(message, 10, {})
    assert not it.has_room()

    it.acknowledge(-1)
    assert not it.has_room()
    it.acknowledge(0)
    assert it.has_room()
    it.note_delta(99, WINDOW_BYTES, {})
    assert not it.has_room()
    it.acknowledge(98)
    assert not it.has_room()
    it.acknowledge(99)
    for message in range(WINDOW_MESSAGES):
        assert it.has_room(), "bytes of acknowledged messages must not add up"
        it.note_delta(100 + message, 10, {})
