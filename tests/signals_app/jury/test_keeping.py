"""What a jury saw is kept so that it can be seen again, exactly, and bars are kept once."""

from __future__ import annotations

import pytest

from domain.agents.document import votes_digest, without_series
from domain.digest import digest
from domain.flags import VARIANT_B
from market_app.snapshots import record_snapshot
from signals_app.jury.defaults import seed_seats
from signals_app.jury.force import in_force
from signals_app.jury.keeping import view_of
from signals_app.jury.trial import try_alert
from signals_app.models import AgentVote, FeatureFlag, JuryRecord, SeriesSeen
from tests.factories import Desk, Floor, a_roomy_desk
from tests.trading import trade

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(floor: Floor) -> Desk:
    """Every agent has its seat and a snapshot to look at."""
    seed_seats()
    FeatureFlag.objects.create(name=VARIANT_B, enabled=True)
    FeatureFlag.objects.create(name="enable_satyland", enabled=True)
    record_snapshot("AAPL")
    return a_roomy_desk()


def test_from_what_was_kept_the_agents_vote_the_same(floor: Floor, desk: Desk) -> None:
    """The view that is read again has the digest of the one that was seen, and brings the same votes and sum."""
    trade(desk, floor)
    record = JuryRecord.objects.get()
    seen = view_of(record)
    assert seen.bars is not None and len(seen.bars.candles) == 200 and seen.gamma is not None
    again = try_alert(seen, in_force(desk.strategy, now=seen.now))
    assert votes_digest(heard.vote for heard in again.heard) == record.votes_sha256
    assert again.finding.as_json() == record.sum
    assert (
        digest({**without_series(seen), "bars": record.bars.digest, "daily": record.daily.digest}) == record.view_sha256
    )


def test_alerts_of_one_bar_share_their_bars(floor: Floor, desk: Desk) -> None:
    """Two alerts within five minutes see the same bars, which are kept once; both records name them."""
    trade(desk, floor)
    floor.clock.forward(1)
    trade(desk, floor, order_id="Second")
    first, second = JuryRecord.objects.order_by("pk")
    assert first.bars_id == second.bars_id and first.daily_id == second.daily_id
    assert SeriesSeen.objects.filter(symbol="AAPL").count() == 2


def test_every_agent_of_a_fresh_system_votes(floor: Floor, desk: Desk) -> None:
    """Nobody raises, nobody is late: what abstains says what it misses."""
    trade(desk, floor)
    votes = AgentVote.objects.all()
    assert {vote.agent for vote in votes} >= {"context", "technical", "risk", "orb", "squeeze", "strat", "gamma_flow"}
    assert not [vote for vote in votes if vote.alarm]
    assert all(vote.reasons for vote in votes)


def test_bars_are_asked_for_once_for_all_agents(floor: Floor, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """200 bars and the days of a symbol are each one question, however many agents, engines and books there are."""
    asked: list[tuple[str, int, int]] = []
    told = floor.market.bars

    def counting(symbol: str, *, interval_s: int, count: int, now: object) -> object:
        asked.append((symbol, interval_s, count))
        return told(symbol, interval_s=interval_s, count=count, now=now)  # type: ignore[arg-type]

    monkeypatch.setattr(floor.market, "bars", counting)
    trade(desk, floor)
    assert sorted(asked) == [("AAPL", 300, 200), ("AAPL", 86_400, 260)]
