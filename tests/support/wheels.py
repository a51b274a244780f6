"""Tiny packages in a directory, for environments that are built without a package index."""

import base64
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path


def wheel(folder: Path, name: str, version: str, body: str, requires: Iterable[str] = ()) -> Path:
    """A wheel of one module that is called like the package."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": body,
        f"{info}/METADATA": _metadata(name, version, requires),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},sha256={_hash(text)},{len(text)}\n" for path, text in files.items())
    made = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(made, "w") as archive:
        for path, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(path, text)
    return made


def sdist(folder: Path, name: str, version: str, backend: str) -> Path:
    """A source distribution whose build is the given code of a backend, with nothing to fetch."""
    project = f'[project]\nname = "{name}"\nversion = "{version}"\n'
    project += '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    files = {
        "PKG-INFO": _metadata(name, version, ()),
        "pyproject.toml": project,
        "backend.py": backend,
    }
    made = folder / f"{name}-{version}.tar.gz"
    with tarfile.open(made, "w:gz") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(f"{name}-{version}/{path}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return made


def settings(folder: Path) -> dict[str, str]:
    """The variables of a worker that knows no packages but these."""
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder)}


def _metadata(name: str, version: str, requires: Iterable[str]) -> str:
    needed = "".join(f"Requires-Dist: {each}\n" for each in requires)
    return f"Metadata-Version: 2.2\nName: {name}\nVersion: {version}\n{needed}"


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
