"""What can go wrong between us and a broker, as typed operating errors.

Belongs here: the errors every Kafka adapter raises. Not here: retrying (the edge decides), bad input (a value).
Each message gives the fact, the detail, and what to do.

    BrokerError                 root; never raised itself
      BrokerUnreachable         nobody answers at the bootstrap address
      TopicMissing              the topic does not exist
      TopicMisshaped            the topic exists with another number of partitions
      CannotCreateTopics        the broker refuses or lacks topic creation
      ReadTimedOut              the log gave nothing for too long
      LogTruncated              records asked for are no longer (or were never) kept
      WriteFailed               the broker did not acknowledge records
"""


class BrokerError(Exception):
    """Root of the operating errors of a broker."""

    def __init__(self, fact: str, detail: str, remedy: str) -> None:
        super().__init__(f"{fact}: {detail}; {remedy}")
        self.fact, self.detail, self.remedy = fact, detail, remedy


class BrokerUnreachable(BrokerError):
    """Nobody answers at the bootstrap address within the deadline."""


class TopicMissing(BrokerError):
    """The topic does not exist on this broker."""


class TopicMisshaped(BrokerError):
    """The topic exists, but its number of partitions is not the one this system needs."""


class CannotCreateTopics(BrokerError):
    """The broker refuses topic creation or, like librdkafka's mock cluster, does not offer it."""


class ReadTimedOut(BrokerError):
    """The log held fewer records than asked for, or gave none before the deadline."""


class LogTruncated(BrokerError):
    """The first record asked for is not kept any more. `begin` is the oldest offset that is."""

    def __init__(self, fact: str, detail: str, remedy: str, *, begin: int) -> None:
        super().__init__(fact, detail, remedy)
        self.begin = begin


class WriteFailed(BrokerError):
    """The broker did not acknowledge records; they may or may not stand in the log."""
