"""The arithmetic of the sum: what always holds, whoever votes what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.agents import Action, Bias, Vote, abstention
from domain.agents.jury import Finding, Seat, Terms, deliberate
from domain.errors import RuleBroken


@dataclass(frozen=True)
class Sitting:
    """An agent as far as the sum knows it."""

    name: str
    required: bool = False


def seat(name: str, weight: int | str | Decimal, *, required: bool = False) -> Seat:
    return Seat(Sitting(name, required), Decimal(weight))  # type: ignore[arg-type]


def vote(name: str, action: Action = Action.ENTER, confidence: int = 80, *, blocks: bool = False) -> Vote:
    return Vote(name, action, Bias.NEUTRAL, confidence, ("because",), blocks=blocks)


def found(*pairs: tuple[Seat, Vote], threshold: int = 50, coverage: str = "0") -> Finding:
    seats, votes = [seat for seat, _ in pairs], [vote for _, vote in pairs]
    return deliberate(seats, votes, Terms(Decimal(threshold), Decimal(coverage)))


WEIGHTS = st.decimals("0.001", 1000, places=3)


@st.composite
def juries(draw: st.DrawFn, least: int = 1) -> list[tuple[Seat, Vote]]:
    """Up to eight seats with any votes, none of them blocking, at least one with a voice."""
    pairs = []
    for number in range(draw(st.integers(least, 8))):
        name = f"agent_{chr(97 + number)}"
        action = draw(st.sampled_from(list(Action)))
        said = abstention(name, "nothing to see") if action is Action.ABSTAIN else vote(name, action, draw(SURE))
        pairs.append((seat(name, draw(WEIGHTS)), said))
    return pairs


SURE = st.integers(0, 100)


def test_the_sum_is_that_of_the_page() -> None:
    """20 × 50 + 25 × 64 + 30 × 90 with a silent 10: mean 70.67 over 75, coverage 75/85, confidence 62.35."""
    finding = found(
        (seat("context", 20), vote("context", confidence=50)),
        (seat("technical", 25), vote("technical", confidence=64)),
        (seat("risk", 30), vote("risk", confidence=90)),
        (seat("orb", 10), abstention("orb", "no range yet")),
    )
    assert (finding.mean, finding.coverage, finding.confidence) == (
        Decimal("70.67"),
        Decimal("0.8824"),
        Decimal("62.35"),
    )
    assert [line.share for line in finding.lines] == [Decimal("0.2667"), Decimal("0.3333"), Decimal("0.4000"), 0]
    assert finding.as_json()["sum"] == "20×50 + 25×64 + 30×90"
    assert finding.enters


@given(juries(), st.integers(0, 100))
def test_a_block_is_final(pairs: list[tuple[Seat, Vote]], threshold: int) -> None:
    """Whatever the others vote and however low the threshold, one blocking vote rejects."""
    pairs.append((seat("guardian", 0), vote("guardian", Action.REJECT, 1, blocks=True)))
    finding = found(*pairs, threshold=threshold)
    assert (finding.action, finding.reason) == (Action.REJECT, "jury_veto")


@given(juries(), st.decimals("0.01", 100, places=2))
def test_only_the_proportions_of_weights_matter(pairs: list[tuple[Seat, Vote]], factor: Decimal) -> None:
    """Every weight times the same number gives the same verdict and the same figures."""
    most = max(seat.weight for seat, _ in pairs)
    scale = min(factor, Decimal(1000) / most)
    scaled = [(replace(seat, weight=seat.weight * scale), vote) for seat, vote in pairs]
    one, other = found(*pairs), found(*scaled)
    assert (one.action, one.reason, one.confidence, one.mean) == (
        other.action,
        other.reason,
        other.confidence,
        other.mean,
    )


@given(juries(), st.randoms(use_true_random=False))
def test_the_order_of_the_seats_changes_nothing(pairs: list[tuple[Seat, Vote]], random: Random) -> None:
    """Exact fractions: no sum depends on which term comes first."""
    shuffled = list(pairs)
    random.shuffle(shuffled)
    assert found(*pairs).confidence == found(*shuffled).confidence
    assert found(*pairs).action == found(*shuffled).action


@given(juries(least=2), st.data())
def test_an_abstention_never_raises_the_confidence(pairs: list[tuple[Seat, Vote]], data: st.DataObject) -> None:
    """Whoever falls silent, the jury is at most as sure as before, and enters nothing that it would not have entered."""
    silenced = data.draw(st.integers(0, len(pairs) - 1))
    quiet = [
        (seat, abstention(seat.name, "lost its data")) if number == silenced else (seat, vote)
        for number, (seat, vote) in enumerate(pairs)
    ]
    before, after = found(*pairs), found(*quiet)
    assert (after.confidence or 0) <= (before.confidence or 0)
    assert before.enters or not after.enters


@given(juries())
def test_the_confidence_lies_within_what_was_voted(pairs: list[tuple[Seat, Vote]]) -> None:
    """Never above the surest vote to enter, never below zero; none at all where nobody voted."""
    finding = found(*pairs)
    if finding.confidence is None:
        assert all(vote.abstained for _, vote in pairs) and finding.reason == "jury_incomplete"
    else:
        surest = max((vote.confidence for _, vote in pairs if vote.action is Action.ENTER), default=0)
        assert 0 <= finding.confidence <= surest
        assert abs(sum(line.points for line in finding.lines) - (finding.mean or 0)) < Decimal("0.05")


def test_without_a_required_agent_nothing_is_entered() -> None:
    """The others may be as sure as they like."""
    finding = found(
        (seat("loyal", 70), vote("loyal", confidence=100)),
        (seat("risk", 30, required=True), abstention("risk", "no book to look at")),
    )
    assert (finding.action, finding.reason) == (Action.REJECT, "jury_incomplete")
    assert "no book to look at" in finding.text


def test_too_little_of_the_weight_is_no_jury() -> None:
    """A third of the weight has voted, and half is asked for."""
    pairs = ((seat("one", 10), vote("one", confidence=100)), (seat("two", 20), abstention("two", "no bars")))
    assert found(*pairs, threshold=10, coverage="0.5").reason == "jury_incomplete"
    assert found(*pairs, threshold=10, coverage="0.33").enters


def test_an_empty_jury_enters_nothing() -> None:
    """No seats, no verdict to enter, whatever the threshold."""
    assert deliberate([], [], Terms(Decimal(0), Decimal(0))).reason == "jury_incomplete"


def test_weight_zero_is_heard_and_does_not_count() -> None:
    """An adviser's vote is kept with its line and moves nothing."""
    finding = found(
        (seat("one", 10), vote("one", confidence=60)), (seat("adviser", 0), vote("adviser", confidence=100))
    )
    assert finding.confidence == Decimal("60.00") and finding.lines[1].share == 0


@pytest.mark.parametrize("weight", ["-1", "1000.001", "NaN", "Infinity"])
def test_a_weight_that_cannot_be_is_refused(weight: str) -> None:
    """Negative, absurd and unreal weights are refused where the seat is made."""
    with pytest.raises(RuleBroken, match="bad_agent"):
        seat("one", weight)


@pytest.mark.parametrize("terms", [("101", "0.5"), ("-1", "0.5"), ("50", "1.1"), ("NaN", "0.5")])
def test_terms_that_cannot_be_are_refused(terms: Sequence[str]) -> None:
    """A threshold is 0 to 100, a coverage 0 to 1."""
    with pytest.raises(RuleBroken, match="bad_jury"):
        Terms(*map(Decimal, terms))


def test_votes_of_others_are_refused() -> None:
    """A vote counts for the seat of its own agent only."""
    with pytest.raises(ValueError, match="for seats of"):
        deliberate([seat("one", 1)], [vote("two")], Terms())
