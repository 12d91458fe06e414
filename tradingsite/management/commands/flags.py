"""Show every feature flag as it is in force and who said so; with a name and on or off, set its row."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from domain.flags import Said, Standing, known, variable_of
from signals_app.jury.force import flags_in_force
from signals_app.services.flags import set_flag
from tradingsite.management.base import DeskCommand, actor
from tradingsite.tables import table


class Command(DeskCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", nargs="?", help="the flag to set")
        parser.add_argument("value", nargs="?", choices=["on", "off"], help="what its row is to say")

    def run(self, *, name: str | None, value: str | None, **options: Any) -> Any:
        if name is None:
            standings = flags_in_force()
            rows = [[n, _on(s), s.by, ", ".join(s.waits_for), s.flag.meaning] for n, s in standings.items()]
            self.tell(table(["flag", "in force", "said by", "waits for", "does"], rows))
            return [_as_json(standing) for standing in standings.values()]
        if value is None:
            standing = flags_in_force()[known(name)]
        else:
            standing = set_flag(name=name, enabled=value == "on", actor=actor())
            self.tell(f"The row of {name} says {value}.")
        self._tell(standing)
        return _as_json(standing)

    def _tell(self, standing: Standing) -> None:
        name = standing.flag.name
        self.tell(f"{name} is {_on(standing)}, said by {standing.by}: {standing.flag.meaning}.")
        if standing.by is Said.ENVIRONMENT:
            self.tell(f"{variable_of(name)} overrides the row, which has no effect while it is set.")
        if standing.waits_for:
            self.tell(f"It waits for {', '.join(standing.waits_for)}.")


def _on(standing: Standing) -> str:
    return "on" if standing.on else "off"


def _as_json(standing: Standing) -> dict[str, Any]:
    return {
        "name": standing.flag.name, "in_force": standing.on, "asked": standing.asked, "by": standing.by.value,
        "waits_for": list(standing.waits_for), "default": standing.flag.default, "needs": list(standing.flag.needs),
        "variable": variable_of(standing.flag.name), "meaning": standing.flag.meaning,
    }  # fmt: skip
