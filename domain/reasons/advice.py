"""Reason codes of the language model's advice: why there is none for an alert. The jury decides without it."""

from __future__ import annotations

from .reason import Reason

_WITHOUT = "The jury decides without it"

REASONS: tuple[Reason, ...] = (
    Reason(
        "advice_not_configured",
        "The language model is to be asked, and no server or no model is named.",
        "Set LLM_BASE_URL and LLM_MODEL, or switch the flag 'enable_llm' off.",
    ),
    Reason(
        "advice_over_budget",
        f"What the question could cost at most does not fit into what is left of the day's budget. {_WITHOUT}.",
        "Wait for the next day (UTC), raise LLM_DAILY_COST, or correct LLM_PRICE_IN and LLM_PRICE_OUT.",
    ),
    Reason(
        "advice_resting",
        f"Three questions in a row found the server away, so it is left alone for a minute. {_WITHOUT}.",
        "Read the rows before in admin under model advice; it is asked again by itself.",
    ),
    Reason(
        "advice_timed_out",
        f"The server had not answered in full when the time was over. {_WITHOUT}.",
        "Look at the server, choose a faster model, or raise LLM_TIMEOUT_S: every alert waits that long at most.",
    ),
    Reason(
        "advice_failed",
        "The server could not be reached, failed, broke off, or sent more than any answer can be.",
        "Read the text beside the code; check LLM_BASE_URL, the network and the server.",
    ),
    Reason(
        "advice_rate_limited",
        "The server says that it is asked too often, or that the account's quota is spent.",
        "Look at the account's limits at the server; the next alert asks again.",
    ),
    Reason(
        "advice_denied",
        "The server refuses the request itself: the key, the model's name, the address, or a parameter.",
        "Read the server's words beside the code; check LLM_API_KEY, LLM_MODEL and LLM_BASE_URL.",
    ),
    Reason(
        "advice_refused",
        f"The model declined to answer, or a filter of the server held its answer back. {_WITHOUT}.",
        "Nothing needs to be done for a single one; choose another model if it goes on.",
    ),
    Reason(
        "advice_cut_short",
        "The model's answer reached the limit of tokens before it was complete.",
        "Choose a model that answers without thinking aloud: what it thinks counts as well.",
    ),
    Reason(
        "advice_nonsense",
        "The answer is not what was asked for: no JSON, a field too many or too few, or a value that cannot be.",
        "Choose a model and a server that keep to a strict JSON schema; the raw answer is in admin under model advice.",
    ),
)
