"""Names that Kafka, Faust and other people's producers keep: pinned literally, because a log outlives the code."""

import pytest

from schemas import topics
from schemas.poison import Reason

DAY_MS = 86_400_000

# name: key, partitions with nine agents, partitions with four, retention, longest message
KEPT_BY_BROKERS = {
    "egraph.facts": ("graph", 9, 4, "-1", "1048576"),
    "egraph.gossip": ("sender", 9, 4, "21600000", "1048576"),
    "egraph.control": ("agent", 1, 1, str(7 * DAY_MS), "1048576"),
    "egraph.timeline": ("agent", 9, 4, str(3 * DAY_MS), "1048576"),
    "egraph.dead-letters": ("reason", 1, 1, "-1", "2097152"),
}


def test_there_are_these_topics_and_no_others() -> None:
    """A renamed topic would leave its records behind; a new one would have no retention that anyone agreed on."""
    assert set(topics.TOPICS) == set(KEPT_BY_BROKERS)
    assert all(name == topic.name for name, topic in topics.TOPICS.items())


@pytest.mark.parametrize("name", KEPT_BY_BROKERS)
def test_a_topic_keeps_its_shape(name: str) -> None:
    """Facts would expire, or an existing cluster would be refused for its number of partitions."""
    key, of_nine, of_four, retention, longest = KEPT_BY_BROKERS[name]
    topic = topics.TOPICS[name]

    assert topic.key == key
    assert (topic.partition_count(9), topic.partition_count(4)) == (of_nine, of_four)
    assert topic.config() == {
        "cleanup.policy": "delete",
        "retention.ms": retention,
        "max.message.bytes": longest,
        "message.timestamp.type": "LogAppendTime",
    }


def test_names_that_faust_persists() -> None:
    """The consumer group would start anew, and the agents of two releases would not share the work."""
    assert topics.AGENTS_GROUP == "egraph-agents"
    assert topics.AGENT_FOLD_FACTS == "egraph.fold-facts"
    assert topics.AGENT_FOLD_GOSSIP == "egraph.fold-gossip"


def test_limits_that_decide_what_is_refused() -> None:
    """Two releases would disagree on which records are facts, and so would their digests."""
    assert topics.FACT_BYTES_MAX == 65_536
    assert topics.GOSSIP_BYTES_MAX == 786_432


def test_reasons_of_dead_letters_stay_known() -> None:
    """Dead letters kept for ever would carry a reason that no release can explain."""
    assert {
        "empty",
        "oversized",
        "unknown-schema",
        "undecodable",
        "not-canonical",
        "wrong-event-id",
        "out-of-domain",
        "colour-local",
        "other-graph",
        "sequence-reuse",
    } <= {reason.value for reason in Reason}
