#!/usr/bin/env python3
"""Penstock's management commands; `python manage.py up` starts everything."""

import os
import sys


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - said in words to whoever runs it with an old one
        found = ".".join(map(str, sys.version_info[:3]))
        sys.exit(
            f"Penstock needs Python 3.11 or newer; this is {found}. "
            "Install a newer one, or run `make run`, which picks it by itself."
        )
    if sys.argv[1:2] == ["up"]:
        from pipelines.config.supervisor.main import main as up  # without Django: it stays small

        sys.exit(up(sys.argv[2:]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pipelines.config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
