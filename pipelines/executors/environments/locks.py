"""A lock: the exact versions and hashes of an environment, as text, and the digest it goes by."""

import hashlib
import platform
import re
import sys
import sysconfig
from dataclasses import dataclass
from functools import cache
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

#: What every step can import without requirements; docs/environments.md promises it.
OWN_LIBRARIES = (
    "duckdb", "httpx", "joblib", "matplotlib", "numpy", "openpyxl", "pandas", "pillow", "pyarrow",
    "scikit-learn", "scipy", "sqlalchemy",
)  # fmt: skip
_PINNED = re.compile(r"(?m)^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)")


@dataclass(frozen=True)
class Lock:
    """`text` is what uv installs from, a first line with Python and platform before it."""

    text: str

    @property
    def digest(self) -> str:
        """SHA-256 of the text in hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def packages(self) -> list[tuple[str, str]]:
        """Name and version of each package, in the order of their names."""
        return [(found["name"], found["version"]) for found in _PINNED.finditer(self.text)]


def python() -> str:
    """The Python that environments are made for: `3.11`."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def machine() -> str:
    """`linux-x86_64`: a lock holds for one, since packages may differ from platform to platform."""
    return sysconfig.get_platform()


def header() -> str:
    return f"# Python {python()} on {machine()}\n"


@cache
def own() -> Lock:
    """Penstock's own libraries, as steps without requirements see them."""
    lines = [f"{name}=={version}" for name, version in sorted(_closure().items())]
    return Lock(header() + "\n".join(lines) + "\n")


def installed() -> dict[str, str]:
    """Every package that Penstock itself runs with, and its version."""
    return {
        canonicalize_name(found.metadata["Name"]): found.version
        for found in metadata.distributions()
    }


def _closure() -> dict[str, str]:
    """OWN_LIBRARIES and what they need in turn."""
    found: dict[str, str] = {}
    todo = list(OWN_LIBRARIES)
    environment = {"extra": "", "python_full_version": platform.python_version()}
    while todo:
        name = canonicalize_name(todo.pop())
        if name in found:
            continue
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # needed only by an optional part that is not installed
        found[name] = distribution.version
        for text in distribution.requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate(environment):
                todo.append(requirement.name)
    return found
