"""What to do about a refused record, by the reason it was refused for.

Belongs here: advice in words. Not here: the reasons themselves (schemas/poison.py), the topic.
"""

_REDRIVE = "then `egraph dead-letters redrive` sends the record again"
_ADVICE = {
    "empty": "The record has no value. Facts are taken back by a FactRetracted, never by an empty record; mend the "
    "producer, nothing is to be sent again.",
    "oversized": "The record is larger than the topic takes. Split the fact (fewer children, a shorter operator) in "
    "the producer.",
    "unknown-schema": f"The bytes name a schema that this release does not know. Upgrade the agents, {_REDRIVE}.",
    "undecodable": "The bytes do not follow the schema they name. Compare the producer's encoder with docs/events.md; "
    "the record itself cannot be mended.",
    "not-canonical": "The same fact has another canonical encoding. Mend the producer's encoder and let it state the "
    "fact again.",
    "wrong-event-id": "The event id is not the hash of the body, so the record was damaged or written by hand. Let the "
    "producer seal it again.",
    "out-of-domain": "A value is outside what the field may hold; the detail names it. Mend the producer.",
    "colour-local": "A node of a local colour may not stand in the shared log. Colour it otherwise, or keep it local.",
    "other-graph": "The record belongs to another e-graph than this system holds. Point its producer at the right "
    "cluster, or set the graph of this system.",
    "sequence-reuse": "The producer used a sequence number of this partition twice for different facts. Give each run "
    "a producer name of its own and state the refused fact again.",
    "not-gossip": "A record on a topic of gossip is no delta and no ack. Find who else writes to that topic.",
}
_UNKNOWN = "This release does not know the reason; `egraph dead-letters show` tells what it makes of the bytes."


def advice_for(reason: str) -> str:
    """Give what to do, in a sentence or two."""
    return _ADVICE.get(reason, _UNKNOWN)
