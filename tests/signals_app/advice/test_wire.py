"""One question over real HTTP to a server that speaks the protocol, and everything that can come back instead of advice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from time import monotonic
from unittest import mock

import pytest

from domain.reasons import REASONS
from signals_app.advice import wire
from signals_app.advice.question import ACTIONS, BIASES, SCHEMA, question_of
from signals_app.advice.terms import Terms
from signals_app.advice.wire import NOTHING, UNTOLD, AdviceUnavailable, Unanswered, Used, ask, most_tokens
from tests.fakes.llm import HUGE, PATH, SECRETS_ASKED_FOR, FakeLLM, Trouble
from tests.signals_app.advice.making import a_view

T, U = Trouble, Unanswered
QUESTION = question_of(a_view())
TOLD = Used(700, 80)


@pytest.fixture
def fake() -> Iterator[FakeLLM]:
    with FakeLLM() as fake:
        yield fake


def terms(fake: FakeLLM, **changes: object) -> Terms:
    told = Terms(fake.url, fake.key, fake.model, 2.0, Decimal(1), Decimal(1), Decimal(10))
    return replace(told, **changes)  # type: ignore[arg-type]


def refusal(fake: FakeLLM, *troubles: Trouble, **changes: object) -> AdviceUnavailable:
    fake.show(*troubles)
    with pytest.raises(AdviceUnavailable) as raised:
        ask(QUESTION, terms(fake, **changes))
    return raised.value


def test_the_request_is_the_documented_one(fake: FakeLLM) -> None:
    """Model, messages, no chance, a limit of tokens, and a strict schema; the key travels in its header alone."""
    answer = ask(QUESTION, terms(fake))

    (asked,) = fake.asked
    assert asked.path == PATH
    assert asked.headers["Authorization"] == f"Bearer {fake.key}"
    assert asked.headers["Content-Type"] == "application/json"
    assert asked.body == {
        "model": "fake-mini",
        "messages": list(QUESTION.messages),
        "temperature": 0,
        "max_tokens": wire.MOST_TOKENS_OUT,
        "response_format": {"type": "json_schema", "json_schema": {"name": "advice", "strict": True, "schema": SCHEMA}},
    }
    assert (answer.opinion.action, answer.opinion.bias, answer.opinion.confidence) == ("enter", "bullish", 62)
    assert answer.opinion.reasons == ["EMA 9 is above EMA 21", "RSI 58 leaves room"]
    assert answer.used == TOLD
    assert '"finish_reason": "stop"' in answer.body


def test_a_server_without_keys_gets_none(fake: FakeLLM) -> None:
    """A model on this machine asks for no key."""
    assert refusal(fake, key="").cause is U.DENIED
    assert "Authorization" not in fake.asked[0].headers


@pytest.mark.parametrize(
    ("trouble", "cause", "words", "used"),
    [
        (T.RATE_LIMITED, U.LIMITED, "429, asks to wait 7 s", NOTHING),
        (T.HTML_500, U.FAILED, "500: <html>", NOTHING),
        (T.HTML_200, U.NONSENSE, "Invalid JSON", UNTOLD),
        (T.REDIRECT, U.DENIED, "302", NOTHING),
        (T.RESET, U.FAILED, "ConnectionError", UNTOLD),
        (T.CUT_OFF, U.FAILED, "ChunkedEncodingError", UNTOLD),
        (T.HUGE, U.FAILED, "ChunkedEncodingError", UNTOLD),
        (T.TRUNCATED_JSON, U.NONSENSE, "Invalid JSON", UNTOLD),
        (T.NO_CHOICES, U.NONSENSE, "choices", UNTOLD),
        (T.REFUSAL, U.REFUSED, "I cannot give financial advice", TOLD),
        (T.FILTERED, U.REFUSED, "filter", TOLD),
        (T.LENGTH, U.CUT_SHORT, "80 tokens", TOLD),
        (T.FENCED, U.NONSENSE, "Invalid JSON", TOLD),
        (T.WRONG_SCHEMA, U.NONSENSE, "action: Field required", TOLD),
        (T.EXTRA_FIELDS, U.NONSENSE, "weight: Extra inputs are not permitted", TOLD),
        (T.NAN_CONFIDENCE, U.NONSENSE, "", TOLD),
        (T.OVER_CONFIDENT, U.NONSENSE, "confidence: Input should be less than or equal to 100", TOLD),
        (T.WORDY, U.NONSENSE, "reasons.0: String should have at most 200", TOLD),
        (T.SIX_REASONS, U.NONSENSE, "reasons: List should have at most 5", TOLD),
        (T.NO_REASONS, U.NONSENSE, "reasons: List should have at least 1", TOLD),
        (T.NUL, U.NONSENSE, "cannot be shown", TOLD),
        (T.BLANK, U.NONSENSE, "nothing but blanks", TOLD),
        (T.NUL_IN_NAME, U.NONSENSE, "a\N{REPLACEMENT CHARACTER}b: Extra inputs", TOLD),
        (T.NUL_IN_REFUSAL, U.REFUSED, "No\N{REPLACEMENT CHARACTER}, thanks", TOLD),
        (T.DEEP, U.NONSENSE, "", TOLD),
        (T.EMPTY, U.NONSENSE, "Invalid JSON", TOLD),
    ],
)  # fmt: skip
def test_everything_else_is_no_advice(
    fake: FakeLLM, trouble: Trouble, cause: Unanswered, words: str, used: Used
) -> None:
    """Each with its own code and words, what it has cost as far as it is known, and one request alone."""
    why = refusal(fake, trouble)

    assert (why.cause, why.used) == (cause, used), why
    assert words in why.message
    assert len(fake.asked) == 1


@pytest.mark.parametrize("trouble", [T.HANG, T.DRIP])
def test_the_time_holds_for_the_whole_answer(fake: FakeLLM, trouble: Trouble) -> None:
    """A byte now and then is no answer either; what it has cost is not known."""
    began = monotonic()
    why = refusal(fake, trouble, timeout_s=0.4)

    assert (why.cause, why.used) == (U.TIMED_OUT, UNTOLD)
    assert 0.3 < monotonic() - began < 1.0


def test_a_slow_answer_in_time_is_an_answer(fake: FakeLLM) -> None:
    """And the same one is none where the time is shorter."""
    fake.slow_s = 0.5
    fake.show(T.SLOW)
    assert ask(QUESTION, terms(fake)).opinion.action == "enter"
    assert refusal(fake, T.SLOW, timeout_s=0.2).cause is U.TIMED_OUT


def test_a_server_that_is_not_there_costs_nothing(fake: FakeLLM) -> None:
    """Nothing was sent; the same for a name that nobody has."""
    for url in ("http://127.0.0.1:9/v1", "http://nobody.invalid/v1", "http://:0x/v1"):
        why = refusal(fake, url=url)
        assert (why.cause, why.used) == (U.FAILED, NOTHING), why
    assert fake.asked == []


def test_a_key_stays_where_it_was_sent(fake: FakeLLM) -> None:
    """No redirect is followed, no proxy of the environment is asked, and a complaint that repeats it is kept without it."""
    elsewhere = {
        "http_proxy": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "ALL_PROXY": "http://127.0.0.1:9",
    }
    with mock.patch.dict(os.environ, elsewhere):
        assert ask(QUESTION, terms(fake)).opinion.action == "enter"
    why = refusal(fake, T.KEY_REPEATED)
    assert "***" in why.body
    assert fake.key not in why.body + why.message + repr(terms(fake))
    assert refusal(fake, T.REDIRECT).cause is U.DENIED
    assert [asked.path for asked in fake.asked] == [PATH] * 3


def test_a_wrong_key_model_or_address_is_told_in_the_servers_words(fake: FakeLLM) -> None:
    """So that an operator can mend it."""
    assert "Incorrect API key provided" in refusal(fake, key="sk-wrong").message
    assert "`gpt-0` does not exist" in refusal(fake, model="gpt-0").message
    assert "Invalid URL" in refusal(fake, url=fake.url + "/v2").message
    assert {why.cause for why in (refusal(fake, key="sk-wrong"), refusal(fake, model="gpt-0"))} == {U.DENIED}


def test_no_more_is_read_than_an_answer_can_be(fake: FakeLLM) -> None:
    """Two megabytes are left where they are after a quarter of one."""
    assert HUGE > 4 * wire.LARGEST_ANSWER
    assert refusal(fake, T.HUGE).body == ""


@pytest.mark.parametrize("trouble", [T.MANGLED, T.MANGLED_ADVICE])
def test_an_answer_spoiled_anywhere_is_whole_or_none(fake: FakeLLM, trouble: Trouble) -> None:
    """Three hundred answers with something odd in them: what is taken is within its bounds, nothing else comes out."""
    taken = 0
    for _ in range(300):
        fake.show(trouble)
        try:
            said = ask(QUESTION, terms(fake)).opinion
        except AdviceUnavailable:
            continue
        taken += 1
        assert (said.action in ACTIONS, said.bias in BIASES, 0 <= said.confidence <= 100) == (True, True, True)
        assert 1 <= len(said.reasons) <= 5
        assert all(0 < len(text) <= 200 and text.isprintable() for text in said.reasons)
    assert taken < 300
    assert len(fake.asked) == 300


def test_words_that_would_steer_are_words(fake: FakeLLM) -> None:
    """They stand in the reasons as text; there is no field in which they could do anything."""
    fake.show(T.INJECTION)
    assert ask(QUESTION, terms(fake)).opinion.reasons == [SECRETS_ASKED_FOR]


def test_the_bound_of_tokens_holds_for_any_tokeniser(fake: FakeLLM) -> None:
    """A byte is the smallest token there is, and the schema may be counted as well."""
    tokens_in, tokens_out = most_tokens(QUESTION, terms(fake))
    assert tokens_in > len(wire.body_of(QUESTION, terms(fake))) > sum(len(m["content"]) for m in QUESTION.messages)
    assert tokens_out == wire.MOST_TOKENS_OUT


def test_every_cause_has_its_page() -> None:
    """Its value is a reason code."""
    assert {cause.value for cause in Unanswered} <= set(REASONS)
    assert {code for code in REASONS if code.startswith("advice_")} == {cause.value for cause in Unanswered}
