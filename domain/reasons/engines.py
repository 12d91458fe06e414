"""Reason codes of flags, the jury's settings, and experiments between the engines."""

from __future__ import annotations

from .reason import Reason

REASONS: tuple[Reason, ...] = (
    Reason(
        "flag_unknown",
        "A feature flag is named that does not exist; one that nobody reads any more is refused, never ignored.",
        "Remove the row or the FLAG_ variable; 'manage.py doctor' lists the flags there are.",
    ),
    Reason(
        "bad_agent",
        "A seat of the jury names an agent that does not exist, or parameters that it does not take.",
        "Correct the seat in admin; the message says what is allowed.",
        422,
    ),
    Reason(
        "bad_jury",
        "A jury policy asks for a threshold or a share that cannot be.",
        "A threshold is 0 to 100, a share of the weight 0 to 1.",
        422,
    ),
    Reason(
        "bad_setting",
        "Decisions were to be made again under a setting, or for a period, that there is not.",
        "Write weights.technical=30, agents.orb.minutes=15, enabled.strat=false, threshold=55 or coverage=0.4.",
        422,
    ),
    Reason(
        "experiment_ended",
        "The experiment has ended; what it has found stands, and nothing of it can be changed.",
        "Make a new experiment, with terms of its own.",
        409,
    ),
    Reason(
        "experiment_runs",
        "The strategy has a running experiment already; an alert can belong to one only.",
        "Stop the running experiment first.",
        409,
    ),
    Reason(
        "bad_split",
        "A split is a percentage of the alerts that engine A trades, and another one than now.",
        "Ask for a whole number from 0 to 100.",
        422,
    ),
    Reason(
        "split_change_open",
        "A change of this split waits for its confirmation.",
        "Confirm it, or withdraw it and prepare another one.",
        409,
    ),
    Reason(
        "split_change_own",
        "Who has prepared a change of the split cannot confirm it.",
        "Let another person confirm it.",
        403,
    ),
    Reason(
        "split_change_withdrawn",
        "The change was withdrawn before it was confirmed.",
        "Prepare it again if it is still wanted.",
        409,
    ),
    Reason(
        "split_change_confirmed",
        "The change is in force and cannot be withdrawn.",
        "Prepare a change back.",
        409,
    ),
)
