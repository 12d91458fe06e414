"""Reason codes: market."""

from __future__ import annotations

from .reason import Reason

_WAIT = "Wait for the next quote: entries are tried again, exits by mark wait, exits by time and expiry do not."

REASONS: tuple[Reason, ...] = (
    Reason("quote_missing", "The provider has no quote of this instrument now.", _WAIT),
    Reason("quote_one_sided", "The quote has a bid or an ask only, so no fair price can be told.", _WAIT),
    Reason("quote_crossed", "The bid is above the ask, which no orderly market shows.", _WAIT),
    Reason("quote_not_positive", "The bid or the ask is zero or negative.", _WAIT),
    Reason(
        "quote_not_a_number",
        "The bid or the ask is NaN, infinite or beyond any price.",
        "Look at the provider: it sends broken prices. Choose another by MARKET_PROVIDER if it goes on.",
    ),
    Reason(
        "quote_stale",
        "The provider's own time of the quote is further back than allowed.",
        "Check that the market is open, that the provider delivers and that this machine's clock is right.",
    ),
    Reason(
        "quote_from_future",
        "The quote is stamped later than our clock.",
        "Set this machine's clock (NTP); if it is right, the provider's clock is wrong.",
    ),
    Reason(
        "quote_wide",
        "The spread between bid and ask is wider than allowed.",
        "Choose a more liquid contract, wait, or raise the allowed spread where it is configured.",
    ),
    Reason(
        "quote_jump",
        "The price is further from the last known price than is believable.",
        "Check the price elsewhere; after a real jump the reference follows with the next bars.",
    ),
    Reason(
        "quote_delayed",
        "Only a delayed quote is left, and the book does not enter on those.",
        "Wait until a provider with real-time prices answers, or allow the book delayed entries in admin.",
    ),
    Reason(
        "quote_not_tradable",
        "The quote is indicative or of the end of a day: nobody would trade at it.",
        "Put a provider with real prices first: for options at Alpaca that is the feed opra, not indicative.",
    ),
    Reason(
        "no_second_witness",
        "The entry is above the size from which the book asks a second provider, and none confirms the price.",
        "Wait, put another provider in use, or raise the book's size in admin.",
    ),
    Reason(
        "no_market_data",
        "The provider knows nothing of this symbol on this day.",
        "Check the symbol; choose a provider that has it, or for a replay a day that was recorded.",
    ),
    Reason(
        "market_data_failed",
        "The provider could not be asked: time-out, refusal or an empty answer.",
        "Wait and try again; check the network and the provider's status, or choose another by MARKET_PROVIDER.",
    ),
    Reason(
        "interval_not_served",
        "The provider has no bars of this interval.",
        "Use an interval of whole minutes up to one day.",
    ),
    Reason(
        "insufficient_history",
        "There are fewer bars than an indicator needs.",
        "Wait for more bars, or use a shorter interval; an alert is not refused for this alone.",
    ),
    Reason(
        "bars_with_holes",
        "A bar has a value that is missing, not a number or impossible, so no indicator can be told.",
        "Look at the provider's bars of that interval; the message names the bar. Ask again, or choose another provider.",
    ),
    Reason(
        "calendar_missing",
        "The exchange calendar holds no row for a day that was asked for, so the market counts as closed.",
        "Run manage.py seed: it writes sessions up to one year ahead.",
    ),
    Reason(
        "unknown_provider",
        "The setting MARKET_PROVIDER names no provider that exists.",
        "Set it to simulated, lean or yfinance.",
    ),
    Reason(
        "provider_timed_out",
        "A provider did not give a whole answer in the time it has.",
        "Nothing, if the next provider answered. If it goes on, look at the provider's status and the network.",
    ),
    Reason(
        "provider_nonsense",
        "A provider's answer is not of the shape that it documents.",
        "Nothing, if the next provider answered. If it goes on, the provider has changed: switch its use off in admin.",
    ),
    Reason(
        "provider_rate_limited",
        "A provider says that it is asked too often.",
        "Lower its calls a minute or a day in admin to what your plan allows; other programs may share the key.",
    ),
    Reason(
        "provider_refused",
        "A provider refuses the key, the plan or the address that asks.",
        "Check the key in .env and the plan at the provider; MarketData.app serves one address for each account.",
    ),
    Reason(
        "provider_budget_spent",
        "Our own limit for a provider is reached, so nothing was sent.",
        "Wait for the next minute or day, or raise the limit in admin if your plan allows more.",
    ),
    Reason(
        "provider_breaker_open",
        "A provider has failed repeatedly and is left alone for a while.",
        "Nothing: one request tries it again after the time set in admin. manage.py doctor shows its last failure.",
    ),
    Reason(
        "no_provider_left",
        "Every provider in the chain failed, refused or was left out.",
        "The message names each one's cause. manage.py doctor shows which have keys; order and use are rows in admin.",
    ),
)
