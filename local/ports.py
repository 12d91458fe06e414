"""Free ports on the loopback address."""

from __future__ import annotations

import secrets
import socket
from typing import Final

LOOPBACK: Final = "127.0.0.1"
# Below the range from which the system takes ports for outgoing connections, so that none of those gets in between.
OURS: Final = range(20_000, 30_000)


def is_free(port: int) -> bool:
    """Whether a server of ours could listen there now. A port that lingers after its server's end counts as free."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(*, preferred: int | None = None, following: bool = False, avoid: frozenset[int] = frozenset()) -> int:
    """The preferred port if it is free, else the next free one after it (``following``) or any free one of ours.

    Raises OSError when none is free.
    """
    if preferred is not None:
        candidates = range(preferred, min(preferred + 100, 65_536)) if following else (preferred,)
        for port in candidates:
            if port not in avoid and is_free(port):
                return port
    for _ in range(200):
        port = secrets.choice(OURS)
        if port not in avoid and is_free(port):
            return port
    raise OSError(f"no free port on {LOOPBACK} between {OURS.start} and {OURS.stop}")
