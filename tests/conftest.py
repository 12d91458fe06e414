"""Real PostgreSQL and Valkey for every test that asks for a database or for ``redis_client``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from tests import environment


def pytest_configure(config: pytest.Config) -> None:
    if getattr(config.option, "dist", "no") != "no" and not config.option.collectonly:
        environment.start()  # several processes will share them


def pytest_unconfigure() -> None:
    environment.stop()


@pytest.fixture(scope="session")
def servers() -> None:
    """PostgreSQL and Valkey are running."""
    environment.start()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(servers: None, django_db_modify_db_settings_parallel_suffix: None) -> None:
    """pytest-django makes its test database after this."""


@pytest.fixture
def redis_client(servers: None) -> Iterator[redis.Redis]:
    """A client of this process's own Redis database, which is empty."""
    from django.conf import settings

    client = redis.Redis.from_url(settings.REDIS_URL)
    client.flushdb()
    yield client
    client.flushdb()
    client.close()
