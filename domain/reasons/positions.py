"""Reason codes of positions, their exits and their rules."""

from __future__ import annotations

from .reason import Reason

REASONS: tuple[Reason, ...] = (
    Reason(
        "position_not_open",
        "The position is closed, or an exit order for it is at work already.",
        "Load the position again; its exit order and exit reason stand beside it.",
        409,
    ),
    Reason(
        "exit_exceeds_held",
        "More contracts were to be sold than are held and not covered by another exit order.",
        "Ask for at most the quantity that the message names, or leave it out to close all.",
        422,
    ),
    Reason(
        "bad_exit_rule",
        "An exit rule has an unknown kind, an unknown parameter, or a value out of its range.",
        "Correct what the message names; it tells what is allowed.",
        400,
    ),
)
