"""The rows engine B starts with: a seat for every agent, and the built-in policy. What exists is left as it is."""

from __future__ import annotations

from signals_app.models import AgentSeat, JuryPolicy


def seed_seats() -> int:
    """How many are new."""
    from domain.agents import defaults  # numpy: a second of it, where somebody waits anyway

    made = [
        AgentSeat.objects.get_or_create(
            name=default.name, defaults={"weight": default.weight, "parameters": default.parameters}
        )
        for default in defaults()
    ]
    return sum(created for _, created in made)


def seed_policies() -> int:
    _, created = JuryPolicy.objects.get_or_create(name="default")
    return int(created)
