#!/usr/bin/env python3
"""Django's command line."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradingsite.settings")
    # Called beside a worker, in its container, a command still is one: a worker knows no pages and no admin.
    if os.environ.get("PROCESS_ROLE") in ("worker", "beat") and sys.argv[1:2] != ["run_beat"]:
        os.environ["PROCESS_ROLE"] = "command"
    try:
        from django.core.management import execute_from_command_line
    except ImportError as error:
        raise SystemExit(f"{error}. Run `make up` once, then use .venv/bin/python manage.py.") from error
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
