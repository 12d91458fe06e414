"""The settings that an operator chooses: typed, read from the environment and .env, and checked before anything starts.

Order of precedence: the environment, then ``.env``, then what ``make up`` writes about the servers that it started.
``settings.py`` turns them into Django's names; nothing else reads the environment.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domain.flags import ENVIRONMENT_PREFIX, FLAGS, variable_of

BASE_DIR: Final = Path(__file__).resolve().parent.parent
SERVERS_FILE: Final = BASE_DIR / ".data" / "servers.env"  # addresses of the servers that `make up` started
SECRET_KEY_LENGTH: Final = 50
SECRET_LENGTH: Final = 32
LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Role(StrEnum):
    """What this process is for; it decides how long a statement may take."""

    WEB = "web"
    WORKER = "worker"
    BEAT = "beat"
    COMMAND = "command"


class MarketProvider(StrEnum):
    SIMULATED = "simulated"
    LEAN = "lean"
    YFINANCE = "yfinance"
    CHAIN = "chain"  # several providers in order


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _empty_is_none(value: object) -> object:
    return None if value == "" else value


CommaSeparated = Annotated[list[str], NoDecode, BeforeValidator(_split)]


Secret = Annotated[SecretStr | None, BeforeValidator(_empty_is_none), Field(description="a key, or empty")]
Switch = Annotated[
    bool | None, BeforeValidator(_empty_is_none), Field(description="true or false, or empty to leave it to the row")
]
Address = Annotated[
    str, Field(pattern=r"^https?://\S+[^/\s]$", description="http(s)://host[:port][/path], no / at its end")
]
Price = Annotated[
    Decimal, Field(ge=0, le=10_000, allow_inf_nan=False, description="USD for a million tokens, 0 to 10000")
]


class Settings(BaseSettings):
    """Every field's description says what is allowed; the refusal of a wrong value quotes it."""

    model_config = SettingsConfigDict(case_sensitive=True, extra="ignore", frozen=True, hide_input_in_errors=True)

    SECRET_KEY: Annotated[SecretStr, Field(description=f"at least {SECRET_KEY_LENGTH} random characters")]
    DATABASE_URL: Annotated[SecretStr, Field(description="postgresql://user:password@host:port/name")]
    REDIS_URL: Annotated[SecretStr, Field(description="redis://[:password@]host:port/number or rediss://…")]
    WEBHOOK_SIGNING_SECRET: Annotated[SecretStr, Field(description=f"at least {SECRET_LENGTH} random characters")]

    DEBUG: Annotated[bool, Field(description="true or false; true never on a machine that others can reach")] = False
    PUBLIC_URL: Annotated[
        str, Field(description="https://your.name as the world calls it, or http://127.0.0.1:port to try it alone")
    ] = "http://127.0.0.1:8000"
    ALLOWED_HOSTS: Annotated[CommaSeparated, Field(description="host names, comma separated, without *")] = []
    TRUSTED_PROXIES: Annotated[
        CommaSeparated, Field(description="addresses or networks of your own proxies, comma separated")
    ] = []

    TRADING_MODE: Annotated[
        Literal["paper"], Field(description="paper (live trading does not exist: no code here sends real orders)")
    ] = "paper"
    MARKET_PROVIDER: Annotated[MarketProvider, Field(description="simulated, lean, yfinance or chain")] = (
        MarketProvider.SIMULATED
    )
    SIMULATED_SEED: Annotated[int, Field(ge=0, lt=2**32, description="a whole number from 0 to 4294967295")] = 20260105
    RISK_FREE_RATE: Annotated[
        float, Field(ge=-0.5, le=0.5, allow_inf_nan=False, description="a fraction a year, -0.5 to 0.5")
    ] = 0.04
    LEAN_DATA_DIR: Annotated[
        Path | None,
        BeforeValidator(_empty_is_none),
        Field(description="an existing folder in LEAN format; needed by MARKET_PROVIDER=lean"),
    ] = None

    # Providers of the chain. One without its key is left out; the addresses change only where another server stands in.
    ALPACA_API_KEY: Secret = None
    ALPACA_API_SECRET: Secret = None
    ALPACA_DATA_URL: Address = "https://data.alpaca.markets"
    ALPACA_TRADING_URL: Address = "https://paper-api.alpaca.markets"
    ALPACA_STOCK_FEED: Annotated[Literal["iex", "sip", "delayed_sip"], Field(description="iex, sip or delayed_sip")] = (
        "iex"
    )
    ALPACA_OPTION_FEED: Annotated[Literal["indicative", "opra"], Field(description="indicative or opra")] = "indicative"
    MASSIVE_API_KEY: Secret = None
    MASSIVE_URL: Address = "https://api.massive.com"
    MARKETDATA_TOKEN: Secret = None
    MARKETDATA_URL: Address = "https://api.marketdata.app/v1"
    TWELVEDATA_API_KEY: Secret = None
    TWELVEDATA_URL: Address = "https://api.twelvedata.com"
    FINNHUB_API_KEY: Secret = None
    FINNHUB_URL: Address = "https://finnhub.io/api/v1"
    ALPHAVANTAGE_API_KEY: Secret = None
    ALPHAVANTAGE_URL: Address = "https://www.alphavantage.co"
    CBOE_URL: Address = "https://cdn.cboe.com"
    YAHOO_URL: Annotated[
        str, Field(pattern=r"^(https?://\S+[^/\s])?$", description="empty for Yahoo's own hosts, or http://host:port")
    ] = ""
    # The price stream, a process of its own. Alpaca allows one connection for an account, and 30 symbols on the free plan.
    PRICE_STREAM: Annotated[
        bool, Field(description="true or false; needs MARKET_PROVIDER=chain and Alpaca's key and secret")
    ] = False
    ALPACA_STREAM_URL: Annotated[
        str, Field(pattern=r"^wss?://\S+[^/\s]$", description="ws(s)://host[:port], no / at its end")
    ] = "wss://stream.data.alpaca.markets"
    PRICE_STREAM_SYMBOLS: Annotated[int, Field(ge=1, le=10_000, description="symbols of a connection, 1 to 10000")] = 30
    PRICE_STREAM_WATCHED: Annotated[CommaSeparated, Field(description="underlyings to stream always")] = []
    PRICE_STREAM_DEAF_AFTER_S: Annotated[
        float, Field(ge=0.1, le=3600, description="seconds of silence in a session, 0.1 to 3600")
    ] = 20.0
    MARKET_DATA_PROCESSES: Annotated[int, Field(ge=1, le=1000, description="a whole number from 1 to 1000")] = 8

    # Each overrides the feature flag of its name (domain/flags.py); empty leaves it to the row in admin.
    FLAG_ENABLE_VARIANT_B: Switch = None
    FLAG_ENABLE_SHADOW: Switch = None
    FLAG_ENABLE_ORB: Switch = None
    FLAG_ENABLE_SQUEEZE: Switch = None
    FLAG_ENABLE_STRAT: Switch = None
    FLAG_ENABLE_SATYLAND: Switch = None
    FLAG_ENABLE_LLM: Switch = None
    # A language model that is asked about each alert, where the flag enable_llm is on. Any server of OpenAI's protocol.
    LLM_BASE_URL: Annotated[
        str,
        Field(
            pattern=r"^(https?://[^\s@?#]*[^\s@?#/])?$",
            description="empty, or http(s)://host[:port][/path] without / at its end, as a rule ending in /v1",
        ),
    ] = ""
    LLM_API_KEY: Secret = None
    LLM_MODEL: Annotated[str, Field(max_length=120, description="the model's name at that server, or empty")] = ""
    LLM_TIMEOUT_S: Annotated[
        float, Field(ge=0.1, le=30, allow_inf_nan=False, description="seconds for a whole answer, 0.1 to 30")
    ] = 3.0
    LLM_DAILY_COST: Annotated[
        Decimal, Field(ge=0, le=10_000, allow_inf_nan=False, description="USD a day (UTC), 0 to 10000")
    ] = Decimal("1.00")
    # Rather too high than too low until somebody says: a cap that is reckoned with no price would hold nothing back.
    LLM_PRICE_IN: Price = Decimal("5")
    LLM_PRICE_OUT: Price = Decimal("25")

    ADMIN_USER: Annotated[str, Field(min_length=1, max_length=150, description="1 to 150 characters")] = "admin"
    ADMIN_PASSWORD: Annotated[
        SecretStr | None, BeforeValidator(_empty_is_none), Field(description="at least 12 characters, or empty")
    ] = None
    FLOWER_USER: Annotated[str, Field(min_length=1, pattern=r"^[^:]+$", description="a name without a colon")] = (
        "flower"
    )
    FLOWER_PASSWORD: Annotated[
        SecretStr | None, BeforeValidator(_empty_is_none), Field(description="at least 12 characters, or empty")
    ] = None
    WEB_PORT: Annotated[int, Field(ge=1, le=65535, description="a port, 1 to 65535")] = 8000
    FLOWER_PORT: Annotated[int, Field(ge=1, le=65535, description="a port, 1 to 65535")] = 5555

    SENTRY_DSN: Annotated[
        SecretStr | None, BeforeValidator(_empty_is_none), Field(description="https://key@host/project, or empty")
    ] = None
    METRICS_TOKEN: Annotated[
        SecretStr | None, BeforeValidator(_empty_is_none), Field(description="at least 12 characters, or empty")
    ] = None
    LOG_LEVEL: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], Field(description="DEBUG, INFO, WARNING or ERROR")
    ] = "INFO"

    PROCESS_ROLE: Annotated[Role, Field(description="web, worker, beat or command")] = Role.COMMAND
    # A webhook must answer 503 within 2.5 s when the database hangs, so web gives up first.
    WEB_STATEMENT_TIMEOUT_MS: Annotated[int, Field(ge=100, le=60_000, description="milliseconds, 100 to 60000")] = 2_000
    WEB_LOCK_TIMEOUT_MS: Annotated[int, Field(ge=100, le=60_000, description="milliseconds, 100 to 60000")] = 1_500
    WORKER_STATEMENT_TIMEOUT_MS: Annotated[
        int, Field(ge=100, le=600_000, description="milliseconds, 100 to 600000")
    ] = 15_000
    WORKER_LOCK_TIMEOUT_MS: Annotated[int, Field(ge=100, le=600_000, description="milliseconds, 100 to 600000")] = (
        10_000
    )

    @field_validator("SECRET_KEY")
    @classmethod
    def _secret_key_is_long(cls, value: SecretStr) -> SecretStr:
        return _long_enough(value, SECRET_KEY_LENGTH)

    @field_validator("WEBHOOK_SIGNING_SECRET")
    @classmethod
    def _signing_secret_is_long(cls, value: SecretStr) -> SecretStr:
        return _long_enough(value, SECRET_LENGTH)

    @field_validator("ADMIN_PASSWORD", "FLOWER_PASSWORD", "METRICS_TOKEN")
    @classmethod
    def _password_is_long(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 12:
            raise ValueError("too short")
        return value

    @field_validator("DATABASE_URL")
    @classmethod
    def _database_is_postgresql(cls, value: SecretStr) -> SecretStr:
        url = urlsplit(value.get_secret_value())
        if url.scheme not in ("postgres", "postgresql") or len(url.path) < 2:
            raise ValueError("not an address of a PostgreSQL database")
        return value

    @field_validator("REDIS_URL")
    @classmethod
    def _redis_is_redis(cls, value: SecretStr) -> SecretStr:
        url = urlsplit(value.get_secret_value())
        if url.scheme not in ("redis", "rediss") or not url.hostname:
            raise ValueError("not an address of a Redis server")
        return value

    @field_validator("SENTRY_DSN")
    @classmethod
    def _sentry_is_a_dsn(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            url = urlsplit(value.get_secret_value())
            if url.scheme not in ("http", "https") or not url.username or not url.path.strip("/"):
                raise ValueError("not a Sentry DSN")
        return value

    @field_validator("ALLOWED_HOSTS")
    @classmethod
    def _hosts_are_named(cls, value: list[str]) -> list[str]:
        if "*" in value:
            raise ValueError("* would believe any Host header")
        return value

    @field_validator("TRUSTED_PROXIES")
    @classmethod
    def _proxies_are_networks(cls, value: list[str]) -> list[str]:
        for part in value:
            if ipaddress.ip_network(part, strict=False).prefixlen == 0:
                raise ValueError(f"{part} would trust everybody")
        return value

    @model_validator(mode="after")
    def _public_url_is_safe(self) -> Self:
        url = urlsplit(self.PUBLIC_URL)
        if url.scheme not in ("http", "https") or not url.hostname or url.path.strip("/") or url.query:
            raise _about("PUBLIC_URL", "not the address of a site")
        if url.scheme == "http" and not self.DEBUG and not is_loopback(url.hostname):
            raise _about("PUBLIC_URL", "tokens would cross the network in the clear")
        return self

    @model_validator(mode="after")
    def _lean_has_data(self) -> Self:
        if self.LEAN_DATA_DIR is not None and not self.LEAN_DATA_DIR.is_dir():
            raise _about("LEAN_DATA_DIR", "no such folder")
        if self.MARKET_PROVIDER is MarketProvider.LEAN and self.LEAN_DATA_DIR is None:
            raise _about("LEAN_DATA_DIR", "missing")
        return self

    @model_validator(mode="after")
    def _stream_can_run(self) -> Self:
        if self.PRICE_STREAM and not (self.ALPACA_API_KEY and self.ALPACA_API_SECRET):
            raise _about("PRICE_STREAM", "ALPACA_API_KEY or ALPACA_API_SECRET is missing")
        if self.PRICE_STREAM and self.MARKET_PROVIDER is not MarketProvider.CHAIN:
            raise _about("PRICE_STREAM", "real prices beside those of another market")
        return self

    @model_validator(mode="after")
    def _flags_exist(self) -> Self:
        """An old switch that nobody reads any more is refused: who set it believes that it does something."""
        for name in os.environ:
            if name.startswith(f"{ENVIRONMENT_PREFIX}ENABLE_") and name not in type(self).model_fields:
                raise _about("FLAG_ENABLE_VARIANT_B", f"{name} names no feature flag")
        return self

    @property
    def flags_said(self) -> dict[str, bool]:
        """What the environment says of feature flags, by the flag's name."""
        said = {name: getattr(self, variable_of(name)) for name in FLAGS}
        return {name: value for name, value in said.items() if value is not None}

    @property
    def https(self) -> bool:
        return self.PUBLIC_URL.startswith("https://")

    @property
    def hosts(self) -> list[str]:
        """ALLOWED_HOSTS, the public name, and loopback for the health checks that run beside the server."""
        public = urlsplit(self.PUBLIC_URL).hostname or ""
        return list(dict.fromkeys([*self.ALLOWED_HOSTS, public, *LOOPBACK_NAMES]))

    @property
    def trusted_networks(self) -> tuple[Network, ...]:
        return tuple(ipaddress.ip_network(part, strict=False) for part in self.TRUSTED_PROXIES)

    @property
    def market_accounts(self) -> dict[str, dict[str, str]]:
        """Address, key and feed at each provider of the chain, as ``market_app.providers.access.Access`` takes them."""
        return {
            "alpaca": {
                "url": self.ALPACA_DATA_URL,
                "trading_url": self.ALPACA_TRADING_URL,
                "key": _revealed(self.ALPACA_API_KEY),
                "secret": _revealed(self.ALPACA_API_SECRET),
                "feed": self.ALPACA_STOCK_FEED,
                "option_feed": self.ALPACA_OPTION_FEED,
            },
            "massive": {"url": self.MASSIVE_URL, "key": _revealed(self.MASSIVE_API_KEY)},
            "marketdata": {"url": self.MARKETDATA_URL, "key": _revealed(self.MARKETDATA_TOKEN)},
            "twelvedata": {"url": self.TWELVEDATA_URL, "key": _revealed(self.TWELVEDATA_API_KEY)},
            "finnhub": {"url": self.FINNHUB_URL, "key": _revealed(self.FINNHUB_API_KEY)},
            "alphavantage": {"url": self.ALPHAVANTAGE_URL, "key": _revealed(self.ALPHAVANTAGE_API_KEY)},
            "cboe": {"url": self.CBOE_URL},
            "yfinance": {"url": self.YAHOO_URL},
        }

    @property
    def language_model(self) -> dict[str, Any]:
        """As ``signals_app.advice.terms.Terms`` takes it."""
        return {
            "url": self.LLM_BASE_URL,
            "key": _revealed(self.LLM_API_KEY),
            "model": self.LLM_MODEL,
            "timeout_s": self.LLM_TIMEOUT_S,
            "daily_cost": self.LLM_DAILY_COST,
            "price_in": self.LLM_PRICE_IN,
            "price_out": self.LLM_PRICE_OUT,
        }

    @property
    def price_stream(self) -> dict[str, Any]:
        """As ``market_app.stream.streamer.Terms`` takes it."""
        return {
            "url": self.ALPACA_STREAM_URL,
            "limit": self.PRICE_STREAM_SYMBOLS,
            "deaf_after_s": self.PRICE_STREAM_DEAF_AFTER_S,
        }

    @property
    def statement_timeout_ms(self) -> int:
        return self.WEB_STATEMENT_TIMEOUT_MS if self.PROCESS_ROLE is Role.WEB else self.WORKER_STATEMENT_TIMEOUT_MS

    @property
    def lock_timeout_ms(self) -> int:
        return self.WEB_LOCK_TIMEOUT_MS if self.PROCESS_ROLE is Role.WEB else self.WORKER_LOCK_TIMEOUT_MS


class SettingsError(Exception):
    """One or more settings are missing or wrong. The message has one paragraph for each, with no secret in it."""


def _revealed(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value()


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def env_files() -> tuple[Path, ...]:
    """Later files win. TRADINGSITE_ENV_FILE names another file than .env, or none when empty (tests use that)."""
    chosen = os.environ.get("TRADINGSITE_ENV_FILE")
    if chosen is not None:
        return (Path(chosen),) if chosen else ()
    return (SERVERS_FILE, BASE_DIR / ".env")


def load() -> Settings:
    """Raises SettingsError that names every wrong setting at once."""
    try:
        return Settings(_env_file=env_files(), _env_file_encoding="utf-8")  # type: ignore[call-arg]  # BaseSettings has them
    except ValidationError as error:
        raise SettingsError("\n".join(_describe(detail) for detail in error.errors(include_url=False))) from None


def load_or_exit() -> Settings:
    """For the programs' entry: a readable refusal on standard error and exit status 2 instead of a traceback."""
    try:
        return load()
    except SettingsError as error:
        where = BASE_DIR / ".env"
        print(
            f"The settings do not allow a start.\n{error}\nChange them in {where} or the environment.", file=sys.stderr
        )
        raise SystemExit(2) from None


def _long_enough(value: SecretStr, minimum: int) -> SecretStr:
    text = value.get_secret_value()
    if len(text) < minimum:
        raise ValueError("too short")
    if len(set(text)) < 10:
        raise ValueError("too few different characters")
    return value


def _about(name: str, problem: str) -> ValueError:
    return ValueError(f"{name}|{problem}")  # a model validator has no location: it is carried in the text


def _describe(detail: ErrorDetails) -> str:
    message = detail["msg"].removeprefix("Value error, ")
    name = str(detail["loc"][0]) if detail["loc"] else ""
    if not name:
        name, _, message = message.partition("|")
    field = Settings.model_fields[name]
    found = "nothing" if detail["type"] == "missing" else _shown(field, _raw_value(name), message)
    return f"  {name}\n    found:   {found}\n    allowed: {field.description}"


def _raw_value(name: str) -> str | None:
    """The text as it was written: the error has only what pydantic made of it."""
    if name in os.environ:
        return os.environ[name]
    from dotenv import dotenv_values

    for path in reversed(env_files()):
        if path.is_file() and (value := dotenv_values(path).get(name)) is not None:
            return value
    return None


def _shown(field: FieldInfo, raw: str | None, problem: str) -> str:
    if raw is None or raw == "":
        return "nothing" if problem == "missing" else f"nothing ({problem})"
    shown = f"{len(raw)} characters (hidden)" if _is_secret(field.annotation) else repr(raw)
    return f"{shown}: {problem}"


def _is_secret(annotation: Any) -> bool:
    if annotation is SecretStr:
        return True
    return get_origin(annotation) is not None and any(_is_secret(part) for part in get_args(annotation))
