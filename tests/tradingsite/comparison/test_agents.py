"""What each agent was sure of, and what the jury would be without it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as some

from domain.agents import Action, Bias, Vote
from domain.agents.jury import Seat, Terms, deliberate
from signals_app.jury.trial import Absent
from tests.factories import Floor, a_desk
from tests.signals_app.jury.stand_ins import Loyal, Sceptic, only
from tests.trading import trade
from tradingsite.comparison.agents import AgentFigures, agent_figures, flipped
from tradingsite.comparison.outcomes import Scope, read

from .rows import Ballot, Came, session, write


def figures(newest: int | None = None) -> dict[str, AgentFigures]:
    return {one.name: one for one in agent_figures(Scope(), read(Scope()).alerts, newest=newest)}


@pytest.mark.django_db
def test_confidence_is_held_against_what_came(floor: Floor) -> None:
    """80 % four times of which three won: Brier (3 × 0.04 + 0.64) / 4; an abstention and a no state nothing."""
    sure = [Ballot("keen", "enter", 80)]
    write(
        a_desk(),
        [
            *(Came(session(n), None, 1.0, votes=sure) for n in range(3)),
            Came(session(3), -1.0, -1.0, votes=sure),
            Came(session(4), 1.0, 1.0, votes=[Ballot("keen", "abstain")]),
            Came(session(5), 1.0, None, votes=[Ballot("keen", "reject", 90, blocks=True)]),
        ],
    )
    keen = figures()["keen"]
    assert (keen.votes, keen.entered, keen.rejected, keen.blocked, keen.abstained) == (6, 4, 1, 1, 1)
    assert (keen.outcomes, keen.win_rate, keen.mean_r, keen.expectancy) == (4, 0.75, 0.5, Decimal(25))
    assert keen.brier == pytest.approx(0.19)
    (point,) = [point for point in keen.curve if point.forecasts]
    assert (point.stated, point.observed) == (0.8, 0.75)


@pytest.mark.django_db
def test_the_outcome_of_what_b_skipped_is_that_of_a(floor: Floor) -> None:
    """Both would have bought the same contract; what neither traded has none."""
    for_it = [Ballot("keen", "enter", 100), Ballot("cool", "skip", 60)]
    write(a_desk(), [Came(session(0), -1.0, None, votes=for_it), Came(session(1), None, None, votes=for_it)])
    assert (figures()["keen"].outcomes, figures()["keen"].mean_r) == (1, -1.0)


@pytest.mark.django_db
def test_leaving_a_seat_out_votes_again(floor: Floor) -> None:
    """Keen alone is over 50, with cool beside it 40: cool keeps a loss out, and keen is what lets the gain in."""
    both = [Ballot("keen", "enter", 80), Ballot("cool", "skip", 60)]
    write(
        a_desk(),
        [
            Came(session(0), -1.0, None, votes=both),
            Came(session(1), 2.0, 2.0, votes=[Ballot("keen", "enter", 100), Ballot("cool", "enter", 20)]),
        ],
    )
    found = figures()
    assert (found["cool"].kept_out.count, found["cool"].kept_out.mean_r) == (1, -1.0)
    assert found["cool"].contribution_r == 1.0
    assert (found["keen"].let_in.count, found["keen"].let_in.mean_r) == (1, 2.0)
    assert found["keen"].contribution_r == 2.0
    assert found["cool"].let_in.count == 0 and found["keen"].kept_out.count == 0


@pytest.mark.django_db
def test_the_newest_alerts_are_the_latest(floor: Floor) -> None:
    """A page looks at no more of them than it says."""
    write(a_desk(), [Came(session(n), 1.0, 1.0, votes=[Ballot("keen", "enter", took_us=n)]) for n in range(5)])
    assert (figures(newest=2)["keen"].votes, figures(newest=2)["keen"].mean_us) == (2, 3.5)
    assert figures(newest=0) == {}


@pytest.mark.django_db
def test_votes_of_a_real_jury(floor: Floor) -> None:
    """30 × 80 and 10 × 0: without the sceptic it is 80, without the loyal one nothing is entered."""
    with only(Loyal, Sceptic):
        trade(a_desk(), floor)
        found = figures()
    assert (found["loyal"].let_in.count, found["loyal"].let_in.known) == (1, 0)  # it is still held
    assert (found["sceptic"].let_in.count, found["sceptic"].kept_out.count) == (0, 0)
    assert found["loyal"].outcomes == 0 and found["loyal"].brier is None


@pytest.mark.django_db
def test_two_statements_for_all_votes(floor: Floor) -> None:
    """However many alerts and agents."""
    votes = [Ballot(name, "enter") for name in ("keen", "cool", "calm")]
    write(a_desk(), [Came(session(n), 1.0, 1.0, votes=votes) for n in range(100)])
    alerts = read(Scope()).alerts
    with CaptureQueriesContext(connection) as asked:
        agent_figures(Scope(), alerts)
    assert len(asked) == 2


@some.composite
def juries(draw: some.DrawFn) -> tuple[list[Seat], list[Vote]]:
    seats, votes = [], []
    for number in range(draw(some.integers(1, 5))):
        name = "agent" + "abcde"[number]
        action = draw(some.sampled_from(list(Action)))
        blocks = action in (Action.SKIP, Action.REJECT) and draw(some.integers(0, 9)) == 0
        sure = 0 if action is Action.ABSTAIN else draw(some.integers(0, 100))
        weight = Decimal(draw(some.integers(0, 60)))
        seats.append(Seat(Absent(name, draw(some.integers(0, 5)) == 0, ""), weight))
        votes.append(Vote(name, action, Bias.NEUTRAL, sure, ("drawn",), blocks=blocks))
    return seats, votes


@given(juries(), some.integers(0, 100), some.sampled_from(["0", "0.5", "1"]))
def test_what_is_spared_would_not_have_flipped(
    jury: tuple[list[Seat], list[Vote]], threshold: int, coverage: str
) -> None:
    """The quick sum leaves out no re-vote whose outcome is another one."""
    seats, votes = jury
    terms = Terms(Decimal(threshold), Decimal(coverage))
    enters = deliberate(seats, votes, terms).enters
    slowly = {
        seat.name
        for place, seat in enumerate(seats)
        if deliberate(seats[:place] + seats[place + 1 :], votes[:place] + votes[place + 1 :], terms).enters
        is not enters
    }
    assert flipped(seats, votes, terms, enters=enters) == slowly
