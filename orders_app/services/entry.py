"""Making an entry: contract chosen from the listed chain, sized, let through the gate, reserved, inserted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from functools import cached_property
from typing import NamedTuple

from django.db import transaction

from books_app import clock
from books_app.audit import Trail
from books_app.models import Account
from domain.errors import OrderDenied, VenueUnavailable
from domain.feeds import TIMELY
from domain.orders import OrderStatus, OrderType, Side
from domain.paper import worst_price
from domain.positions import Direction
from domain.quote_gate import timeliness_fault
from domain.quotes import Quote
from domain.rules.gate import gate
from domain.selection import ContractPolicy, Selection
from domain.sizing import Sized, SizingPolicy, size
from domain.symbols.occ import OptionContract, Right
from market_app import quoting, selecting
from market_app import services as market
from orders_app.brokers.paper import fill_policy
from orders_app.models import Order
from orders_app.services.quotes import keep_quote
from orders_app.services.selection import keep_selection
from orders_app.services.steps import SWEEP_AFTER
from risk_app.queries import standing_of
from risk_app.services import lock_account, reserve

TICK = Decimal("0.01")
WITNESS_AGREES = Decimal("0.05")  # of an option's middle


class Wish(NamedTuple):
    """What decides which contract is bought, whoever buys it."""

    underlying: str
    thesis: Direction
    contract: ContractPolicy
    listed_symbol: str | None


@dataclass(frozen=True, slots=True)
class EntryRequest:
    """An approved wish to open: carried across from the decision by a worker."""

    account_id: int
    strategy_id: int
    signal_id: int
    correlation_id: str
    underlying: str
    thesis: Direction
    contract: ContractPolicy
    sizing: SizingPolicy
    allow_adding: bool
    listed_symbol: str | None = None  # the alert named a contract itself
    limit_price: Decimal | None = None  # per share of that contract
    paired: bool = False  # another book trades the same alert, so the quote is kept as a row that both name
    attempt: int = 1

    @property
    def wish(self) -> Wish:
        return Wish(self.underlying, self.thesis, self.contract, self.listed_symbol)

    @property
    def client_order_id(self) -> str:
        return f"signal-{self.signal_id}-entry-{self.attempt}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """The contract that would be bought, and the good quote it was chosen on."""

    contract: OptionContract
    quote: Quote
    good_until: datetime  # end of the session
    selection: Selection | None = None  # what it was chosen out of, unless the alert named it
    witness: Quote | None = None  # another provider's quote of it, where the book asks for one


def find_candidate(request: EntryRequest) -> Candidate:
    """Ask the market, before any lock is taken, which listed contract to buy.

    Raises OrderDenied ``no_listed_contract``, VenueUnavailable when there is no good quote to choose or to size by, or none
    of this moment. Where nothing could be chosen, the reasons are kept before that is raised.
    """
    session, book = quoting.option_session(request.underlying, clock.now()), _Book(request.account_id)
    if not session.open:
        raise OrderDenied("market_closed", session.note or "the options market is closed")
    if request.listed_symbol:
        return _doubted(book, _named(request.underlying, request.listed_symbol, session.closes_at))
    selection = selecting.selection_of(
        request.underlying,
        right=Right.CALL if request.thesis is Direction.LONG else Right.PUT,
        policy=request.contract,
        history=selecting.history_of(request.underlying),
    )
    if selection.stand_in is not None and book.allows.nearest_strike:
        selection = selection.stand_in
    if selection.winner is None:
        keep_selection(selection, signal_id=request.signal_id)
    won = selection.chosen()
    assert won.quote is not None  # whatever is chosen has a good one
    return _doubted(book, Candidate(won.contract, won.quote, session.closes_at, selection))


class _Book:
    """What a book allows its entries. An ordinary one does not ask, and then no row is read."""

    def __init__(self, account_id: int) -> None:
        self._account_id = account_id

    @cached_property
    def allows(self) -> Account:
        asked = Account.objects.only("nearest_strike", "delayed_entries", "witness_above")
        return asked.get(pk=self._account_id)


def _doubted(book: _Book, candidate: Candidate) -> Candidate:
    """The candidate with its witness, if its prices are of this moment or the book takes delayed ones.

    Raises VenueUnavailable ``quote_delayed``, ``quote_not_tradable``: a better provider may answer at the next try.
    """
    seen = [candidate.quote] if candidate.selection is None else [candidate.selection.sight.quote, candidate.quote]
    if all(quote.feed in TIMELY for quote in seen) and not market.has_witnesses():
        return candidate
    for quote in seen:
        fault = timeliness_fault(quote, delayed_allowed=book.allows.delayed_entries)
        if fault is not None and fault.code is not None:
            raise VenueUnavailable(fault.code, fault.text)
    if book.allows.witness_above is None:
        return candidate
    return replace(candidate, witness=market.witness(candidate.quote))


def _named(underlying: str, symbol: str, good_until: datetime) -> Candidate:
    """The contract that the alert itself named."""
    chain = market.chain(underlying)
    contract = next((contract for contract in chain if contract.symbol == symbol), None)
    if contract is None:
        raise OrderDenied("no_listed_contract", f"{symbol} is not among the {len(chain)} listed contracts")
    judged = quoting.judged_quote(symbol)
    if judged.quote is None or not judged.good:
        raise VenueUnavailable(judged.verdict.code or "quote_missing", f"{symbol}: {judged.verdict.text}")
    return Candidate(contract, judged.quote, good_until)


@transaction.atomic(savepoint=False)  # inside another transaction, what it refuses ends that one too
def create_entry(*, request: EntryRequest, candidate: Candidate, locked: Account | None = None) -> Order:
    """Size, pass the gate, reserve and insert, under the book's row lock: two workers never exceed a limit together.

    locked: the book, from a caller that holds its lock already. A second call for the same request returns the first
    one's order. Raises OrderDenied with the limit and its figures.
    """
    account = locked or lock_account(request.account_id)
    made = Order.objects.filter(account=account, client_order_id=request.client_order_id)
    for existing in made.values_list("pk", flat=True):
        return Order.objects.get(pk=existing)
    now = clock.now()
    limit_price = request.limit_price or _highest_price(account, candidate)
    sized = _sized_and_gated(account, request, candidate, limit_price, now)
    _check_witness(account, candidate, sized)
    order = _insert_entry(account, request, candidate, sized, limit_price, now)
    keep_selection(candidate.selection, signal_id=request.signal_id, order_id=order.pk)
    reserve(order_id=order.pk, account=account, amount=sized.cost)
    trail = Trail("risk gate", request.correlation_id)
    trail.note(
        "order", order.pk, "", OrderStatus.PENDING_EXECUTION, text=sized.arithmetic, data={"reserved": str(sized.cost)}
    )
    trail.write()
    return order


def _check_witness(account: Account, candidate: Candidate, sized: Sized) -> None:
    """Raises OrderDenied ``no_second_witness`` for an entry of that size whose price nobody else tells."""
    if account.witness_above is None or sized.cost < account.witness_above:
        return
    told, seen = candidate.quote.mid, None if candidate.witness is None else candidate.witness.mid
    if told is None or seen is None or abs(seen - told) > WITNESS_AGREES * told:
        by = "nobody" if candidate.witness is None else f"{seen} by {candidate.witness.provider}"
        text = f"{candidate.contract.symbol} is {told} by {candidate.quote.provider}, {by} confirms it"
        raise OrderDenied("no_second_witness", f"{text}; asked for from {account.witness_above:f} on")


def _highest_price(account: Account, candidate: Candidate) -> Decimal:
    """What an entry may cost per share: the ask it was made on plus the book's collar.

    Every entry is therefore a marketable limit order. What is reserved is what it can cost at most, so that a market that
    runs away while a rest is waiting cannot carry the book over its limits.
    """
    assert candidate.quote.ask is not None  # a good quote has both sides
    ask = worst_price(Side.BUY, candidate.quote.ask, fill_policy(account))
    collared = (ask * (1 + account.entry_collar)).quantize(TICK, ROUND_FLOOR)
    return max(collared, ask)


def _sized_and_gated(
    account: Account, request: EntryRequest, candidate: Candidate, limit_price: Decimal, now: datetime
) -> Sized:
    standing = standing_of(account, now=now)
    sized = size(
        request.sizing,
        price=limit_price,
        multiplier=candidate.contract.multiplier,
        commission=account.commission_per_contract,
        limits=standing.limits,
        book=standing.book,
    )
    gate(
        standing.book,
        standing.limits,
        cost=sized.cost,
        underlying=request.underlying,
        allow_adding=request.allow_adding,
        thesis=request.thesis,
    )
    return sized


def _insert_entry(
    account: Account,
    request: EntryRequest,
    candidate: Candidate,
    sized: Sized,
    limit_price: Decimal,
    now: datetime,
) -> Order:
    quote = candidate.quote.as_json()
    return Order.objects.create(
        client_order_id=request.client_order_id,
        account=account,
        signal_id=request.signal_id,
        strategy_id=request.strategy_id,
        correlation_id=request.correlation_id,
        purpose=Order.Purpose.ENTRY,
        side=Side.BUY,
        thesis=request.thesis,
        symbol=candidate.contract.symbol,
        underlying=request.underlying,
        multiplier=candidate.contract.multiplier,
        order_type=OrderType.LIMIT,
        limit_price=limit_price,
        quantity=sized.quantity,
        due_at=now + SWEEP_AFTER,
        expires_at=candidate.good_until,
        sizing=sized.arithmetic[:400],
        quote=quote,
        quote_seen_id=keep_quote(quote) if request.paired else None,
        created_at=now,
        updated_at=now,
    )
