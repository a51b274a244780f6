"""What a step can see, and what it leaves behind."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.executors.process import ProcessExecutor
from pipelines.executors.process.workspace import Workspace
from tests.integration.executors.stage import Heard, asked, processes, python, raw, run, until

SECRET = "b1cc5c30-do-not-leak"


@pytest.fixture
def secret_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PENSTOCK_SECRET_KEY", "DATABASE_URL", "DJANGO_SETTINGS_MODULE", "PYTHONPATH"):
        monkeypatch.setenv(name, SECRET)


@pytest.mark.usefixtures("secret_environment")
def test_a_step_sees_only_its_own_environment(new_executor: Callable[..., ProcessExecutor]) -> None:
    executor = new_executor(environ={"HTTPS_PROXY": "http://proxy.example:3128"})
    heard = Heard()
    body = "import json, os\nprint(json.dumps([dict(os.environ), os.getcwd()]))"

    run(executor, asked(raw(body)), heard).close()

    environ, cwd = json.loads(heard.text)
    assert SECRET not in heard.text
    assert environ["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert environ["HOME"] == cwd
    assert {"PATH", "LANG", "TMPDIR", "PENSTOCK_KEY", "PENSTOCK_ATTEMPT"} <= environ.keys()
    assert not {"PENSTOCK_SECRET_KEY", "DATABASE_URL", "DJANGO_SETTINGS_MODULE"} & environ.keys()


@pytest.mark.usefixtures("secret_environment")
def test_a_step_cannot_look_into_other_processes(
    new_executor: Callable[..., ProcessExecutor],
) -> None:
    executor = new_executor()
    heard = Heard()
    body = (
        "import os\n"
        "found = []\n"
        "for name in filter(str.isdigit, os.listdir('/proc')):\n"
        "    try:\n"
        "        found.append(open(f'/proc/{name}/environ').read())\n"
        "    except OSError:\n"
        "        pass\n"
        "print(len(found), found)\n"
    )

    run(executor, asked(raw(body)), heard).close()

    if executor.isolation != "strong":
        pytest.skip("this machine does not let us hide processes")
    assert heard.text.startswith(("1 ", "2 "))
    assert SECRET not in heard.text


def test_hidden_files_look_empty(
    new_executor: Callable[..., ProcessExecutor], tmp_path: Path
) -> None:
    key, folder = tmp_path / "secret_key", tmp_path / "private"
    key.write_text(SECRET)
    folder.mkdir()
    (folder / "inside").write_text(SECRET)
    executor = new_executor(hidden=[key, folder, tmp_path / "not there"])
    heard = Heard()
    body = f"import os\nprint(repr(open('{key}').read()), os.listdir('{folder}'))"

    result = run(executor, asked(raw(body)), heard)

    if executor.isolation != "strong":
        pytest.skip("this machine does not let us hide files")
    assert result.error is None
    assert heard.text == "'' []\n"
    assert key.read_text() == SECRET


def test_a_step_has_no_rights_over_the_machine(executor: ProcessExecutor) -> None:
    heard = Heard()
    body = "print(open('/proc/self/status').read())"

    run(executor, asked(raw(body)), heard).close()

    status = dict(line.split(":\t", 1) for line in heard.text.splitlines() if ":\t" in line)
    sys_admin, sys_ptrace = 1 << 21, 1 << 19
    assert not int(status["CapEff"], 16) & (sys_admin | sys_ptrace)
    assert status["NoNewPrivs"] == "1"


def test_only_the_standard_streams_are_open(executor: ProcessExecutor) -> None:
    heard = Heard()
    source = (
        "import os, subprocess\n"
        "print(subprocess.run(['ls', '/proc/self/fd'], stdout=subprocess.PIPE).stdout.split())\n"
        "print(os.stat('.').st_mode & 0o777, os.umask(0))\n"
    )

    run(executor, asked(raw(source)), heard).close()

    # The fourth is the directory that `ls` lists.
    assert heard.text.splitlines() == ["[b'0', b'1', b'2', b'3']", f"{0o700} {0o77}"]


@pytest.mark.parametrize(
    "escape",
    [
        "subprocess.Popen(['setsid', 'sleep', MARK])",
        "subprocess.Popen(['sh', '-c', 'setsid sh -c \"setsid sleep ' + MARK + ' &\" &'], env={})",
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        os.execvp('sleep', ['sleep', MARK])\n"
        "    os._exit(0)",
    ],
    ids=["setsid", "daemon without environment", "double fork"],
)
def test_nobody_survives_their_step(executor: ProcessExecutor, escape: str) -> None:
    mark = f"985.{time.monotonic_ns()}"
    heard = Heard()
    body = (
        f"import os, subprocess, time\nMARK = '{mark}'\n{escape}\n"
        "while not any(\n"
        "    MARK.encode() in open(f'/proc/{p}/cmdline', 'rb').read() and p != str(os.getpid())\n"
        "    for p in os.listdir('/proc') if p.isdigit() and os.path.exists(f'/proc/{p}/cmdline')\n"
        "):\n"
        "    time.sleep(0.01)\n"
        "print('escaped', flush=True)"
    )

    result = run(executor, asked(raw(body)), heard)

    assert result.outcome == "success"
    assert heard.text == "escaped\n"
    assert processes(mark) == []


def test_a_quick_step_leaves_its_namespaces_to_the_next(
    new_executor: Callable[..., ProcessExecutor],
) -> None:
    executor = new_executor()

    births = _say(executor, "print(open('/proc/1/stat').read().rpartition(')')[2].split()[19])", 6)

    if executor.isolation != "strong":
        pytest.skip("steps have no namespaces here")
    assert len(set(births)) < 6


@pytest.mark.parametrize(
    "deed",
    [
        "open('/dev/shm/left', 'w').close()",
        "resource.prlimit(1, resource.RLIMIT_NOFILE, (100, 100))",
        "open('/proc/1/oom_score_adj', 'w').write('900')",
    ],
    ids=["shared memory", "limit", "out-of-memory score"],
)
def test_what_a_step_leaves_reaches_no_later_step(
    new_executor: Callable[..., ProcessExecutor], deed: str
) -> None:
    executor = new_executor()
    look = (
        "print(os.listdir('/dev/shm'), resource.getrlimit(resource.RLIMIT_NOFILE),"
        " open('/proc/1/oom_score_adj').read().strip())"
    )
    before = _say(executor, look)
    if executor.isolation != "strong":
        pytest.skip("steps have no namespaces here")

    _say(executor, deed, 3)

    assert set(_say(executor, look, 4)) == set(before)


def test_a_step_cannot_hold_up_its_shepherd(new_executor: Callable[..., ProcessExecutor]) -> None:
    executor = new_executor()
    body = (
        "for deed in (lambda: os.setpriority(os.PRIO_PROCESS, 1, 5),"
        " lambda: os.sched_setaffinity(1, {0}), lambda: open('/proc/1/mem', 'rb')):\n"
        "        try:\n"
        "            deed()\n"
        "        except PermissionError:\n"
        "            print('refused')"
    )

    said = _say(executor, body)

    if executor.isolation != "strong":
        pytest.skip("steps see all processes here")
    assert said == ["refused\nrefused\nrefused"]


def _say(executor: ProcessExecutor, body: str, times: int = 1) -> list[str]:
    """What a function prints that returns as it should, run so many times in a row."""
    spec = python(f"import os, resource\ndef f() -> None:\n    {body}\n")
    heard = [Heard() for _ in range(times)]
    for each in heard:
        result = run(executor, asked(spec), each)
        assert result.error is None
        result.close()
    return [each.text.strip() for each in heard]


def test_steps_do_not_meet(executor: ProcessExecutor) -> None:
    source = (
        "import os, tempfile, time\n"
        "from pathlib import Path\n"
        "def meet(name: str) -> str:\n"
        "    for place in ('.', tempfile.gettempdir(), os.environ['PENSTOCK_ARTIFACTS']):\n"
        "        Path(place, 'mine').write_text(name)\n"
        "    print('here', flush=True)\n"
        "    while not Path('go').exists():\n"
        "        time.sleep(0.01)\n"
        "    return ' '.join(Path(p, 'mine').read_text() for p in ('.', tempfile.gettempdir()))\n"
    )
    heard = [Heard(), Heard()]
    names = ("ada", "bob")
    steps = [
        executor.start(asked(python(source), name=name), each)
        for name, each in zip(names, heard, strict=True)
    ]
    until(lambda: all("here" in each.text for each in heard))
    for step in steps:
        (step.directory.path / "work" / "go").touch()

    results = [step.wait() for step in steps]

    assert [result.outputs["result"] for result in results] == ["ada ada", "bob bob"]
    assert {step.directory.path.stat().st_mode & 0o777 for step in steps} == {0o700}
    for result in results:
        result.close()
    assert not any(step.directory.path.exists() for step in steps)


def test_only_the_directories_of_the_dead_are_deleted(tmp_path: Path) -> None:
    workdir = tmp_path / "steps"
    alive = Workspace(workdir)
    step = alive.new_step()
    (step.artifacts / "kept").write_text("here")
    locked = workdir / "steps-1-dead" / "000001" / "locked"
    locked.mkdir(parents=True)
    (locked / "file").write_text("there")
    locked.chmod(0)

    newcomer = Workspace(workdir)

    assert (step.artifacts / "kept").read_text() == "here"
    assert not (workdir / "steps-1-dead").exists()
    alive.close()
    newcomer.close()
    assert sorted(os.listdir(workdir)) == [".lock", "cache"]
