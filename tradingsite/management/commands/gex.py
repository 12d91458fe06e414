"""Print the gamma exposure of an underlying's option dealers: total, walls, zero gamma, max pain, flow, by expiration."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import CommandError

from market_app.analysis import DealerGamma, Expiration, dealer_gamma
from market_app.analysis.document import document
from market_app.snapshots import keep
from tradingsite.management.gamma_text import pages
from tradingsite.management.market import MarketCommand, add_rate_argument, count_of, day_of

STRIKES = 21


class Command(MarketCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        add_rate_argument(parser)
        parser.add_argument("underlying")
        parser.add_argument(
            "--expiration", type=day_of, metavar="YYYY-MM-DD", help="draw the strikes of this one; of all if not given"
        )
        parser.add_argument("--strikes", type=count_of, default=STRIKES, metavar="N", help="how many to draw")
        parser.add_argument(
            "--save", action="store_true", help="keep it as a snapshot, once for its moment; needs the database"
        )

    def look(
        self,
        *,
        underlying: str,
        rate: float | None,
        expiration: date | None,
        strikes: int,
        save: bool,
        **options: Any,
    ) -> dict[str, Any]:
        found = dealer_gamma(underlying.upper(), rate=rate)
        chosen = _chosen(found, expiration)
        for page in pages(found, strikes=strikes, chosen=chosen):
            self.tell(page)
        told = document(found)
        if save:
            told["snapshot"] = keep(found).pk
            self.tell(f"kept as snapshot {told['snapshot']}")
        return told


def _chosen(found: DealerGamma, wanted: date | None) -> Expiration | None:
    if wanted is None:
        return None
    known = {row.expiration: row for row in found.expirations}
    if wanted not in known:
        days = ", ".join(map(str, known))
        raise CommandError(f"{found.underlying} has no expiration {wanted}: give --expiration one of {days}")
    return known[wanted]
