"""The commands behind the Makefile's targets. Started by ``python -m local`` inside the environment."""

from __future__ import annotations

import argparse
import sys


def main(arguments: list[str]) -> int:
    command, *rest = arguments
    if command in ("test", "lint", "bench"):
        from local import checks

        if command == "lint":
            return checks.lint()
        return checks.test(rest) if command == "test" else checks.bench(rest)
    parser = argparse.ArgumentParser(prog=f"python3 -m local {command}")
    if command == "up":
        from local.up import up

        parser.add_argument("--detach", action="store_true", help="go on in the background once everything runs")
        return up(background=parser.parse_args(rest).detach)
    if command == "down":
        from local.down import down

        parser.parse_args(rest)
        return down()
    if command == "status":
        from local.status import report

        parser.add_argument("--json", action="store_true")
        return report(as_json=parser.parse_args(rest).json)
    from local.logs import logs

    parser.add_argument("name", nargs="?", help="one of them only, such as web or worker")
    parser.add_argument("--follow", type=int, default=1, help="0: print the last lines and end")
    given = parser.parse_args(rest)
    return logs(given.name, follow=bool(given.follow))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
