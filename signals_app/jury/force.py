"""What is in force for a strategy's next alert: flags, the jury's seats, its terms, and the running experiment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.conf import settings

from books_app.rows import fetched
from domain.flags import SHADOW, VARIANT_B, Standing, standings
from signals_app.models import FeatureFlag, Strategy

# One statement, because every alert asks it. Numbers travel as text: JSON would make floats of them.
_IN_FORCE: Final = """
    SELECT
        (SELECT json_object_agg(name, enabled) FROM signals_app_featureflag),
        (SELECT json_agg(json_build_array(name, weight::text, parameters, deadline_ms) ORDER BY weight DESC, name)
           FROM signals_app_agentseat WHERE enabled),
        (SELECT json_build_array(threshold::text, coverage::text) FROM signals_app_jurypolicy WHERE id = %(policy)s),
        (SELECT json_build_array(id, salt, percent_a, stopped_engines) FROM signals_app_experiment
          WHERE status = 'running' AND (strategy_id = %(strategy)s OR strategy_id IS NULL)
            AND starts_at <= %(now)s AND (stops_at IS NULL OR stops_at > %(now)s)
          ORDER BY strategy_id NULLS LAST LIMIT 1)
"""


@dataclass(frozen=True, slots=True)
class SeatRow:
    """One enabled seat, its agent not built yet."""

    name: str
    weight: Decimal
    parameters: Mapping[str, Any]
    deadline_s: float


@dataclass(frozen=True, slots=True)
class Split:
    """The running experiment's split: what an alert's engine is drawn by."""

    experiment_id: int
    salt: str
    percent_a: int
    stopped: str  # engines that the guard has stopped


@dataclass(frozen=True, slots=True)
class InForce:
    """threshold and coverage are None where the strategy names no jury policy: the built-in one counts."""

    flags: Mapping[str, Standing]
    seats: tuple[SeatRow, ...]
    threshold: Decimal | None
    coverage: Decimal | None
    split: Split | None

    def on(self, flag: str) -> bool:
        return self.flags[flag].on

    @property
    def jury(self) -> bool:
        return self.on(VARIANT_B)

    @property
    def shadows(self) -> bool:
        return self.on(SHADOW)


def in_force(strategy: Strategy, *, now: datetime) -> InForce:
    """As the rows and the environment say at this moment. Raises RuleBroken ``flag_unknown``."""
    about = {"policy": strategy.jury_policy_id, "strategy": strategy.pk, "now": now}
    ((flags, seats, policy, split),) = fetched(_IN_FORCE, about)
    threshold, coverage = (None, None) if policy is None else map(Decimal, policy)
    return InForce(
        flags=standings(flags or {}, settings.FLAGS_SAID),
        seats=tuple(SeatRow(name, Decimal(weight), given, ms / 1000) for name, weight, given, ms in seats or ()),
        threshold=threshold,
        coverage=coverage,
        split=None if split is None else Split(*split),
    )


def flags_in_force() -> dict[str, Standing]:
    """Every flag as it stands, for people and for what is not about one alert."""
    rows = dict(FeatureFlag.objects.values_list("name", "enabled"))
    return standings(rows, settings.FLAGS_SAID)
