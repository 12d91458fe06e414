"""Every provider that is reached over HTTP, beside the server that stands in for it."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from market_app.capabilities import Capability
from market_app.providers.access import Access, Patience
from market_app.providers.alpaca import Alpaca
from market_app.providers.alphavantage import AlphaVantage
from market_app.providers.cboe import Cboe
from market_app.providers.finnhub import Finnhub
from market_app.providers.marketdata import MarketDataApp
from market_app.providers.massive import Massive
from market_app.providers.twelvedata import TwelveData
from market_app.providers.yahoo import Yahoo
from tests.fakes.alpaca import FakeAlpaca
from tests.fakes.alphavantage import FakeAlphaVantage
from tests.fakes.cboe import FakeCboe
from tests.fakes.faults import Fault
from tests.fakes.finnhub import FakeFinnhub
from tests.fakes.marketdata import FakeMarketData
from tests.fakes.massive import FakeMassive
from tests.fakes.server import FakeServer
from tests.fakes.twelvedata import FakeTwelveData
from tests.fakes.yahoo import FakeYahoo

PATIENCE: Final = Patience(connect_s=3.0, read_s=3.0, total_s=3.0)


class Stand(NamedTuple):
    """fake: starts the provider. adapter: what asks it."""

    name: str
    fake: type[FakeServer]
    adapter: Any
    needs_key: bool = True

    def access(self, fake: FakeServer, patience: Patience | None = None, **access: Any) -> Access:
        """To this server, with the right key unless another is given."""
        keys = {"key": fake.key, "secret": fake.key} if self.needs_key else {}
        return Access(fake.url, patience=patience or PATIENCE, **{**keys, **access})

    def faults_of(self, capability: Capability) -> frozenset[Fault]:
        return self.fake.faults_of(capability)


STANDS: Final = (
    Stand("alpaca", FakeAlpaca, Alpaca),
    Stand("massive", FakeMassive, Massive),
    Stand("marketdata", FakeMarketData, MarketDataApp),
    Stand("twelvedata", FakeTwelveData, TwelveData),
    Stand("finnhub", FakeFinnhub, Finnhub),
    Stand("cboe", FakeCboe, Cboe, needs_key=False),
    Stand("yfinance", FakeYahoo, Yahoo, needs_key=False),
    Stand("alphavantage", FakeAlphaVantage, AlphaVantage),
)
