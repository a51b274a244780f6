"""A real Podman for the tests: one service on a private socket, and an image made of busybox."""

import io
import os
import shutil
import subprocess
import tarfile
import time
from pathlib import Path

import docker

from pipelines.config import bootstrap

#: As `docker pull` would name it, so that examples run as they are written.
IMAGE = "docker.io/library/busybox:1.37"


class Podman:
    """One service with storage of its own under `home`, whose path must be short (a socket's is)."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.url = f"unix://{home}/podman.sock"
        runc = shutil.which("runc", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
        assert runc, "no runc was found; `make test` installs it"
        self._command = [
            "podman",
            *("--root", str(home / "storage"), "--runroot", str(home / "run")),
            *("--tmpdir", str(home / "tmp"), "--storage-driver", "vfs"),
            *("--runtime", runc, "--cgroup-manager", "cgroupfs", "--events-backend", "file"),
        ]
        self._log = home / "service.log"

    def start(self) -> None:
        """Start the service, with the image in its storage once."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (self.home / "storage").exists():
            tar = self.home / "busybox.tar"
            tar.write_bytes(_root_file_system())
            self._podman("import", "--change", "ENV PATH=/bin", str(tar), IMAGE)
        with self._log.open("a") as log:
            self.process = subprocess.Popen(
                [*self._command, "system", "service", "--time=0", self.url],
                cwd=self.home,  # where conmon leaves a file when memory runs out
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + 20
        while True:
            try:
                self.client().close()
                return
            except docker.errors.DockerException:
                assert self.process.poll() is None, self._log.read_text()
                assert time.monotonic() < until, self._log.read_text()
                time.sleep(0.02)

    def client(self) -> docker.DockerClient:
        return docker.DockerClient(self.url, version="auto", timeout=10)

    def kill(self) -> None:
        """`kill -9` of the service; containers go on without it."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End the service and every container, and delete the storage."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)
        self._podman("rm", "--force", "--all", "--time", "0")
        shutil.rmtree(self.home)

    def _podman(self, *arguments: str) -> None:
        done = subprocess.run(
            [*self._command, *arguments], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"podman {' '.join(arguments)}: {done.stderr}"


def _root_file_system() -> bytes:
    """busybox under the names of all its programs, and the few files that they look for."""
    busybox = bootstrap.find_busybox()
    assert busybox, "no static busybox was found; `make test` installs it"
    names = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout
    result = io.BytesIO()
    with tarfile.open(fileobj=result, mode="w") as tar:
        for name in ("bin", "etc", "tmp"):
            directory = tarfile.TarInfo(name)
            directory.type, directory.mode = tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755
            tar.addfile(directory)
        tar.add(busybox, "bin/busybox")
        for name in set(names.split()) - {"busybox"}:
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
        passwd = b"root:x:0:0:root:/:/bin/sh\n"
        file = tarfile.TarInfo("etc/passwd")
        file.size = len(passwd)
        tar.addfile(file, io.BytesIO(passwd))
    return result.getvalue()
