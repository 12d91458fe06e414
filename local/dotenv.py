"""The operator's .env: written once with random secrets, never changed afterwards."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Final

from local.servers import write_private

TEMPLATE: Final = """\
# Written by `make up` with random secrets; readable by you alone, never committed. Change it and run `make up` again.
# A line without # wins over the default that stands beside it; the environment wins over this file.

SECRET_KEY={secret_key}
WEBHOOK_SIGNING_SECRET={signing_secret}

ADMIN_USER=admin
ADMIN_PASSWORD={admin_password}
FLOWER_USER=flower
FLOWER_PASSWORD={flower_password}

TRADING_MODE=paper
MARKET_PROVIDER=simulated
# SIMULATED_SEED=20260105
# LEAN_DATA_DIR=../shared/data/lean
# RISK_FREE_RATE=0.04
# Real prices: MARKET_PROVIDER=chain and the keys of the providers you have; see docs/market-data.md.
# ALPACA_API_KEY=
# ALPACA_API_SECRET=
# MASSIVE_API_KEY=
# MARKETDATA_TOKEN=
# TWELVEDATA_API_KEY=
# FINNHUB_API_KEY=
# ALPHAVANTAGE_API_KEY=
# PRICE_STREAM=true
# A language model's advice on each alert, with the flag enable_llm; see docs/advice.md.
# LLM_BASE_URL=http://127.0.0.1:11434/v1
# LLM_API_KEY=
# LLM_MODEL=

# How the world calls this site. Anything but loopback needs https; your proxy's address goes into TRUSTED_PROXIES.
# PUBLIC_URL=https://trading.example.com
# TRUSTED_PROXIES=10.0.0.5
# WEB_PORT=8000
# FLOWER_PORT=5555

# Servers of your own instead of those that `make up` starts.
# DATABASE_URL=postgresql://user:password@host:5432/trading
# REDIS_URL=redis://:password@host:6379/0

# SENTRY_DSN=
# LOG_LEVEL=INFO
"""


def write_if_missing(path: Path) -> bool:
    """True when it was written now."""
    if path.exists():
        return False
    text = TEMPLATE.format(
        secret_key=secrets.token_urlsafe(48),
        signing_secret=secrets.token_urlsafe(48),
        admin_password=secrets.token_urlsafe(12),
        flower_password=secrets.token_urlsafe(12),
    )
    write_private(path, text)
    return True
