"""What every step pays for: the fork server's own code must stay small."""

import subprocess
import sys

from tests.support.stack import ROOT


def test_the_fork_server_needs_only_the_standard_library() -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pipelines.executors.forkserver import server\n"
        "import pipelines.kinds.step\n"
        "tops = {name.partition('.')[0] for name in sys.modules}\n"
        "print(*sorted(tops - set(sys.stdlib_module_names) - {'__main__', 'pipelines'}))\n"
    )

    told = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, str(ROOT)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.split() == []
