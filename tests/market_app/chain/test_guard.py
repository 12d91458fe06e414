"""The breaker: when it opens, who may try again, and what each process does without Redis."""

from __future__ import annotations

import time
from unittest import mock

import pytest
import redis

from books_app.redis import detached
from market_app.capabilities import Capability
from market_app.chain import guard, shared
from market_app.chain.guard import breaker_key, guarded
from market_app.chain.terms import Use
from market_app.providers.access import ProviderTrouble, Trouble, deadline
from tests.market_app.chain.making import a_use, answers, at_once_in_processes, fails

PROCESSES = 8


def troubled(use: Use, ask: object) -> Trouble:
    with pytest.raises(ProviderTrouble) as raised:
        guarded(use, ask)  # type: ignore[arg-type]
    return raised.value.trouble


def opened(use: Use) -> Use:
    """After its last allowed failure."""
    for _ in range(use.terms.opens_after):
        troubled(use, fails())
    assert troubled(use, answers) is Trouble.OPEN
    return use


def rested(use: Use) -> Use:
    """The rest of an open breaker is over."""
    time.sleep(use.terms.rest_s + 0.02)
    return use


def test_five_failures_in_a_row_open_it() -> None:
    """The fifth failure opens the breaker: the sixth question does not reach the provider."""
    use, asked = a_use(), []
    for _ in range(5):
        assert troubled(use, fails()) is Trouble.FAILED

    assert troubled(use, lambda: asked.append(1)) is Trouble.OPEN
    assert not asked


def test_an_answer_between_failures_starts_the_count_again() -> None:
    """Only failures in a row count."""
    use = a_use()
    for _ in range(3):
        for _ in range(4):
            troubled(use, fails())
        assert guarded(use, answers) == "an answer"


@pytest.mark.parametrize("blameless", [Trouble.NO_DATA, Trouble.BUDGET])
def test_not_knowing_a_symbol_is_no_failure(blameless: Trouble) -> None:
    """A provider that has no data, and one that we did not ask for want of budget, are not broken."""
    use = a_use()
    for _ in range(20):
        assert troubled(use, fails(blameless)) is blameless
    assert guarded(use, answers) == "an answer"


def test_capabilities_of_a_provider_break_apart() -> None:
    """A provider whose chains are broken is still asked for quotes."""
    opened(a_use(capability=Capability.CHAIN))

    assert guarded(a_use(capability=Capability.QUOTES), answers) == "an answer"


def test_after_the_rest_a_good_probe_closes_it() -> None:
    """One question goes through after the rest; its answer lets everybody through again."""
    use = rested(opened(a_use()))

    assert guarded(use, answers) == "an answer"
    assert guarded(use, answers) == "an answer"


def test_a_failed_probe_opens_it_for_another_rest() -> None:
    """The provider is left alone again at once, not after five more failures."""
    use = rested(opened(a_use()))
    assert troubled(use, fails()) is Trouble.FAILED

    assert troubled(use, answers) is Trouble.OPEN


def test_exactly_one_of_eight_processes_is_the_probe() -> None:
    """When the rest is over, eight processes that ask in the same moment send one question."""
    use = rested(opened(a_use(total_s=2.0)))

    def ask(number: int) -> bool:
        def slow() -> str:
            time.sleep(0.3)  # while this one asks, all the others have asked the breaker
            return "an answer"

        try:
            return guarded(use, slow) == "an answer"
        except ProviderTrouble as trouble:
            assert trouble.trouble is Trouble.OPEN
            return False

    assert sorted(at_once_in_processes(PROCESSES, ask)) == [False] * (PROCESSES - 1) + [True]


def test_looking_before_marking_would_send_several_probes() -> None:
    """The same eight processes, the same rest, but each looks first and marks itself as the probe after: several ask."""
    use = rested(opened(a_use(total_s=2.0)))
    key = breaker_key(use.provider, use.capability)

    def naive(number: int) -> bool:
        from books_app.redis import client

        free = client().hget(key, "probe") is None
        time.sleep(0.05)  # between the look and the mark
        if free:
            client().hset(key, "probe", str(number))
        return free

    assert sum(at_once_in_processes(PROCESSES, naive)) > 1


def test_a_probe_whose_process_died_is_replaced() -> None:
    """A probe that never reports holds its place only for its time: then another question is the probe."""
    use = rested(opened(a_use(total_s=0.05)))
    with mock.patch.object(guard, "_MARGIN_S", 0.05):
        guard._admitted(use)  # and then its process is gone
        assert troubled(use, answers) is Trouble.OPEN
        time.sleep(0.15)

        assert guarded(use, answers) == "an answer"


def test_a_late_answer_does_not_close_an_open_breaker() -> None:
    """A question that left before the provider broke says nothing about it now."""
    use = a_use()

    def late() -> str:
        opened(use)
        return "an answer"

    assert guarded(use, late) == "an answer"
    assert troubled(use, answers) is Trouble.OPEN


def test_a_limit_told_by_the_provider_is_kept_for_all_it_offers() -> None:
    """Too many quotes: its chains are not asked for either, for as long as the provider says."""
    assert troubled(a_use(), fails(Trouble.LIMITED, retry_after_s=0.2)) is Trouble.LIMITED

    assert troubled(a_use(capability=Capability.CHAIN), answers) is Trouble.OPEN
    time.sleep(0.25)
    assert guarded(a_use(capability=Capability.CHAIN), answers) == "an answer"


def test_a_refused_key_is_not_tried_again_soon(redis_client: redis.Redis) -> None:
    """One refusal of the key leaves the provider alone for minutes."""
    assert troubled(a_use(), fails(Trouble.REFUSED)) is Trouble.REFUSED

    assert troubled(a_use(), answers) is Trouble.OPEN
    assert redis_client.pttl(guard.rest_key("somebody")) > 500_000


def test_whatever_an_sdk_raises_is_a_failure_of_its_provider() -> None:
    """An exception of no known family counts, and never reaches the caller as it is."""
    use = a_use()
    for _ in range(5):
        assert troubled(use, lambda: [][0]) is Trouble.NONSENSE
    assert troubled(use, answers) is Trouble.OPEN


def test_a_provider_has_no_more_than_its_own_time() -> None:
    """The deadline inside is the nearer one of the provider's total time and the caller's."""
    from market_app.providers.access import remaining

    with deadline(0.1):
        assert guarded(a_use(total_s=5.0), remaining) <= 0.1
    assert guarded(a_use(total_s=0.05), remaining) <= 0.05


def test_without_redis_each_process_is_careful_by_itself() -> None:
    """Two failures open this process's own breaker; after the rest one thread tries again."""
    use = a_use()
    with detached():
        for _ in range(2):
            assert troubled(use, fails()) is Trouble.FAILED
        assert troubled(use, answers) is Trouble.OPEN
        rested(use)
        assert troubled(use, lambda: _second_asker_is_refused(use)) is Trouble.FAILED
        rested(use)
        assert guarded(use, answers) == "an answer"
        assert guarded(use, answers) == "an answer"


def _second_asker_is_refused(use: Use) -> str:
    assert troubled(use, answers) is Trouble.OPEN
    return fails()()


def test_redis_is_not_asked_again_at_each_question() -> None:
    """While Redis is away it is left alone for some seconds, so that prices do not wait for its time-outs."""
    use = a_use()
    with detached():
        guarded(use, answers)
        assert shared.away()
        with mock.patch.object(shared, "client", side_effect=AssertionError("asked again")):
            guarded(use, answers)
