"""One question to a server that speaks OpenAI's chat completions, and a strict reading of its answer.

Source: OpenAI API reference, "Create chat completion" and "Structured outputs"; vLLM, llama.cpp, Ollama and most hosts
speak the same. Whatever comes back is doubted: the schema was asked for, and is checked here all the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Final, Literal

import requests
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from urllib3.exceptions import NewConnectionError

from domain.errors import TradingError
from market_app.providers.access import Access, Patience
from market_app.providers.wire import is_timeout, mount, seconds
from signals_app.advice.question import LONGEST_REASON, MOST_REASONS, SCHEMA, Question
from signals_app.advice.terms import Terms

MOST_TOKENS_OUT: Final = 600  # five reasons of 200 characters are a third of it
LARGEST_ANSWER: Final = 256 * 1024  # bytes of a body
ENVELOPE_TOKENS: Final = 64  # that servers put around messages by themselves
CONNECT_S: Final = 1.0
_SHOWN: Final = 160  # characters of the server's own words that are repeated
_TOO_MANY: Final = 429
_OK: Final = 200
_NEVER_SENT: Final = (requests.exceptions.ConnectTimeout, requests.exceptions.SSLError, requests.exceptions.InvalidURL)


class Unanswered(StrEnum):
    """Why there is no advice; the value is the reason code."""

    NOT_CONFIGURED = "advice_not_configured"
    OVER_BUDGET = "advice_over_budget"
    RESTING = "advice_resting"
    TIMED_OUT = "advice_timed_out"
    FAILED = "advice_failed"
    LIMITED = "advice_rate_limited"
    DENIED = "advice_denied"
    REFUSED = "advice_refused"
    CUT_SHORT = "advice_cut_short"
    NONSENSE = "advice_nonsense"


@dataclass(frozen=True, slots=True)
class Used:
    """Tokens as the server told them; None where it did not, though it may have counted some."""

    tokens_in: int | None = None
    tokens_out: int | None = None


NOTHING: Final = Used(0, 0)
UNTOLD: Final = Used()


class AdviceUnavailable(TradingError):
    """No answer that can be used. body: what came, empty where nothing did; used: what it has cost all the same."""

    def __init__(self, cause: Unanswered, message: str, *, body: str = "", used: Used = NOTHING) -> None:
        super().__init__(cause.value, message)
        self.cause = cause
        self.body = body
        self.used = used


def _printable(text: str) -> str:
    plain = " ".join(text.split())
    if not plain:
        raise ValueError("nothing but blanks")
    if not plain.isprintable():  # NUL, which PostgreSQL refuses, and marks that turn the direction of a page
        raise ValueError("characters that cannot be shown")
    return plain


Sentence = Annotated[str, Field(min_length=1, max_length=LONGEST_REASON), AfterValidator(_printable)]


class Opinion(BaseModel):
    """The model's own words, of the schema and within its bounds."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    action: Literal["enter", "skip", "reject"]
    bias: Literal["bullish", "bearish", "neutral"]
    confidence: Annotated[int, Field(ge=0, le=100)]
    reasons: Annotated[list[Sentence], Field(min_length=1, max_length=MOST_REASONS)]


class _Usage(BaseModel):
    prompt_tokens: Annotated[int, Field(ge=0, le=10_000_000)]
    completion_tokens: Annotated[int, Field(ge=0, le=10_000_000)]


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Completion(BaseModel):
    """What is read of the envelope; servers add fields of their own to it."""

    choices: Annotated[list[_Choice], Field(min_length=1)]
    usage: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    opinion: Opinion
    body: str
    used: Used


def ask(question: Question, terms: Terms) -> Answer:
    """One request, at most ``timeout_s`` long, never repeated. Raises AdviceUnavailable for everything but an answer."""
    try:
        sent = _session(terms).post(
            f"{terms.url}/chat/completions",
            data=body_of(question, terms),
            headers=_headers(terms),
            allow_redirects=False,  # a key is not carried to wherever somebody points
        )
    except requests.exceptions.RequestException as failed:
        raise _no_answer(failed, terms) from failed
    body = _clean(sent.content.decode("utf-8", "replace"), terms)
    if sent.status_code != _OK:
        raise _refused(sent, body)
    return _read(body)


def body_of(question: Question, terms: Terms) -> bytes:
    """The request, byte by byte the same for the same question."""
    told: dict[str, Any] = {
        "model": terms.model,
        "messages": list(question.messages),
        "temperature": 0,
        "max_tokens": MOST_TOKENS_OUT,
        "response_format": {"type": "json_schema", "json_schema": {"name": "advice", "strict": True, "schema": SCHEMA}},
    }
    return json.dumps(told, separators=(",", ":")).encode()


def most_tokens(question: Question, terms: Terms) -> tuple[int, int]:
    """Tokens in and out that a call can cost at most: no tokeniser makes more tokens of a text than it has bytes."""
    return len(body_of(question, terms)) + ENVELOPE_TOKENS, MOST_TOKENS_OUT


@lru_cache(maxsize=4)
def _session(terms: Terms) -> requests.Session:
    """A connection that is kept: a handshake would be a good part of the time."""
    session = requests.Session()
    session.trust_env = False  # no proxy and no .netrc by accident: the key travels in a header
    whole = terms.timeout_s
    patience = Patience(min(CONNECT_S, whole), read_s=whole, total_s=whole, largest_answer=LARGEST_ANSWER)
    mount(session, Access(terms.url, patience=patience))
    return session


def _headers(terms: Terms) -> dict[str, str | bytes]:
    key = {"Authorization": f"Bearer {terms.key}".encode()} if terms.key else {}
    return {"Accept": "application/json", "Content-Type": "application/json", **key}


def _no_answer(failed: requests.exceptions.RequestException, terms: Terms) -> AdviceUnavailable:
    """A connection that was never made costs nothing; what broke off later may have been billed."""
    reason = getattr(failed.args[0], "reason", None) if failed.args else None  # urllib3's, below requests' own
    unsent = isinstance(failed, _NEVER_SENT) or isinstance(reason, NewConnectionError)
    used = NOTHING if unsent else UNTOLD
    if isinstance(failed, requests.exceptions.Timeout) or is_timeout(failed):
        return AdviceUnavailable(Unanswered.TIMED_OUT, f"no whole answer within {terms.timeout_s:g} s", used=used)
    return AdviceUnavailable(Unanswered.FAILED, type(failed).__name__, used=used)


def _refused(sent: requests.Response, body: str) -> AdviceUnavailable:
    """Any status but 200. A redirect, a wrong key, an unknown model: asking again as it is will not help."""
    status, said = sent.status_code, _shown(body)
    if status == _TOO_MANY:
        wait = seconds(sent.headers.get("Retry-After"))
        asks = "" if wait is None else f", asks to wait {wait:g} s"
        return AdviceUnavailable(Unanswered.LIMITED, f"429{asks}: {said}", body=body)
    cause = Unanswered.DENIED if 300 <= status < 500 else Unanswered.FAILED
    return AdviceUnavailable(cause, f"{status}: {said}", body=body)


def _read(body: str) -> Answer:
    try:
        told = _Completion.model_validate_json(body)
    except ValidationError as wrong:
        raise AdviceUnavailable(Unanswered.NONSENSE, _what(wrong), body=body, used=UNTOLD) from wrong
    used = _used(told.usage)
    choice = told.choices[0]
    message = choice.message
    if message.refusal or choice.finish_reason == "content_filter":
        said = _shown(message.refusal or "held back by the server's filter")
        raise AdviceUnavailable(Unanswered.REFUSED, said, body=body, used=used)
    if choice.finish_reason == "length":
        raise AdviceUnavailable(Unanswered.CUT_SHORT, f"{used.tokens_out} tokens", body=body, used=used)
    try:
        opinion = Opinion.model_validate_json(message.content or "")
    except ValidationError as wrong:
        raise AdviceUnavailable(Unanswered.NONSENSE, _what(wrong), body=body, used=used) from wrong
    return Answer(opinion, body, used)


def _used(usage: Any) -> Used:
    """Some servers leave it out, or parts of it: that spoils no advice, and is paid for as if it were the most."""
    try:
        told = _Usage.model_validate(usage)
    except ValidationError:
        return UNTOLD
    return Used(told.prompt_tokens, told.completion_tokens)


def _what(wrong: ValidationError) -> str:
    """The first complaint with its place."""
    first = wrong.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(map(str, first["loc"]))
    return _shown(f"{place}: {first['msg']}" if place else first["msg"])


def _shown(text: str) -> str:
    """The beginning of others' words, on one line, for a row and for people."""
    plain = " ".join(text.split())[:_SHOWN]
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in plain)


def _clean(text: str, terms: Terms) -> str:
    """As it is kept: PostgreSQL takes no NUL, and some servers repeat the key in their complaint."""
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text.replace(terms.key, "***") if terms.key else text
