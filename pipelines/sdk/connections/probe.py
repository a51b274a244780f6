"""Tests one connection, in a process of its own: `{type, fields, reach}` comes in, one answer goes out."""

import json
import sys
import time

from pipelines.core.addresses import Reach

from ..errors import Failure
from . import TYPES, CannotConnect


def main() -> None:
    given = json.loads(sys.stdin.read())
    began = time.monotonic()
    try:
        tested = TYPES[given["type"]].test(given["fields"], Reach.of(given["reach"]))
        answer = {"ok": True, "message": tested.message}
    except (CannotConnect, Failure) as error:
        answer = {"ok": False, "message": str(error)}
    answer["milliseconds"] = round((time.monotonic() - began) * 1000)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
