"""Settling what expired: a contract that nobody sold is worth its intrinsic value at the last close, and is then gone."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import structlog
from django.db import transaction

from books_app import clock, ledger
from books_app.audit import Trail
from books_app.models import Account
from books_app.rows import fetched
from domain.errors import MarketDataUnavailable
from domain.options.expiry import last_trading_date
from domain.positions import Direction, PositionStatus
from domain.settlement import settle
from domain.symbols.occ import OptionContract
from market_app import services as market
from positions_app.models import Position
from positions_app.services.holding import close, lock_position

log = structlog.get_logger(__name__)

GRACE = timedelta(minutes=1)  # the last prints of the day arrive after the bell
_EXPIRED = "SELECT id FROM positions_app_position WHERE status <> 'closed' AND expires_at <= %s ORDER BY id"


def expired_positions() -> list[int]:
    """Held positions in contracts that trade no more, by primary key."""
    return [position_id for (position_id,) in fetched(_EXPIRED, [clock.now() - GRACE])]


def settle_expired(*, position_id: int) -> bool:
    """Settle one expired position at intrinsic value. False when the closing price is not known yet, or nothing is left.

    Its live orders have been ended before; the caller sees to that because orders stand above this floor.
    """
    position = Position.objects.get(pk=position_id)
    contract = OptionContract.parse(position.symbol, multiplier=position.multiplier)
    try:
        spot = market.closing_price(position.underlying, day=last_trading_date(contract.expiration))
    except MarketDataUnavailable as e:
        log.warning("settlement_waits", position=position_id, code=e.code, text=e.message)
        return False
    return _settle(position_id, position.account_id, contract, spot)


@transaction.atomic
def _settle(position_id: int, account_id: int, contract: OptionContract, spot: Decimal) -> bool:
    account = Account.objects.select_for_update(no_key=True).get(pk=account_id)
    position = lock_position(position_id)
    if position.status == PositionStatus.CLOSED:
        return False
    settled = settle(contract, Direction(position.direction), position.quantity, spot)
    cost, nothing = position.cost, Decimal(0)
    ledger.book_sale(account, booking=f"settlement:{position.pk}", proceeds=settled.cash, cost=cost, commission=nothing)
    position.realized += settled.cash - cost
    position.cost, position.quantity = nothing, 0
    position.exit_reason = "expired_settled"
    position.exit_text = settled.text[:400]
    position.updated_at = clock.now()
    trail = Trail("settlement", position.correlation_id)
    close(position, at=clock.now(), trail=trail)
    position.save()
    trail.write()
    return True
