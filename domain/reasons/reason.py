"""One entry in the list of reason codes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """A stable code with the words a user needs.

    http_status is what an API answers when the code refuses a request (None: it never does). ``meaning`` is one
    sentence; ``fix`` says what the reader can do about it, in the imperative.
    """

    code: str
    meaning: str
    fix: str
    http_status: int | None = None
