"""What the rows of one run share: the ground, the counts, and the sites, each started when it is first asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bench import books
from bench.counts import Counts
from bench.ground import Ground, environment
from bench.sites import Floor, Ours, Site

PREPARED: Final = "prepared"  # migrated, with books; copied for every site
DESK: Final = "desk"  # the copy that this process itself works on


@dataclass(slots=True)
class Run:
    ground: Ground
    counts: Counts
    tell: Callable[[str], None]  # progress within a row
    _sites: dict[str, Site] = field(default_factory=dict)
    _warm: set[str] = field(default_factory=set)

    def prepare(self) -> None:
        """Migrate, make the books, and let this process's Django stand on a copy."""
        url = self.ground.create_database(PREPARED)
        os.environ.update(environment(url, self.ground.next_redis_url(), 8000))
        os.environ.update({"DJANGO_SETTINGS_MODULE": "tradingsite.settings", "PROCESS_ROLE": "command"})
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0, interactive=False)
        books.make(self.counts.books)
        connection.close()
        self.ground.create_database(DESK, template=PREPARED)
        connection.settings_dict["NAME"] = DESK

    def ours(self, name: str = "ours", prepare: Callable[[str], None] = lambda url: None) -> Site:
        """A system on its own copy of the prepared database, which prepare may change; not started."""
        if name not in self._sites:
            url = self.ground.create_database(name, template=PREPARED)
            prepare(url)
            self._sites[name] = Ours(self.ground, name, url, book_count=self.counts.books)
        return self._sites[name]

    def floor(self) -> Site:
        if "floor" not in self._sites:
            self._sites["floor"] = Floor(self.ground, "floor", self.ground.create_database("floor"))
        return self._sites["floor"]

    def started(self, *sites: Site) -> None:
        """Web and worker of all of them run and have warmed up; those that run already are left as they are."""
        for site in sites:
            site.start()
        for site in sites:
            site.await_web()
            if site.name not in self._warm:
                self._warm.add(site.name)
                self.tell(f"warming up {site.name}")
                site.warm_up(self.counts.warm_up)

    def retire(self, name: str) -> None:
        """Stop a site that no later row needs."""
        site = self._sites.pop(name, None)
        if site is not None:
            site.stop()
