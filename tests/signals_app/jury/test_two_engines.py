"""Both engines on one alert: one trades it, the other one's decision is traded on the shadow book."""

from __future__ import annotations

import pytest

from books_app.models import Account
from orders_app.models import Order
from positions_app.models import Position
from signals_app.models import AgentVote, Decision, FeatureFlag, JuryRecord, Signal, Strategy
from tests.factories import Floor, a_desk
from tests.signals_app.jury.stand_ins import Crashing, Hanging, Leaving, Loyal, Lying, Sceptic, only
from tests.trading import trade
from tradingsite.auditor import violations

pytestmark = pytest.mark.django_db(transaction=True)  # the audit has a snapshot of its own


def test_without_the_flag_engine_a_decides_alone(floor: Floor) -> None:
    """A system that has not switched engine B on has one decision for an alert and no shadow book."""
    signal = trade(a_desk(), floor)
    assert [d.engine for d in signal.decisions.all()] == ["A"] and signal.engine == "A"
    assert not Signal.objects.filter(shadow_of=signal).exists()
    assert not Account.objects.filter(kind="shadow").exists()


def test_both_engines_trade_the_same_contract_on_the_same_quote(floor: Floor) -> None:
    """A trades on the strategy's book, B on its shadow, with one quote row behind both orders and both fills."""
    desk = a_desk()
    with only(Loyal):
        signal = trade(desk, floor)
    shadow = signal.shadow
    assert {d.engine: d.verdict for d in signal.decisions.all()} == {"A": "approved", "B": "approved"}
    assert (signal.engine, shadow.engine, shadow.status) == ("A", "B", "ordered")
    assert shadow.account == desk.account.shadow and shadow.account.cash != shadow.account.start_cash
    own, other = Order.objects.get(signal=signal), Order.objects.get(signal=shadow)
    assert own.symbol == other.symbol and own.limit_price == other.limit_price
    assert own.quote_seen_id is not None and own.quote_seen_id == other.quote_seen_id
    assert own.fills.get().quote_seen_id == other.fills.get().quote_seen_id is not None
    assert Position.objects.filter(status="open").count() == 2
    assert not violations()


def test_what_only_one_engine_enters_is_traded_on_one_book(floor: Floor) -> None:
    """A jury that is not convinced leaves the shadow book empty, with its reason in the shadow's row."""
    with only(Loyal, Sceptic, loyal={"confidence": 60}):
        signal = trade(a_desk(), floor)
    assert signal.status == "ordered"
    assert (signal.shadow.status, signal.shadow.reason) == ("rejected", "jury_not_convinced")
    assert Position.objects.get().signal == signal
    assert not violations()


def test_the_jury_trades_where_the_strategy_says_so(floor: Floor) -> None:
    """With engine B on the strategy's book, A is the shadow."""
    with only(Loyal, Sceptic, loyal={"confidence": 60}):
        signal = trade(a_desk(engine=Strategy.Engine.JURY), floor)
    assert (signal.engine, signal.status, signal.reason) == ("B", "rejected", "jury_not_convinced")
    assert (signal.shadow.engine, signal.shadow.status) == ("A", "ordered")


def test_shadows_can_be_switched_off_and_both_decisions_stay(floor: Floor) -> None:
    """Without shadows the other engine's decision is kept and carried out nowhere."""
    with only(Loyal):
        FeatureFlag.objects.create(name="enable_shadow", enabled=False)
        signal = trade(a_desk(), floor)
    assert signal.decisions.count() == 2
    assert not Signal.objects.filter(shadow_of=signal).exists()


def test_every_vote_and_the_sum_are_kept(floor: Floor) -> None:
    """30 × 80 and 10 × 0 come to a mean of 60, and so does the row beside the decision."""
    with only(Loyal, Sceptic):
        signal = trade(a_desk(), floor)
    decision = Decision.objects.get(signal=signal, engine="B")
    record = JuryRecord.objects.get(decision=decision)
    assert str(record.confidence) == "60.00" and record.sum["sum"] == "30×80 + 10×0" and record.regime == "trending"
    votes = {vote.agent: vote for vote in AgentVote.objects.filter(decision=decision)}
    assert (str(votes["loyal"].share), str(votes["loyal"].points)) == ("0.7500", "60.00")
    assert votes["sceptic"].action == "reject"


def test_a_block_is_final(floor: Floor) -> None:
    """One agent that may block outweighs any confidence."""
    with only(Loyal, Sceptic, loyal={"confidence": 100}, sceptic={"blocking": 1}):
        signal = trade(a_desk(engine=Strategy.Engine.JURY), floor)
    assert (signal.status, signal.reason) == ("rejected", "jury_veto")


@pytest.mark.parametrize(
    ("bad", "parameters", "why"),
    [
        (Crashing, {}, "ZeroDivisionError: a bug"),
        (Leaving, {}, "SystemExit: 1"),
        (Hanging, {}, "no vote within 100 ms"),
        (Lying, {"lying": {"lie": 1}}, "it speaks as 'loyal'"),
        (Lying, {"lying": {"lie": 2}}, "confidence 900"),
        (Lying, {"lying": {"lie": 3}}, "a str"),
    ],
)
def test_an_agent_that_misbehaves_abstains_with_an_alarm(
    floor: Floor, bad: type, parameters: dict[str, dict[str, int]], why: str
) -> None:
    """Whatever one agent does, the others are heard, it has no weight in the mean, and the alert is decided."""
    with only(Loyal, bad, deadline_ms=100, **parameters):
        signal = trade(a_desk(engine=Strategy.Engine.JURY), floor)
    vote = AgentVote.objects.get(agent=bad.name)
    assert (vote.action, vote.confidence) == ("abstain", 0) and why in vote.alarm
    assert signal.status == "ordered" and str(JuryRecord.objects.get().confidence) == "60.00"  # 80 of 30/40
    assert not violations()
