"""From an approved alert to an order: contract, size, limits, reservation."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from books_app.models import Account
from domain.errors import VenueUnavailable
from domain.quotes import FeedClass, Quote
from domain.selection import ContractPolicy
from domain.symbols.occ import Right
from market_app.selecting import selection_of
from orders_app.models import ContractSelection, Order
from orders_app.services import create_entry, find_candidate, keep_selection
from risk_app.models import Reservation, RiskLimit, SymbolRule
from risk_app.services import halt_book
from signals_app import services as signals
from signals_app.models import Decision, SelectionPolicy, Signal
from tests.factories import Desk, Floor, a_book, a_desk
from tests.trading import an_approved_request, entry_of, open_a_position, sweep, told, trade
from workers import pipeline

pytestmark = pytest.mark.django_db(transaction=True)


def a_choosy_desk(*, limits: dict[str, int] | None = None, **policy: Any) -> Desk:
    """A desk whose strategy chooses by a policy of its own."""
    name = f"policy-{SelectionPolicy.objects.count()}"
    return a_desk(limits=limits, selection_policy=SelectionPolicy.objects.create(name=name, **policy))


def test_an_alert_becomes_a_position_in_a_listed_contract(desk: Desk, floor: Floor) -> None:
    """Bought at the ask of that moment, sized, reserved, and explained."""
    position = open_a_position(desk, floor)
    order = entry_of(position)
    fill = order.fills.get()

    assert (order.status, order.side, order.filled_quantity) == ("filled", "buy", 1)
    assert fill.price == Decimal(fill.quote["ask"])
    assert order.symbol in {contract.symbol for contract in floor.market.chain("AAPL", now=floor.clock.at)}
    assert "one contract costs" in order.sizing
    assert position.cost == fill.price * 100


def test_cash_moves_by_price_and_commission(desk: Desk, floor: Floor) -> None:
    """The book's cash column follows the fill to the cent."""
    position = open_a_position(desk, floor)
    account = Account.objects.get(pk=desk.account.pk)

    assert account.cash == desk.account.cash - position.cost - account.commission_per_contract


def test_a_reservation_is_released_when_its_order_is_filled(desk: Desk, floor: Floor) -> None:
    """What a position costs is exposure; what its order reserved is not any more."""
    reservation = Reservation.objects.get(order=entry_of(open_a_position(desk, floor)))

    assert reservation.amount == 0
    assert reservation.released_at is not None
    assert reservation.initial_amount > 0


def test_short_buys_a_put(desk: Desk, floor: Floor) -> None:
    """Nothing is sold that is not held."""
    position = open_a_position(desk, floor, action="sell", sentiment="short")

    assert (position.right, position.thesis, position.direction) == ("P", "short", "long")


def test_strikes_follow_the_strategys_policy(floor: Floor) -> None:
    """At the money, out of it by steps, or by delta."""
    roomy = {"max_days": 30, "limits": {"max_exposure_per_position": 10_000}}
    atm = open_a_position(a_choosy_desk(strike="atm", **roomy), floor)
    otm = open_a_position(a_choosy_desk(strike="otm", otm_steps=2, **roomy), floor)
    far = open_a_position(a_choosy_desk(delta_min="0.10", delta_target="0.150", weight_delta=100, **roomy), floor)

    assert atm.strike < otm.strike
    assert far.strike > atm.strike


def test_an_order_keeps_what_its_contract_was_chosen_out_of(desk: Desk, floor: Floor) -> None:
    """Each filter's count, the best ten with their terms, the policy and the market it was looked at with."""
    order = entry_of(open_a_position(desk, floor))
    kept = ContractSelection.objects.get(order=order)

    assert (kept.signal_id, kept.chosen, kept.reason, kept.tries) == (order.signal_id, order.symbol, "", 1)
    assert kept.record["best"][0]["symbol"] == order.symbol
    assert kept.record["best"][0]["ask"] == order.quote["ask"]
    assert kept.listed == len(floor.market.chain("AAPL", now=floor.clock.at))
    assert kept.passed + sum(cut["count"] for cut in kept.record["removed"]) == kept.listed
    assert (kept.policy, kept.record["provider"], kept.record["feed"]) == ("built-in", "simulated", "simulated")


def test_no_contract_explains_itself(floor: Floor) -> None:
    """The refusal has the counts in its text, and the whole record beside the signal."""
    signal = trade(a_choosy_desk(min_open_interest=1_000_000), floor)
    kept = ContractSelection.objects.get(signal=signal)

    assert (signal.status, signal.reason) == ("rejected", "no_listed_contract")
    assert "too little open interest, or none told" in signal.reason_text
    assert (kept.order, kept.chosen, kept.reason, kept.passed) == (None, "", "no_listed_contract", 0)
    assert {cut["filter"] for cut in kept.record["removed"] if cut["count"]} >= {"right", "days", "open_interest"}


def test_an_entry_that_a_limit_refused_keeps_what_had_been_chosen(floor: Floor) -> None:
    """Its transaction is gone with the order; the record is not."""
    signal = trade(a_choosy_desk(limits={"max_exposure_per_position": 10}), floor)
    kept = ContractSelection.objects.get(signal=signal)

    assert (signal.reason, kept.order, kept.reason) == ("size_zero", None, "")
    assert kept.chosen and kept.chosen in signal.reason_text + kept.record["best"][0]["symbol"]


def test_a_chain_without_a_good_quote_is_waited_for_and_chosen_from_later(desk: Desk, floor: Floor) -> None:
    """Each try is counted; the record of the one that led to an order stays."""
    floor.market.options_silent = True
    signal = trade(desk, floor)
    kept = ContractSelection.objects.get(signal=signal)
    assert (signal.status, kept.reason, kept.chosen) == ("approved", "quote_missing", "")
    floor.clock.forward(16)
    sweep(floor)
    floor.market.options_silent = False
    floor.clock.forward(16)
    sweep(floor)

    kept.refresh_from_db()
    assert (kept.tries, kept.reason, kept.order) == (3, "", Order.objects.get(signal=signal))
    late = ContractSelection.objects.get(pk=kept.pk).record
    again = selection_of("AAPL", right=Right.CALL, policy=ContractPolicy(min_days=1))
    keep_selection(again, signal_id=signal.pk)
    kept.refresh_from_db()
    assert (kept.tries, kept.record) == (3, late)


def test_a_nearest_strike_is_bought_only_where_the_book_allows_it(floor: Floor) -> None:
    """No delta is known, since every option costs more than its share: the record says whose word decided."""
    policy = SelectionPolicy.objects.create(
        name="middle", delta_min="0.49", delta_target="0.5", delta_max="0.51", max_spread_ticks=1000
    )
    floor.market.option_factor = Decimal(200)
    rich = {"cash": 10_000_000, "limits": {"max_exposure_per_position": 1_000_000, "max_exposure": 1_000_000}}
    strict, lenient = (
        a_desk(account=a_book(nearest_strike=allowed, **rich), selection_policy=policy) for allowed in (False, True)
    )
    refused, ordered = trade(strict, floor), trade(lenient, floor)

    kept = ContractSelection.objects.get(signal=refused)
    assert (refused.reason, kept.reason, kept.chosen) == ("no_listed_contract", "no_listed_contract", "")
    assert "the book does not allow the nearest strike" in refused.reason_text
    assert "the book does not allow the nearest strike" in kept.record["notes"][0]
    kept = ContractSelection.objects.get(signal=ordered)
    assert (ordered.status, kept.chosen) == ("ordered", Order.objects.get(signal=ordered).symbol)
    assert kept.how == "nearest strike, because no delta is known and the book allows it"


def test_a_contract_that_the_alert_named_was_not_chosen(desk: Desk, floor: Floor) -> None:
    """So there is nothing to keep."""
    wanted = entry_of(open_a_position(desk, floor)).symbol
    second = trade(a_desk(), floor, wanted, sentiment=None)

    assert Order.objects.get(signal=second).symbol == wanted
    assert not ContractSelection.objects.filter(signal=second).exists()


def test_an_alert_may_name_its_contract(desk: Desk, floor: Floor) -> None:
    """A listed one is bought as it is; one that is not listed is refused, never invented."""
    listed = floor.market.chain("SPY", now=floor.clock.at)[0]
    calls = [c for c in floor.market.chain("SPY", now=floor.clock.at) if c.expiration > listed.expiration]
    wanted = min(calls, key=lambda c: abs(c.strike - Decimal(calls[len(calls) // 2].strike)))
    refused = trade(desk, floor, "SPY 260619C1", order_id="x")

    assert refused.reason in {"no_listed_contract", "quote_missing"}
    signal = trade(desk, floor, wanted.symbol, order_id="y", sentiment=None)
    assert Order.objects.filter(signal=signal).values_list("symbol", flat=True).first() in {wanted.symbol, None}


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"max_open_positions": 1}, "max_open_positions"),
        ({"max_orders_per_minute": 1}, "max_orders_per_minute"),
    ],
)
def test_a_limit_refuses_the_next_entry_with_its_figures(floor: Floor, limits: dict[str, int], reason: str) -> None:
    """The row of the limit counts at the next decision."""
    desk = a_desk(limits=limits)
    first = trade(desk, floor, "AAPL")
    second = trade(desk, floor, "MSFT")

    assert first.status == "ordered"
    assert second.status == "rejected"
    assert second.reason == reason
    assert any(figure.isdigit() for figure in second.reason_text)


def test_what_is_held_counts_against_the_exposure(desk: Desk, floor: Floor) -> None:
    """The next contract does not fit beside it: refused with the arithmetic."""
    held = open_a_position(desk, floor)
    RiskLimit.objects.create(account=desk.account, code="max_exposure", value=held.cost + 10)
    signal = trade(desk, floor, "MSFT")

    assert (signal.status, signal.reason) == ("rejected", "size_zero")
    assert "exposure left" in signal.reason_text


def test_limits_are_rows_that_count_at_once(desk: Desk, floor: Floor) -> None:
    """Edited in admin, effective at the next decision; the book's own row wins over the one for every book."""
    RiskLimit.objects.create(account=None, code="max_open_positions", value=0)
    assert trade(desk, floor).reason == "max_open_positions"
    RiskLimit.objects.create(account=desk.account, code="max_open_positions", value=5)
    assert trade(desk, floor, order_id="again").status == "ordered"


def test_denied_symbols_and_foreign_symbols_are_refused(floor: Floor) -> None:
    """The book's deny list and the strategy's allow list."""
    desk = a_desk(allowed_symbols=["AAPL", "MSFT"])
    SymbolRule.objects.create(account=desk.account, symbol="MSFT")

    assert trade(desk, floor, "MSFT").reason == "symbol_denied"
    assert trade(desk, floor, "SPY").reason == "symbol_not_allowed"


def test_an_absurd_quantity_is_refused(desk: Desk, floor: Floor) -> None:
    """A sender that asks for a billion shares is out of order, even though the strategy sizes by itself."""
    assert trade(desk, floor, quantity=1_000_000_000).reason == "risk_limit"


def test_a_size_of_zero_is_refused_with_its_arithmetic(floor: Floor) -> None:
    """No contract fits into what one position may cost."""
    signal = trade(a_desk(limits={"max_exposure_per_position": 10}), floor)

    assert (signal.status, signal.reason) == ("rejected", "size_zero")
    assert "0 contracts" in signal.reason_text


def test_a_decision_keeps_what_it_saw(desk: Desk, floor: Floor) -> None:
    """Price, indicators, limits and their use, and every rule's answer."""
    decision = Decision.objects.get(signal=trade(desk, floor))

    assert decision.seen["market"]["candles"] > 20
    assert decision.seen["market"]["ema21"] and decision.seen["market"]["rsi14"]
    assert decision.seen["limits"]["max_exposure"] == "10000"
    assert all(passed for _, passed, _ in decision.rules)


def test_an_instrument_without_options_is_refused(desk: Desk, floor: Floor) -> None:
    """Coins and currencies are understood and not traded here."""
    assert trade(desk, floor, "BINANCE:BTCUSDT").reason == "unsupported_asset_class"


def test_a_limit_on_the_underlying_that_is_not_reached_is_refused(desk: Desk, floor: Floor) -> None:
    """The alert's limit is a price of the share: an entry waits for nothing."""
    assert trade(desk, floor, orderType="limit", limitPrice="1.00").reason == "limit_not_reached"
    short = {"action": "sell", "sentiment": "short", "order_id": "s"}
    assert trade(desk, floor, orderType="limit", limitPrice="99999", **short).reason == "limit_not_reached"
    assert trade(desk, floor, orderType="limit", limitPrice="99999", order_id="l").status == "ordered"


def test_an_order_is_made_once_for_a_signal(desk: Desk, floor: Floor) -> None:
    """A second worker that carries the same plan gets the first one's order."""
    request = an_approved_request(desk, floor)
    candidate = find_candidate(request)
    first = create_entry(request=request, candidate=candidate)

    assert create_entry(request=request, candidate=candidate) == first
    assert Order.objects.count() == 1


def test_an_entry_costs_at_most_what_was_reserved(desk: Desk, floor: Floor) -> None:
    """The market runs away between making and sending: the order rests at its collar instead of chasing."""
    request = an_approved_request(desk, floor)
    order = create_entry(request=request, candidate=find_candidate(request))
    floor.market.option_factor = Decimal("1.5")
    floor.clock.forward(6)
    sweep(floor)
    order.refresh_from_db()
    assert (order.status, order.filled_quantity) == ("submitted", 0)
    floor.market.option_factor = Decimal(1)
    floor.clock.forward(6)
    sweep(floor)
    order.refresh_from_db()
    assert order.status == "filled"
    assert order.average_price <= order.limit_price


def test_a_silent_market_refuses_an_entry_after_its_tries(desk: Desk, floor: Floor) -> None:
    """The underlying has no quote: refused at once. The contract has none: tried again, then refused with the reason."""
    floor.market.silent = True
    assert trade(desk, floor).reason == "market_data_failed"


def test_an_entry_that_comes_too_late_is_refused(desk: Desk, floor: Floor) -> None:
    """The worker died after the decision and nobody came for an hour: the alert's market is gone."""
    answer = desk.post(desk.alert())
    signal_id = told(answer)["signals"][0]
    floor.lose_nudges()
    signals.decide(signal_id=signal_id)
    floor.clock.forward(3600)
    sweep(floor)

    signal = Signal.objects.get(pk=signal_id)
    assert (signal.status, signal.reason) == ("rejected", "stale_signal")
    assert not Order.objects.exists()


def test_a_halted_book_makes_and_sends_no_entry(desk: Desk, floor: Floor) -> None:
    """Refused at the decision; an order that was made before the halt is denied before it is sent."""
    request = an_approved_request(desk, floor)
    order = create_entry(request=request, candidate=find_candidate(request))
    halt_book(account_id=desk.account.pk, reason="drill", actor="test")
    floor.clock.forward(6)
    sweep(floor)

    order.refresh_from_db()
    assert (order.status, order.reason) == ("denied", "book_halted")
    assert Reservation.objects.get(order=order).amount == 0
    assert trade(desk, floor, "MSFT").reason == "book_halted"


def test_a_book_on_dry_run_makes_orders_and_sends_none(floor: Floor) -> None:
    """Priced, sized, kept, ended."""
    desk = a_desk()
    Account.objects.filter(pk=desk.account.pk).update(dry_run=True)
    signal = trade(desk, floor)

    assert Order.objects.get(signal=signal).status == "dry_run"


def test_a_book_on_dry_run_still_leaves_what_it_holds(desk: Desk, floor: Floor) -> None:
    """dry_run holds back entries; an exit that is never sent would be made again at every tick."""
    position = open_a_position(desk, floor)
    Account.objects.filter(pk=desk.account.pk).update(dry_run=True)
    trade(desk, floor, action="sell", order_id="Exit")
    position.refresh_from_db()

    assert position.status == "closed"


def test_a_contract_without_a_quote_is_waited_for_while_the_alert_is_fresh(desk: Desk, floor: Floor) -> None:
    """An orderly wait is no failed try; when the alert has grown old it is refused, and the row tells what was missing."""
    request = an_approved_request(desk, floor)
    floor.market.silent = True
    for _ in range(25):
        floor.clock.forward(16)
        sweep(floor)
    signal = Signal.objects.get(pk=request.signal_id)

    assert (signal.status, signal.reason) == ("rejected", "stale_signal")
    assert "market_data_failed" in signal.last_error


def test_no_contract_is_chosen_while_options_do_not_trade(desk: Desk, floor: Floor) -> None:
    """A quote of the contract is asked for before anything is locked; without one the try is repeated."""
    request = an_approved_request(desk, floor)
    floor.market.silent = True
    with pytest.raises(VenueUnavailable):
        find_candidate(request)


@pytest.mark.parametrize(
    ("feed", "code"), [(FeedClass.DELAYED, "quote_delayed"), (FeedClass.INDICATIVE, "quote_not_tradable")]
)
def test_no_entry_is_made_on_old_or_made_up_prices(floor: Floor, feed: FeedClass, code: str) -> None:
    """The alert waits for a provider with prices of this moment, and says for what; nothing is ordered."""
    floor.market.feed = feed
    signal = trade(a_desk(), floor)

    assert signal.status == "approved"
    assert code in signal.last_error
    assert not Order.objects.exists()


def test_a_book_may_enter_on_delayed_prices(floor: Floor) -> None:
    """Where the operator allows it, delayed quotes open and fill; leaving never asks for permission."""
    desk = a_desk()
    Account.objects.filter(pk=desk.account.pk).update(delayed_entries=True)
    floor.market.feed = FeedClass.DELAYED
    position = open_a_position(desk, floor)
    Account.objects.filter(pk=desk.account.pk).update(delayed_entries=False)
    pipeline.leave_position(position.pk, reason="operator", text="closed by hand", actor="user:anna")

    position.refresh_from_db()
    assert position.status == "closed"


@pytest.mark.parametrize(
    ("away", "reason"), [(Decimal(0), ""), (Decimal("0.2"), "no_second_witness"), (None, "no_second_witness")]
)
def test_a_large_entry_needs_a_second_provider(floor: Floor, away: Decimal | None, reason: str) -> None:
    """From the book's size on, another provider has to tell the same price; one that is silent confirms nothing."""

    def witness(symbol: str, *, now: datetime, beside: str) -> Quote | None:
        quote = floor.market.quotes([symbol], now=now)[symbol]
        assert beside == quote.provider and quote.bid is not None and quote.ask is not None
        if away is None:
            return None
        return quote._replace(bid=quote.bid * (1 + away), ask=quote.ask * (1 + away), provider="another")

    floor.market.witness = witness  # type: ignore[attr-defined]
    desk = a_desk()
    Account.objects.filter(pk=desk.account.pk).update(witness_above=Decimal(1))

    assert trade(desk, floor).reason == reason


def test_a_small_entry_needs_no_witness(floor: Floor) -> None:
    """Below the book's size one provider is enough."""
    floor.market.witness = lambda symbol, *, now, beside: None  # type: ignore[attr-defined]
    desk = a_desk()
    Account.objects.filter(pk=desk.account.pk).update(witness_above=Decimal(1_000_000))

    assert trade(desk, floor).reason == ""
