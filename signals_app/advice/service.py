"""A language model's advice on one alert: asked once, kept, and from then on only read."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal

import structlog
from django.db import transaction

from books_app import clock
from domain.agents import Advice, JuryView
from signals_app.advice import budget, wire
from signals_app.advice.question import Question, question_of
from signals_app.advice.rest import rests_until
from signals_app.advice.terms import Terms
from signals_app.advice.wire import AdviceUnavailable, Unanswered, Used
from signals_app.models import ModelAdvice

log = structlog.get_logger(__name__)

Told = tuple[Advice | None, str]


def stored_advice(signal_id: int) -> Told | None:
    """What was answered about this signal, and a note on it; None where nothing was ever asked. Asks nobody."""
    row = ModelAdvice.objects.filter(signal_id=signal_id).first()
    return None if row is None else _told(row)


def advice_for(signal_id: int, view: JuryView) -> Told:
    """The stored answer, else one that is asked for now and stored; with it a note that says where it comes from.

    None for an advice that could not be had, and the note says why: that is stored as well and not tried again. Takes up
    to ``LLM_TIMEOUT_S``, so it is refused inside a transaction (RuntimeError), which might hold locks.
    """
    known = stored_advice(signal_id)
    if known is not None:
        return known
    terms, question = Terms.of_settings(), question_of(view)
    row = ModelAdvice(
        signal_id=signal_id,
        asked_at=clock.now(),
        model=terms.model,
        prompt_version=question.version,
        prompt=list(question.messages),
    )
    if not terms.complete:
        return _kept(_failed(row, AdviceUnavailable(Unanswered.NOT_CONFIGURED, "LLM_BASE_URL or LLM_MODEL is empty")))
    if until := rests_until(terms.model, row.asked_at):
        return _kept(_failed(row, AdviceUnavailable(Unanswered.RESTING, f"left alone until {until:%H:%M:%S} UTC")))
    most = terms.cost(*wire.most_tokens(question, terms))
    day = row.asked_at.astimezone(UTC).date()
    with transaction.atomic(durable=True):
        may_ask = budget.reserve(day, most, cap=terms.daily_cost)
    if not may_ask:
        text = f"{most.normalize():f} USD at most do not fit under {terms.daily_cost} USD a day any more"
        return _kept(_failed(row, AdviceUnavailable(Unanswered.OVER_BUDGET, text)))
    used = _ask(row, question, terms)
    row.cost = _cost(used, terms, most)
    told = _kept(row)  # by itself: it may wait for the signal's row, and the day's must not be locked meanwhile
    budget.settle(day, most, cost=row.cost)
    return told


def _ask(row: ModelAdvice, question: Question, terms: Terms) -> Used:
    """Fill the row with what comes; the tokens that it has used."""
    try:
        answer = wire.ask(question, terms)
    except AdviceUnavailable as why:
        row.answer = why.body
        if why.body:
            row.answered_at = clock.now()
        _failed(row, why)
        used = why.used
    else:
        row.outcome, row.answered_at, row.answer = ModelAdvice.Outcome.ANSWERED, clock.now(), answer.body
        said = answer.opinion
        row.action, row.bias, row.confidence, row.reasons = said.action, said.bias, said.confidence, said.reasons
        used = answer.used
    row.tokens_in, row.tokens_out = used.tokens_in, used.tokens_out
    return used


def _failed(row: ModelAdvice, why: AdviceUnavailable) -> ModelAdvice:
    row.outcome, row.reason, row.text = ModelAdvice.Outcome.FAILED, why.code, why.message[:400]
    log.warning("advice_unavailable", signal_id=row.signal_id, code=why.code, text=row.text)
    return row


def _cost(used: Used, terms: Terms, most: Decimal) -> Decimal:
    """As the server told its tokens; the most where it did not, for it may bill them."""
    if used.tokens_in is None or used.tokens_out is None:
        return most
    return terms.cost(used.tokens_in, used.tokens_out)


def _kept(row: ModelAdvice) -> Told:
    """Store the row unless another worker was first: then its answer is the one that counts."""
    ModelAdvice.objects.bulk_create([row], ignore_conflicts=True)
    return _told(ModelAdvice.objects.get(signal_id=row.signal_id))


def _told(row: ModelAdvice) -> Told:
    if row.outcome == ModelAdvice.Outcome.FAILED:
        return None, f"{row.reason}: {row.text}"
    confidence = 0 if row.confidence is None else row.confidence
    # Its figures are as old as the question, not as the answer.
    advice = Advice(row.asked_at, row.model, row.action, row.bias, confidence, tuple(row.reasons))
    return advice, f"{row.model} was asked at {row.asked_at:%Y-%m-%d %H:%M:%S} UTC"
