"""Alerts: from the bytes a sender posts to one normal form, or to a refusal with its reason.

``read_document`` reads strictly and takes the secrets out, ``interpret`` finds the meaning, ``dedupe_key`` tells a
resend from a new alert. Any bytes lead to a result or to ``AlertRefused``, never to another exception.
"""

from domain.alerts.dedupe import dedupe_key, dedupe_slot_s
from domain.alerts.document import Document, read_document
from domain.alerts.interpret import interpret, own_time
from domain.alerts.meaning import Alert, Batch, Intent, MarketEvent, Meaning, Notice
from domain.alerts.secrets import candidate_secrets, redact
from domain.alerts.words import Holding

__all__ = [
    "Alert",
    "Batch",
    "Document",
    "Holding",
    "Intent",
    "MarketEvent",
    "Meaning",
    "Notice",
    "candidate_secrets",
    "dedupe_key",
    "dedupe_slot_s",
    "interpret",
    "own_time",
    "read_document",
    "redact",
]
