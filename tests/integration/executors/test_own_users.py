"""A worker that is root gives each step a user of its own, who can read nothing of others."""

import dataclasses
import json
import os
import sys
import textwrap
from pathlib import Path
from subprocess import run as start
from typing import Any

import pytest

from pipelines.executors.process.separation import StepUsers
from pipelines.executors.protocol import InputFile, Limits
from tests.integration.executors.stage import Heard, asked, python, raw, run

FIRST, LAST = 57_000, 57_049

#: What a curious step tries; it says what it got hold of.
CURIOUS = """
import json, os
got = {}
def attempt(what, deed):
    try:
        got[what] = str(deed())
    except OSError as error:
        got[what] = type(error).__name__
attempt('neighbour', lambda: open(os.path.join(NEIGHBOUR, 'work', 'mine')).read())
attempt('neighbours', lambda: [d for d in os.listdir(os.path.dirname(NEIGHBOUR)) if d != OWN])
attempt('database', lambda: open(os.path.join(HOME, 'penstock.sqlite3')).read())
attempt('key', lambda: open(os.path.join(HOME, 'secret_key')).read())
attempt('environ', lambda: open('/proc/%d/environ' % WORKER).read())
attempt('memory', lambda: open('/proc/%d/mem' % WORKER, 'rb').read(1))
attempt('worker', lambda: os.kill(WORKER, 0))
for device in ('vda', 'sda', 'nvme0n1'):
    if os.path.exists('/dev/' + device):
        attempt('disk', lambda: open('/dev/' + device, 'rb').read(1))
got['uid'] = os.getuid()
got['caps'] = [l.split()[1] for l in open('/proc/self/status') if l.startswith('CapEff')][0]
open('/dev/stdout', 'w').write(json.dumps(got) + chr(10))
"""

#: Runs the curious step beside another one, at the level that it is given.
SCENE = """
import json, os, sys
sys.path[:0] = [{root!r}]
from pathlib import Path
if {open_parents!r}:
    # A view of our own, in which others may pass to what steps run on.
    from pipelines.executors.forkserver import isolation, linux
    from pipelines.executors.forkserver.view import View
    linux.unshare(linux.CLONE_NEWNS)
    linux.mount(None, "/", None, linux.MS_REC | linux.MS_PRIVATE)
    needed = [sys.prefix, sys.base_prefix, {root!r}, {home!r}]
    View("", (), needed, for_others=True).apply()
from pipelines.executors.process import ProcessExecutor, StepUsers
from tests.integration.executors.stage import Heard, asked, raw, until
home = Path({home!r})
executor = ProcessExecutor(
    home / "steps", warm=("lean",), isolation={level!r}, covered=home, shown=[home / "data"],
    hidden=[home / "secret_key"], users=StepUsers({first}, {last}),
)
heard = [Heard(), Heard()]
waiting = executor.start(asked(raw(
    "import time\\nopen('mine', 'w').write('b1cc5c30')\\nprint('here', flush=True)\\n"
    "while not os.path.exists('go'): time.sleep(0.01)"
    .replace("import time", "import os, time", 1))), heard[0])
until(lambda: "here" in heard[0].text)
values = dict(HOME=str(home), NEIGHBOUR=str(waiting.directory.path), WORKER=os.getpid())
source = "".join(f"{{name}} = {{value!r}}\\n" for name, value in values.items())
source += "import os\\nOWN = os.path.basename(os.path.dirname(os.getcwd()))\\n" + {curious!r}
result = executor.start(asked(raw(source)), heard[1]).wait()
(waiting.directory.path / "work" / "go").touch()
print(json.dumps([executor.isolation, result.outcome, heard[1].text, waiting.wait().outcome]))
sys.stdout.flush()
executor.close()
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("penstock.sqlite3", "secret_key"):
        (tmp_path / name).write_text("b1cc5c30")
    (tmp_path / "data").mkdir()
    return tmp_path


def scene(home: Path, level: str, *, open_parents: bool) -> tuple[str, dict[str, Any]]:
    root = str(Path(__file__).parents[3])
    script = SCENE.format(
        root=root,
        home=str(home),
        level=level,
        open_parents=open_parents,
        first=FIRST,
        last=LAST,
        curious=CURIOUS,
    )
    done = start(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    isolation, outcome, text, other = json.loads(done.stdout.splitlines()[-1])
    assert (outcome, other) == ("success", "success"), text
    return isolation, json.loads(text)


root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be others")


@root_only
@pytest.mark.parametrize(("level", "open_parents"), [("auto", False), ("basic", True)])
def test_a_step_reads_nothing_of_others(home: Path, level: str, open_parents: bool) -> None:
    isolation, got = scene(home, level, open_parents=open_parents)
    assert isolation == ("strong" if level == "auto" else "basic")
    assert FIRST <= got.pop("uid") <= LAST
    assert int(got.pop("caps"), 16) == 0
    refused = {"PermissionError", "FileNotFoundError", "ProcessLookupError"}
    if isolation == "strong":
        assert got.pop("neighbours") == "[]"
    assert set(got.values()) <= refused, got


@root_only
def test_without_a_user_of_its_own_the_level_is_none(home: Path) -> None:
    isolation, got = scene(home, "none", open_parents=False)
    assert (isolation, got["uid"]) == ("none", 0)
    assert got["neighbour"] == "b1cc5c30"


@pytest.fixture
def executor(home: Path, new_executor: Any) -> Any:
    return new_executor(covered=home, shown=[home / "data"], users=StepUsers(FIRST, LAST))


@root_only
def test_input_files_are_read_wherever_they_lie_and_cannot_be_changed(
    executor: Any, home: Path
) -> None:
    store = home / "artifacts"
    store.mkdir(mode=0o700)
    for name in ("table", "given"):
        (store / name).write_text(name)
        (store / name).chmod(0o600)
    heard = Heard()
    source = textwrap.dedent(
        """
        import os
        from pathlib import Path
        def step(a: Path, *, file: str) -> int:
            for path in (str(a), file):
                print(open(path).read(), os.path.basename(path), flush=True)
                try:
                    open(path, 'a').write('!')
                except OSError as error:
                    print(type(error).__name__, flush=True)
            return 1
        """
    )
    request = asked(python(source), a=InputFile(store / "table", "file", "t.csv"))
    params = {"file": InputFile(store / "given", "file", "g.json")}
    request = dataclasses.replace(request, params=params)

    result = run(executor, request, heard)

    assert result.error is None
    read_only = ("OSError", "PermissionError")
    first, no, second, never = heard.text.splitlines()
    assert (first, second) == ("table t.csv", "given g.json")
    assert no in read_only
    assert never in read_only
    assert (store / "table").read_text() == "table"


@root_only
def test_steps_share_what_they_keep(executor: Any, home: Path) -> None:
    os.chown(home / "data", -1, FIRST)
    (home / "data").chmod(0o2770)
    path = home / "data" / "kept.sqlite3"
    body = (
        f"import os, sqlite3\nwith sqlite3.connect({str(path)!r}) as c:\n"
        "    c.execute('create table if not exists t (uid)')\n"
        "    c.execute('insert into t values (?)', [os.getuid()])\n"
        "    print([row[0] for row in c.execute('select uid from t')])\n"
    )
    heard = [Heard(), Heard()]
    for each in heard:
        run(executor, asked(raw(body)), each).close()
    assert json.loads(heard[1].text) == [FIRST, FIRST]


@root_only
def test_a_user_is_one_steps_at_a_time_and_what_it_made_is_shared(tmp_path: Path) -> None:
    here, elsewhere = (
        StepUsers(FIRST + 60, FIRST + 62, [tmp_path]),
        StepUsers(FIRST + 60, FIRST + 62),
    )
    first, second = here.take(), elsewhere.take()
    assert {first, second} == {FIRST + 61, FIRST + 62}
    with pytest.raises(OSError, match="are in use; give more with PENSTOCK_STEP_USERS"):
        here.take()
    here.give_back(first)
    assert here.take() == first
    made = tmp_path / "made.sqlite3"
    made.touch()
    made.chmod(0o640)
    os.chown(made, first, FIRST + 60)
    here.share_what_is_left_by(first)
    assert (made.stat().st_uid, made.stat().st_mode & 0o777) == (0, 0o660)
    here.close()
    elsewhere.close()


@root_only
def test_limits_hold_for_a_step_of_its_own_user(executor: Any) -> None:
    hog = "data = []\nwhile True:\n    data.append(bytearray(8 * 2**20))"
    result = run(executor, asked(raw(hog), Limits(seconds=30, memory_bytes=128 * 2**20)))
    assert result.error is not None
    assert result.error.kind == "memory"
