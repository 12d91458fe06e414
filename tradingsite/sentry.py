"""Errors to Sentry, if a DSN is set: without bodies, users or endpoint ids."""

from __future__ import annotations

from typing import Any

import sentry_sdk

from tradingsite.log import mask_endpoints


def start(dsn: str, *, environment: str) -> None:
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        send_default_pii=False,
        max_request_body_size="never",  # an alert's body carries its token
        include_local_variables=False,
        before_send=_masked,
        before_send_transaction=_masked,
        before_breadcrumb=_masked,
        traces_sample_rate=0.0,
    )


def _masked(event: Any, _hint: Any) -> Any:
    """Every string of an event, however deep, without endpoint ids."""
    if isinstance(event, str):
        return mask_endpoints(event)
    if isinstance(event, dict):
        return {key: _masked(value, None) for key, value in event.items()}
    if isinstance(event, list):
        return [_masked(value, None) for value in event]
    return event
