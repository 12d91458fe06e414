"""What somebody asks to have compared, by names."""

from __future__ import annotations

from datetime import datetime

from signals_app.models import Experiment, Strategy
from tradingsite.comparison.outcomes import Scope
from tradingsite.comparison.report import Subject, exploratory, subject_of_experiment


def chosen(
    *,
    experiment: str | None = None,
    strategy: str | None = None,
    symbol: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Subject:
    """An experiment as a whole is on its own terms; whatever is cut out of it, or chosen otherwise, is exploratory.

    Raises Experiment.DoesNotExist, Strategy.DoesNotExist.
    """
    whole = None if experiment is None else Experiment.objects.get(name=experiment)
    if whole is not None and symbol is None and since is None and until is None:
        return subject_of_experiment(whole)
    scope = Scope(
        experiment_id=None if whole is None else whole.pk,
        strategy_id=None if strategy is None else Strategy.objects.only("pk").get(name=strategy).pk,
        symbol=symbol,
        since=since,
        until=until,
    )
    return exploratory(_title(experiment, strategy, symbol, since, until), scope, like=whole)


def _title(
    experiment: str | None, strategy: str | None, symbol: str | None, since: datetime | None, until: datetime | None
) -> str:
    parts = [
        f"experiment {experiment}" if experiment else "",
        f"strategy {strategy}" if strategy else "",
        symbol or "",
        f"from {since:%Y-%m-%d %H:%M}" if since else "",
        f"to {until:%Y-%m-%d %H:%M}" if until else "",
    ]
    return ", ".join(part for part in parts if part) or "all alerts"
