"""Reason codes of Engine A: why an alert was understood and yet not traded."""

from __future__ import annotations

from .reason import Reason

_LIMIT = "Close something, or raise the limit on the book's limits page in admin; it counts from the next decision on."

REASONS: tuple[Reason, ...] = (
    Reason(
        "unsupported_asset_class",
        "The alert names something that is understood and not traded here: a coin, a currency pair.",
        "Options are traded on US stocks and funds; let the alert name one of those.",
        422,
    ),
    Reason(
        "limit_not_reached",
        "The alert carries a limit price of the share, and the market is beyond it at this moment.",
        "Send the alert when the price is reached, or without a limit: an entry does not wait for the share's price.",
        409,
    ),
    Reason(
        "risk_limit",
        "The alert asks for a quantity that is beyond belief, whatever the strategy would have bought.",
        "Check {{strategy.order.contracts}} in the alert; the most that is believed is the limit 'max_alert_quantity'.",
        422,
    ),
    Reason(
        "jury_not_convinced",
        "Engine B's agents were heard, and their weighted confidence is below what the strategy asks for.",
        "The alert's trail shows every vote and the sum. Lower the threshold of the strategy's jury policy, or the weight "
        "of an agent that you trust less.",
        409,
    ),
    Reason(
        "jury_veto",
        "An agent that may block has blocked the entry; no other vote counts against that.",
        "The trail shows its reasons. A limit that is reached has to be freed; the agent's thresholds are parameters of "
        "its seat.",
        409,
    ),
    Reason(
        "jury_incomplete",
        "Too few agents could vote, or one without which nothing is entered could not.",
        "The trail shows why each abstained. Look for missing market data, an alarm of an agent, or a disabled seat.",
        409,
    ),
    Reason(
        "strategy_paused",
        "The strategy is paused, so it opens nothing; its exits still go.",
        "Resume the strategy in admin.",
        409,
    ),
    Reason(
        "book_halted",
        "The book is halted, so nothing is opened in it; exits still go.",
        "Find out why it was halted (its audit trail tells), then run 'manage.py resume' or resume it in admin.",
        409,
    ),
    Reason(
        "market_closed",
        "The product does not trade at this hour, so neither an entry nor an exit could be filled.",
        "Send alerts within the session; look at holidays, early closes and session overrides in admin.",
        409,
    ),
    Reason(
        "closing_soon",
        "The session ends within the minutes in which the strategy takes no entry.",
        "Send entries earlier, or lower the strategy's 'entry cutoff'.",
        409,
    ),
    Reason(
        "symbol_not_allowed",
        "The symbol is not on the strategy's list of allowed symbols.",
        "Add the symbol to the strategy in admin, or * for all.",
        409,
    ),
    Reason(
        "symbol_denied",
        "The symbol is on the deny list.",
        "Remove the symbol's deny rule in admin if it may be traded again.",
        409,
    ),
    Reason(
        "stale_signal",
        "The alert was too old when the decision was made.",
        "Look for a backlog or an outage at that time; raise the strategy's freshness if alerts may be older.",
        422,
    ),
    Reason(
        "position_open",
        "A position or an entry order on this symbol exists in the book, and the strategy does not add to positions.",
        "Close it first, or allow adding in the strategy.",
        409,
    ),
    Reason("max_open_positions", "The book holds as many positions as it may.", _LIMIT, 409),
    Reason("max_positions_per_symbol", "The book holds as many positions on this symbol as it may.", _LIMIT, 409),
    Reason("max_exposure", "What the book holds and has reserved leaves no room for this entry.", _LIMIT, 409),
    Reason(
        "max_daily_loss",
        "The book has lost as much today as it may; open losses count, open gains do not make up for realized losses.",
        "Wait for the next session, or raise the limit on the book's limits page in admin.",
        409,
    ),
    Reason(
        "max_orders_per_minute",
        "The book has sent as many orders within a minute as it may.",
        "Find out which strategy fires so often; raise the limit if that is meant.",
        429,
    ),
    Reason(
        "position_mismatch",
        "The alert speaks of a position that the book does not hold, or holds the other way round.",
        "Compare the strategy's position in TradingView with the book's; flatten both if they have drifted apart.",
        409,
    ),
    Reason(
        "nothing_to_close",
        "The alert closes or reduces a position and none is held that no exit order covers already.",
        "Nothing needs to be done if a rule or an earlier alert has left the position before: see its exit reason.",
        409,
    ),
    Reason(
        "nothing_to_cancel",
        "The alert cancels entry orders and none is live on this symbol.",
        "Nothing needs to be done: the order was filled or has ended already.",
        409,
    ),
    Reason(
        "no_position_to_add",
        "The alert adds to a position and none is open on this symbol.",
        "Open a position first: an addition takes its side from the one that is open.",
        409,
    ),
    Reason(
        "quantity_unknown",
        "The alert changes a position and does not tell by how much.",
        "Send the quantity, or the position before and after: {{strategy.order.contracts}}, "
        "{{strategy.prev_market_position_size}} and {{strategy.market_position_size}}.",
        422,
    ),
    Reason(
        "option_short_unsupported",
        "The alert names an option and wants a short of it; options are only bought here, and sold when they are held.",
        "Buy a put instead of shorting a call, or name the underlying and let the strategy choose the contract.",
        422,
    ),
    Reason(
        "intent_unsupported",
        "The engine does not know what this alert wants.",
        "Send buy, sell, exit, flat, add or cancel; 'manage.py parse_alert' shows how a body is understood.",
        422,
    ),
)
