"""Steps that do what no step should, side by side in one run."""

from tests.support.stack import wait_until

from .load import Shape
from .session import Session, Watched

SOURCES = (
    '''
import subprocess


def daemon() -> int:
    """Leave something behind that has let go of everything."""
    subprocess.Popen(["setsid", "sh", "-c", "setsid sleep 1000 & setsid sleep 1000"], cwd="/")
    return 1
''',
    '''
import os


def fork_bomb() -> int:
    """Double for ever."""
    while True:
        os.fork()
''',
    '''
def memory_hog() -> int:
    """Take all there is."""
    taken = []
    while True:
        taken.append(bytearray(4 * 1024 * 1024))
''',
    '''
import os


def long_line() -> int:
    """Print 1 GiB without an end of line."""
    piece = b"x" * (1024 * 1024)
    for _ in range(1024):
        sent = 0
        while sent < len(piece):
            sent += os.write(1, piece[sent:])
    return 1
''',
    '''
import os


def no_text() -> int:
    """Print what is not UTF-8, half characters and zero bytes."""
    os.write(1, b"\\xff\\xfe\\xc3(\\x00\\xed\\xa0\\x80\\n")
    os.write(2, b"\\xf0\\x9f\\x98")
    return 1
''',
    '''
def not_a_number() -> float:
    """Give back what JSON has no word for."""
    return float("nan")
''',
    '''
import os


def deep() -> int:
    """Say and give back JSON of 100,000 levels."""
    levels = "[" * 100_000 + "]" * 100_000
    print('{"metric": ' + levels + "}")
    with open(os.environ["PENSTOCK_OUTPUTS"], "w") as file:
        file.write('{"result": ' + levels + "}")
    os._exit(0)
''',
)

#: The state of each, and the kind of its error.
ENDS = {
    "daemon": ("success", ""),
    "fork_bomb": ("failed", "exit"),
    "memory_hog": ("failed", "memory"),
    "long_line": ("success", ""),
    "no_text": ("success", ""),
    "not_a_number": ("failed", "output"),
    "deep": ("failed", "output"),
}
SHAPE = Shape(
    "hostile",
    [
        {
            "id": name,
            "component": f"faults/{name}",
            "timeout": "60s",
            **({"resources": {"memory": "64Mi"}} if name == "memory_hog" else {}),
        }
        for name in ENDS
    ],
    unusual={name: state for name, (state, _) in ENDS.items()},
    on_failure="continue",
)


def run_hostile_steps(session: Session) -> None:
    if SHAPE.name not in session.pipelines:
        with session.stack.api as api:
            for source in SOURCES:
                body = {"kind": "python", "namespace": "faults", "source": source}
                answer = api.post("/components/", json=body)
                assert answer.is_success, answer.text
        session.publish(SHAPE.name, SHAPE.definition())
    run = session.start_run(SHAPE)
    session.runs.append(run)
    wait_until(lambda: session.has_ended(run), "the hostile steps to end", 90)
    _check(session, run)


def _check(session: Session, run: Watched) -> None:
    """Each ended as it should, and its log can be read."""
    with session.stack.api as api:
        for name, (state, kind) in ENDS.items():
            node = api.get(f"/runs/{run.id}/nodes/{name}/").json()
            error = node["error"] or {}
            assert (node["state"], error.get("kind", "")) == (state, kind), f"{name}: {node}"
            log = api.get(f"/runs/{run.id}/nodes/{name}/log/")
            assert log.is_success, f"the log of {name}: {log.status_code} {log.text[:300]}"
            assert name != "long_line" or "was cut" in log.json()["text"]
