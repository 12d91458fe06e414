"""What a worker carries from the decision to the orders: the plan of Engine A and the strategy's policies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from domain.positions import Direction
from domain.rules.plan import Plan
from domain.rules.view import Action
from domain.selection import ContractPolicy
from domain.signals import SignalStatus
from domain.sizing import SizingPolicy
from signals_app.models import Decision, Signal, Strategy

ENGINE_A = "A"
ENGINE_B = "B"
LATEST_ENTRY = timedelta(minutes=1)  # beyond the freshness that the decision has asked for
S = SignalStatus


def underlying_of(signal: Signal) -> str:
    return str(signal.alert.get("underlying") or signal.symbol)


def decimal_or_none(value: Any) -> Decimal | None:
    """A number of the alert's normal form, which keeps them as strings."""
    return None if value is None else Decimal(str(value))


def plan_as_json(plan: Plan) -> dict[str, Any]:
    return {
        "action": plan.action.value,
        "thesis": None if plan.thesis is None else plan.thesis.value,
        "text": plan.text,
        "closings": [[closing.position_id, closing.quantity] for closing in plan.closings],
        "cancel_order_ids": list(plan.cancel_order_ids),
    }


@dataclass(frozen=True, slots=True)
class ApprovedPlan:
    """What a worker carries from the decision to the orders: the plan, and the strategy's policies."""

    signal_id: int
    status: SignalStatus
    engine: str
    account_id: int
    strategy_id: int
    correlation_id: str
    underlying: str
    action: Action
    thesis: Direction | None
    closings: tuple[tuple[int, int], ...]
    cancel_order_ids: tuple[int, ...]
    contract: ContractPolicy
    sizing: SizingPolicy
    allow_adding: bool
    listed_symbol: str | None
    limit_price: Decimal | None
    paired: bool  # the other engine's decision on the same alert is carried out on another book
    text: str
    good_until: datetime  # an entry that comes later is stale: the market the alert saw is gone


def approved_plan(signal_id: int) -> ApprovedPlan | None:
    """The plan of an approved signal, or of a reversal that is still closing; None when there is nothing to carry."""
    signals = Signal.objects.select_related("strategy__selection_policy", "shadow")
    signal = signals.filter(pk=signal_id, status__in=(S.APPROVED, S.CLOSING)).first()
    if signal is None:
        return None
    decision = Decision.objects.get(signal=signal.shadow_of_id or signal.pk, engine=signal.engine)
    return plan_of(decision, signal, paired=signal.shadow_of_id is not None or hasattr(signal, "shadow"))


def plan_of(decision: Decision, signal: Signal, *, paired: bool) -> ApprovedPlan:
    """Of an approved decision, for the row that carries it out: the alert's own or its shadow. Its strategy is at hand."""
    strategy, plan = signal.strategy, decision.plan
    assert plan is not None  # an approved decision has one
    is_contract = signal.asset_class == "option"
    return ApprovedPlan(
        signal_id=signal.pk,
        status=S(signal.status),
        engine=decision.engine,
        account_id=signal.account_id,
        strategy_id=strategy.pk,
        correlation_id=signal.correlation_id,
        underlying=underlying_of(signal),
        action=Action(plan["action"]),
        thesis=None if plan["thesis"] is None else Direction(plan["thesis"]),
        closings=tuple((position_id, quantity) for position_id, quantity in plan["closings"]),
        cancel_order_ids=tuple(plan["cancel_order_ids"]),
        contract=contract_policy(strategy),
        sizing=sizing_policy(strategy),
        allow_adding=strategy.allow_adding,
        listed_symbol=signal.symbol if is_contract else None,
        limit_price=decimal_or_none(signal.alert.get("limit_price")) if is_contract else None,
        paired=paired,
        text=plan["text"],
        good_until=(signal.alert_time or signal.received_at) + strategy.freshness + LATEST_ENTRY,
    )


def contract_policy(strategy: Strategy) -> ContractPolicy:
    """What the strategy's row of policies says; the built-in one where it names none."""
    return ContractPolicy() if strategy.selection_policy is None else strategy.selection_policy.as_policy()


def sizing_policy(strategy: Strategy) -> SizingPolicy:
    return SizingPolicy(
        kind=strategy.sizing,  # type: ignore[arg-type]  # a constraint holds the column to the same words
        value=strategy.sizing_value,
        stop_fraction=strategy.sizing_stop,
    )
