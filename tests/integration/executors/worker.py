"""A worker that a test can kill: runs steps in the given directory and says what it sees.

python -m tests.integration.executors.worker WORKDIR auto|basic endless|short MARK
"""

import json
import os
import sys
from pathlib import Path

from pipelines.executors.process import ProcessExecutor
from tests.integration.executors.stage import Heard, asked, python, raw, run, until

ENDLESS = """
import subprocess, time
subprocess.Popen(["sh", "-c", "setsid setsid sleep {0} & wait"])
print("under way", flush=True)
time.sleep(600)
"""


def main() -> None:
    workdir, level, task, mark = Path(sys.argv[1]), *sys.argv[2:]
    executor = ProcessExecutor(workdir, warm=("lean",), isolation=level)
    if task == "short":
        heard = Heard()
        spec = python("import os\ndef who() -> int:\n    return os.getuid()\n")
        result = run(executor, asked(spec), heard)
        executor.close()
        answer = {
            "outputs": dict(result.outputs),
            "isolation": executor.isolation,
            "uid": os.getuid(),
        }
        print(json.dumps(answer), flush=True)
        return
    heard = Heard()
    executor.start(asked(raw(ENDLESS.format(mark))), heard)
    until(lambda: "under way" in heard.text, 30)
    print("under way", executor.isolation, flush=True)
    sys.stdin.read()


main()
