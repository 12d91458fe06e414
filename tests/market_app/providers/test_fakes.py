"""The stand-ins themselves: what other tests conclude from them must be so."""

from __future__ import annotations

from collections import Counter

import pytest
import requests

from tests.fakes.faults import Fault
from tests.fakes.massive import FakeMassive
from tests.fakes.server import Arrival
from tests.fakes.twelvedata import FakeTwelveData


def get(fake, **question):
    headers = {"Authorization": f"Bearer {fake.key}"}
    return requests.get(
        f"{fake.url}/v3/snapshot", params={"ticker.any_of": "SPY"} | question, headers=headers, timeout=5
    )


def test_a_window_holds_what_arrived_within_a_minute_of_its_last_arrival():
    """Exactly sixty seconds apart are two windows; the cost counts, not the number of requests."""
    fake = FakeMassive()
    fake.arrivals = [Arrival(at, "/", {}, 200, None, cost, True) for at, cost in ((0, 1), (59, 2), (60, 4), (119.5, 8))]
    assert fake.most_in_a_window(60) == 12
    assert fake.most_in_a_window(0.5) == 8


def test_no_more_than_the_limit_is_answered_in_a_minute():
    """A batch of nine symbols costs nine, so it never fits into eight."""
    with FakeTwelveData(per_minute=8) as fake:
        key = {"apikey": fake.key}
        codes = [
            requests.get(f"{fake.url}/quote", params={"symbol": symbols, **key}, timeout=5).json().get("code")
            for symbols in (",".join(["SPY"] * 9), "SPY,QQQ,AAPL", "SPY,QQQ,AAPL,F,TSLA,MSFT", "SPY,QQQ,AAPL,F,TSLA")
        ]
    assert codes == [429, None, 429, None]


def test_the_same_seed_is_the_same_storm():
    """A failure that a storm has found can be found again."""
    storms = []
    for _ in range(2):
        with FakeMassive() as fake:
            fake.storm(0.5, seed=3, only={Fault.NAN, Fault.HTML_502, Fault.EMPTY})
            for _ in range(30):
                get(fake)
            storms.append([arrival.fault for arrival in fake.arrivals])
            assert fake.injected == Counter(fault for fault in storms[-1] if fault is not None)
    assert storms[0] == storms[1]
    assert None in storms[0]


def test_a_plug_that_was_pulled_can_be_put_back_at_the_same_address():
    """Connections that were kept alive are gone, new ones are refused, and then it is as before."""
    with FakeMassive() as fake:
        assert get(fake).status_code == 200
        fake.stop()
        with pytest.raises(requests.ConnectionError):
            get(fake)
        fake.start()
        assert get(fake).status_code == 200


def test_a_mistake_in_a_fake_is_not_taken_for_a_providers():
    """It is raised where the fake ends, though the client only saw a connection that broke."""
    with pytest.raises(ExceptionGroup), FakeMassive() as fake, pytest.raises(requests.ConnectionError):
        get(fake, limit="many")
