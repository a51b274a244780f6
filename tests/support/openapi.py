"""Checks that docs/openapi.json, from which the front end's types are made, is what the code says."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        fresh = Path(directory) / "openapi.json"
        subprocess.run(
            [
                sys.executable,
                "manage.py",
                "spectacular",
                "--format",
                "openapi-json",
                "--validate",
                "--fail-on-warn",
                "--file",
                str(fresh),
            ],
            cwd=ROOT,
            env={**os.environ, "PENSTOCK_HOME": directory + "/home"},
            check=True,
        )
        if fresh.read_text() != (ROOT / "docs" / "openapi.json").read_text():
            print("docs/openapi.json is not what the code says any more. Run: make openapi")
            return 1
    print("docs/openapi.json is what the code says.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
