"""The producer SDK: typed facts in, a spool on disk, receipts that the log fulfils. docs/producers.md shows it."""

from streams.adapters.sqlite_spool import Durability
from streams.outbox.errors import (
    FactRefused,
    ProducerError,
    ProducerStopped,
    SpoolDamaged,
    SpoolError,
    SpoolFull,
    SpoolInUse,
    SpoolMismatch,
    SpoolWriteFailed,
)
from streams.outbox.intents import AddNode, AddRule, AssertEquality, Intent, Retract, TermRefused, Terms
from streams.outbox.metrics import ProducerMetrics, prometheus_text
from streams.outbox.outbox import SpoolLimits
from streams.outbox.retry import RetryPolicy
from streams.producer.client import AsyncProducer, Producer
from streams.producer.receipt import Receipt

__all__ = [
    "AddNode",
    "AddRule",
    "AssertEquality",
    "AsyncProducer",
    "Durability",
    "FactRefused",
    "Intent",
    "Producer",
    "ProducerError",
    "ProducerMetrics",
    "ProducerStopped",
    "Receipt",
    "Retract",
    "RetryPolicy",
    "SpoolDamaged",
    "SpoolError",
    "SpoolFull",
    "SpoolInUse",
    "SpoolLimits",
    "SpoolMismatch",
    "SpoolWriteFailed",
    "TermRefused",
    "Terms",
    "prometheus_text",
]
