"""``python -m tests.fakes massive=9101 marketdata=9102``: providers that stand in for real ones, on the market of now.

Prints the settings that lead a system to them, then answers until it is interrupted. To rehearse an outage, end one and
start it again.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import ExitStack
from threading import Event

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")


def main(arguments: list[str]) -> int:
    import django

    django.setup()
    from tests.fakes.market import Market
    from tests.fakes.registry import STANDS
    from tradingsite.config import Settings

    stands = {stand.name: stand for stand in STANDS}
    parser = argparse.ArgumentParser(prog="python -m tests.fakes", description=__doc__)
    parser.add_argument("places", nargs="+", metavar="NAME=PORT", help=f"one of {', '.join(stands)}, and where")
    with ExitStack() as running:
        for place in parser.parse_args(arguments).places:
            name, _, port = place.partition("=")
            if name not in stands or not port.isdecimal():
                parser.error(f"{place!r} is not NAME=PORT with a name of {', '.join(stands)}")
            fake = running.enter_context(stands[name].fake(Market(None), port=int(port)))
            url, key = SETTINGS[name]
            assert url in Settings.model_fields
            print(f"{url}={fake.url}")
            if key:
                print(f"{key}={fake.key}")
            if name == "alpaca":
                print(f"ALPACA_API_SECRET={fake.key}\nALPACA_TRADING_URL={fake.url}")
        print("MARKET_PROVIDER=chain", flush=True)
        try:
            Event().wait()
        except KeyboardInterrupt:
            return 0
    return 0


SETTINGS = {
    "alpaca": ("ALPACA_DATA_URL", "ALPACA_API_KEY"),
    "massive": ("MASSIVE_URL", "MASSIVE_API_KEY"),
    "marketdata": ("MARKETDATA_URL", "MARKETDATA_TOKEN"),
    "twelvedata": ("TWELVEDATA_URL", "TWELVEDATA_API_KEY"),
    "finnhub": ("FINNHUB_URL", "FINNHUB_API_KEY"),
    "cboe": ("CBOE_URL", ""),
    "yfinance": ("YAHOO_URL", ""),
    "alphavantage": ("ALPHAVANTAGE_URL", "ALPHAVANTAGE_API_KEY"),
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
