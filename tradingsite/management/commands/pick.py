"""Print which listed contract a policy chooses for a direction, out of what, and why: filters, the best ten, their scores.

Without --strategy, --policy or --book the built-in policy is asked, and no database is needed. The changes are to single
values of whichever policy was taken.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any, get_args

from domain.positions import Direction
from domain.reasons import REASONS
from domain.selection import ContractPolicy, StrikeKind, as_json
from domain.symbols.occ import Right
from market_app.selecting import history_of, selection_of
from tradingsite.management.market import MarketCommand, moment_text, source_text
from tradingsite.selection_text import selection_lines


class Command(MarketCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("underlying")
        parser.add_argument(
            "--direction", choices=[d.value for d in Direction], default="long", help="long picks a call"
        )
        whose = parser.add_mutually_exclusive_group()
        whose.add_argument("--strategy", metavar="NAME", help="choose as this strategy would")
        whose.add_argument("--policy", metavar="NAME", help="choose by this row of policies")
        allowed = parser.add_mutually_exclusive_group()
        allowed.add_argument("--book", metavar="NAME", help="allow the nearest strike if this book does")
        allowed.add_argument("--nearest", action="store_true", help="allow it, where no delta is known")
        changes = parser.add_argument_group("changes to the policy")
        changes.add_argument("--strike", choices=get_args(StrikeKind))
        for option, meaning in WHOLE_NUMBERS.items():
            changes.add_argument(f"--{option}", type=int, metavar="N", help=meaning)
        for option, meaning in FRACTIONS.items():
            changes.add_argument(f"--{option}", type=_fraction, metavar="FRACTION", help=meaning)

    def look(self, *, underlying: str, direction: str, **options: Any) -> dict[str, Any]:
        policy, nearest_allowed = _policy(**options), _nearest_allowed(**options)
        right = Right.CALL if direction == Direction.LONG else Right.PUT
        root = underlying.upper()
        named = options["strategy"] is not None or options["policy"] is not None  # otherwise no database may be there
        history = history_of(root) if named else None
        selection = selection_of(root, right=right, policy=policy, history=history)
        if selection.stand_in is not None and nearest_allowed:
            selection = selection.stand_in
        record, sight = as_json(selection), selection.sight
        chosen = record["chosen"] or "nothing"
        self.tell(f"{sight.underlying} {direction}, {moment_text(sight.at)}, {source_text(sight.quote)}")
        self.tell(f"policy {policy.name} chooses {chosen}")
        for line in selection_lines(record):
            self.tell(line)
        refusal = selection.refusal
        if refusal is not None and not self.as_json:
            raise refusal
        if refusal is not None:
            refused = {"code": refusal.code, "message": refusal.message, "fix": REASONS[refusal.code].fix}
            self.stdout.write(json.dumps({**record, "error": refused}, indent=2, ensure_ascii=False))
            raise SystemExit(1)
        return record


WHOLE_NUMBERS = {
    "otm-steps": "listed strikes beyond the nearest one",
    "min-days": "calendar days to expiration, at least",
    "max-days": "at most",
    "target-days": "wanted",
    "min-open-interest": "at least",
    "min-volume": "at least",
    "max-spread-ticks": "at most",
}
FRACTIONS = {
    "delta-min": "at least, without its sign",
    "delta-max": "at most",
    "delta-target": "wanted",
    "max-spread": "at most, of the middle",
}


def _policy(*, strategy: str | None, policy: str | None, **options: Any) -> ContractPolicy:
    from signals_app.models import SelectionPolicy, Strategy  # rows: only where they are named
    from signals_app.services.plans import contract_policy

    if strategy is not None:
        base = contract_policy(Strategy.objects.select_related("selection_policy").get(name=strategy))
    elif policy is not None:
        base = SelectionPolicy.objects.get(name=policy).as_policy()
    else:
        base = ContractPolicy()
    names = ["strike", *(option.replace("-", "_") for option in (*WHOLE_NUMBERS, *FRACTIONS))]
    changes = {name: options[name] for name in names if options.get(name) is not None}
    return replace(base, name=f"{base.name}, changed", **changes) if changes else base


def _nearest_allowed(*, book: str | None, nearest: bool, **_options: Any) -> bool:
    from books_app.models import Account

    return nearest if book is None else Account.objects.get(name=book).nearest_strike


def _fraction(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ArgumentTypeError(f"{text!r} is not a number such as 0.40") from None
