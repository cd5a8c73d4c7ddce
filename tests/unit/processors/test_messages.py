"""Messages are given back as they came, one by one or many joined."""

from array import array
from itertools import pairwise
from random import Random

from streams.processors.messages import Messages


def test_chosen_messages_joined_are_those_cut_out_one_by_one() -> None:
    """A snapshot would hold bytes that no producer sent, and could not be read again."""
    for seed in range(200):
        random = Random(seed)
        messages, expected = Messages(), list[bytes]()
        for _ in range(random.randrange(6)):
            if random.random() < 0.3:
                expected.append(random.randbytes(random.randrange(4)))
                messages.append(expected[-1])
            else:
                buffer, cuts = random.randbytes(40), sorted(random.sample(range(41), 6))
                spans = [pair for pair in pairwise(cuts) if random.random() < 0.8]
                messages.extend(buffer, array("i", [a for a, _ in spans]), array("i", [b for _, b in spans]))
                expected += [buffer[a:b] for a, b in spans]
        numbers = [random.randrange(len(expected)) for _ in range(random.randrange(9))] if expected else []
        chosen = array("i", sorted(numbers) if random.random() < 0.5 else numbers)
        if random.random() < 0.3:
            chosen = array("i", range(len(expected)))

        found = messages.choose(chosen)
        messages.append(b"later")

        assert found.joined() == b"".join(expected[number] for number in chosen), f"seed {seed}"
        lengths = b"".join(len(expected[number]).to_bytes(8, "little") for number in chosen)
        assert found.lengths == lengths, f"seed {seed}"
        assert list(messages) == [*expected, b"later"], f"seed {seed}"
