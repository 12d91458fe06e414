"""Reason codes: what is wrong with the body of an alert. 400 means it cannot be read, 422 that it makes no sense."""

from __future__ import annotations

from .reason import Reason

_UNREADABLE = (
    Reason(
        "empty_body",
        "The alert has no text.",
        "Write a message into the alert's box; 'manage.py send_alert --help' shows one to paste.",
        400,
    ),
    Reason(
        "body_too_large",
        "The body is over 16 kB.",
        "Send the fields of the order only; long texts and whole chart histories belong elsewhere.",
        413,
    ),
    Reason(
        "bad_encoding",
        "The body is not plain UTF-8: another encoding, a byte order mark, a NUL, or half of a surrogate pair.",
        "Save the message as UTF-8 without a byte order mark, and leave escapes such as \\u0000 out.",
        400,
    ),
    Reason(
        "invalid_json",
        "The body looks like JSON and is not valid JSON.",
        "Put quotes around placeholders that can be empty, NaN or na, use no free text with quotes in it, and leave no "
        "comma before a closing bracket. 'manage.py parse_alert' tells line and column.",
        400,
    ),
    Reason(
        "invalid_or_too_deep",
        "The body nests objects or lists more than 32 levels deep.",
        "Send a flat object; no alert needs more than three levels.",
        400,
    ),
    Reason(
        "ambiguous_duplicate_key",
        "One field is there twice, perhaps in two spellings, so it is open which one is meant.",
        "Keep one of the two.",
        400,
    ),
    Reason(
        "not_an_object",
        "The body, or an item of its list, is a single value or an empty list instead of an object with fields.",
        'Send an object such as {"ticker": "AAPL", "action": "buy"}, or a list of such objects.',
        400,
    ),
    Reason(
        "batch_too_long",
        "The list holds more alerts than one delivery may.",
        "Send at most 20 orders in one list; they are carried out in order, all or none.",
        422,
    ),
    Reason(
        "unreplaced_placeholder",
        "A placeholder in double braces arrived as it was typed.",
        "TradingView replaces placeholders only in the alert's message box and in alertcondition(); in the text of "
        "alert() join the value yourself, for example str.tostring(close).",
        422,
    ),
)

_SYMBOL = (
    Reason(
        "missing_symbol",
        "No field names what to trade.",
        'Add "ticker": "{{ticker}}" to the message.',
        422,
    ),
    Reason(
        "bad_symbol",
        "The symbol is not a text that can name an instrument, or it is an option with an impossible date or strike.",
        'Use "{{ticker}}", or EXCHANGE:SYMBOL; for an option the form SPY270115C00700000 or "SPY 270115C700".',
        422,
    ),
    Reason(
        "bad_option_symbol",
        "A text is not an option symbol of the form ROOT YYMMDD C|P STRIKE*1000, or its date or strike cannot be.",
        "Copy the symbol from the option chain; the last fifteen characters are date, right and strike.",
        422,
    ),
    Reason(
        "unmapped_or_untradable_symbol",
        "The symbol is an index, a future, a spread, or of a form or exchange that is not known here.",
        "Let the alert name the share, fund, coin or currency pair that is to be traded: SPY instead of SPX or ES1!. "
        "Nothing is ever guessed from a similar name.",
        422,
    ),
    Reason(
        "expired_contract",
        "The option's expiration has passed.",
        "Name a listed expiration, or name the underlying and let the strategy choose the contract.",
        422,
    ),
)

_ACTION = (
    Reason(
        "missing_action",
        "Nothing says what to do with the symbol, or the action leaves long or short open.",
        'Add "action": "{{strategy.order.action}}", or one of buy, sell, exit, enter_long, exit_long, enter_short, '
        "exit_short; beside open and reverse add a direction.",
        422,
    ),
    Reason(
        "unknown_action",
        "The action is a word that is not known here.",
        "Use buy, sell, long, short, exit, close, flat, add, reverse, cancel, enter_long, exit_long, enter_short or "
        "exit_short, in any letter case.",
        422,
    ),
    Reason(
        "unknown_position",
        "The reported position is neither long, short or flat nor a plain number.",
        'Use "{{strategy.market_position}}" for the word and "{{strategy.position_size}}" for the number.',
        422,
    ),
    Reason(
        "contradictory_alert",
        "Two fields of the alert cannot both be true, such as a sell that takes a flat strategy long.",
        "Fill action, position and sizes from the same placeholders of one strategy, and write stop and target as "
        "prices on the right side of the entry, or as percents.",
        422,
    ),
)

_AMOUNTS = (
    Reason(
        "bad_quantity",
        "The quantity is not a plain number above zero, or is too large to be one.",
        'Write 1000, not "1,000"; no sign, no infinity, no true or false; percents end in % and are at most 100 of a '
        "position. The side is told by the action, never by a minus.",
        422,
    ),
    Reason(
        "bad_quantity_type",
        "The unit of the quantity is not known here.",
        "Use units, base, quote, dollar_amount, percent_of_equity, percent_of_position, margin_percent, risk_percent "
        "or risk_dollar_amount, or leave it out for shares and contracts.",
        422,
    ),
    Reason(
        "bad_price",
        "A price is not a plain number above zero.",
        'Write "{{close}}" in the message box, without separators and currency signs.',
        422,
    ),
    Reason(
        "bad_bracket",
        "A stop loss, take profit or trailing distance is not a plain number above zero, or an impossible percent.",
        'Use {"percent": 5}, {"stopPrice": 268.5} or {"limitPrice": 280}, with positive numbers.',
        422,
    ),
    Reason(
        "bad_order_type",
        "The order type is not known here.",
        "Use market, limit, stop, stop_limit or trailing_stop, or leave it out.",
        422,
    ),
    Reason(
        "missing_order_price",
        "A limit or stop order came without its price.",
        'Add "limitPrice" for a limit order and "stopPrice" for a stop order, or send a market order.',
        422,
    ),
    Reason(
        "text_too_long",
        "Order id, strategy, source or indicator has over 200 characters.",
        "Shorten it; order ids are compared as a whole and are therefore never cut.",
        422,
    ),
)

_TIME = (
    Reason(
        "bad_time",
        "The alert's time is not a time.",
        'Use "{{timenow}}", an ISO time such as 2026-11-12T15:35:00Z, or unix seconds or milliseconds.',
        422,
    ),
    Reason(
        "bad_interval",
        "The chart interval is not one.",
        'Use "{{interval}}", or forms such as 5, 5m, 1h, 4H, D, W, 30S; M is a month and m a minute.',
        422,
    ),
    Reason(
        "bad_max_lag",
        "The alert's max_lag is not a number of seconds between 1 and 604800.",
        'Write "max_lag": "300", or leave it out.',
        422,
    ),
    Reason(
        "stale_alert",
        "The alert is older than the strategy, or its own max_lag, allows.",
        'Send "{{timenow}}": "{{time}}" is the start of the bar, which is old when the bar closes. Otherwise look for '
        "what delays delivery, or raise the strategy's freshness.",
        422,
    ),
    Reason(
        "future_alert",
        "The alert's time lies more than a minute ahead of ours.",
        "Send times in UTC, or with their offset, and set the sender's clock; 'manage.py doctor' checks ours.",
        422,
    ),
)

REASONS: tuple[Reason, ...] = (*_UNREADABLE, *_SYMBOL, *_ACTION, *_AMOUNTS, *_TIME)
