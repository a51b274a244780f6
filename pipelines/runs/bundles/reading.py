"""Bundles that people send: nothing in them is believed before it was checked."""

import hashlib
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NoReturn

from django.conf import settings
from pydantic import ValidationError

from pipelines.core import bundle
from pipelines.core.bundle import Environment, Manifest
from pipelines.core.component import ComponentSpec
from pipelines.core.document import MAX_BYTES, MAX_NODES, Definition
from pipelines.core.parsing import parse_leniently
from pipelines.core.problems import InvalidDefinition, Problem
from pipelines.core.serialize import content_hash, load, spec_digest

#: A component and an artifact for each node, and then some.
MAX_ENTRIES = 3 * MAX_NODES
#: How much larger than its packed form a file may be, beyond the first MAX_BYTES.
MAX_RATIO = 200
_CHUNK = 1024 * 1024


class Bundle:
    """An open bundle whose names, sizes, documents and digests are right. Use `opened`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._entries = _checked_entries(archive)
        self.manifest = self._manifest()
        self.definition = self._definition(bundle.DEFINITION)
        self.components = {
            ref: self._component(ref, digest) for ref, digest in self.manifest.components.items()
        }
        self.pipelines = {
            ref: self._pipeline(ref, digest) for ref, digest in self.manifest.pipelines.items()
        }
        self.environments = {
            digest: self._environment(digest)
            for digest in sorted(set(self.manifest.environments.values()))
        }
        self._check_uses()

    def artifact(self, digest: str, folder: Path) -> Path:
        """The bytes of an included artifact, unpacked into `folder` and checked."""
        path, hasher = folder / digest, hashlib.sha256()
        with path.open("wb") as target:
            for chunk in self._read(
                bundle.artifact_file(digest), settings.PENSTOCK_MAX_UPLOAD_BYTES
            ):
                hasher.update(chunk)
                target.write(chunk)
        if hasher.hexdigest() != digest:
            _damaged(f"the file {digest[:12]}… has other bytes than its name says")
        return path

    def _manifest(self) -> Manifest:
        raw = self._json(bundle.MANIFEST)
        if raw.get("schema") != bundle.SCHEMA:
            _refuse(
                "unknown_schema",
                f"The bundle's manifest has the schema {str(raw.get('schema'))[:20]}, and this "
                f"Penstock reads {bundle.SCHEMA}. Run it on a newer Penstock.",
            )
        try:
            manifest = Manifest.model_validate(raw)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"]))
            _damaged(f"its manifest is not right at `{place}`: {first['msg']}")
        if len(manifest.components) + len(manifest.pipelines) + len(manifest.inputs) > MAX_ENTRIES:
            _damaged("its manifest names too many things")
        return manifest

    def _definition(self, name: str) -> Definition:
        parsed = parse_leniently(self._json(name))
        if parsed.problems or parsed.definition is None:
            raise InvalidDefinition(parsed.problems)
        return parsed.definition

    def _component(self, ref: str, digest: str) -> ComponentSpec:
        try:
            spec = ComponentSpec.model_validate(self._json(bundle.component_file(ref)))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            _damaged(f"the component `{ref}` cannot be read: {first['msg']}")
        if spec.full_name != ref.partition("@")[0] or spec_digest(spec) != digest:
            _damaged(f"the component `{ref}` is another one than the manifest says")
        return spec

    def _pipeline(self, ref: str, digest: str) -> Definition:
        definition = self._definition(bundle.pipeline_file(ref))
        if content_hash(definition) != digest:
            _damaged(f"the pipeline `{ref}` is another one than the manifest says")
        return definition

    def _environment(self, digest: str) -> Environment:
        name = bundle.environment_file(digest)
        try:
            environment = Environment.model_validate(self._json(name))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            _damaged(f"`{name}` cannot be read: {first['msg']}")
        if hashlib.sha256(environment.text.encode()).hexdigest() != digest:
            _damaged(f"the environment {digest[:12]}… is another one than the manifest says")
        return environment

    def _check_uses(self) -> None:
        """Everything that is used is there, sub-pipelines after those that they use."""
        known = set(self.components)
        for ref, definition in [*self.pipelines.items(), ("", self.definition)]:
            missing = sorted({node.ref for node in definition.nodes} - known)
            if missing:
                _damaged(f"it lacks `{missing[0]}`, which {ref or 'the pipeline'} uses")
            known.add(ref)

    def _json(self, name: str) -> dict[str, Any]:
        if name not in self._entries:
            _damaged(f"it lacks `{name}`")
        return load(b"".join(self._read(name, MAX_BYTES)))

    def _read(self, name: str, limit: int) -> Iterator[bytes]:
        """A file piece by piece. What its header says about its size is not relied on."""
        if name not in self._entries:
            _damaged(f"it lacks `{name}`")
        entry, size = self._entries[name], 0
        most = min(limit, MAX_BYTES + MAX_RATIO * entry.compress_size)
        try:
            with self._archive.open(entry) as source:
                while chunk := source.read(_CHUNK):
                    size += len(chunk)
                    if size > most:
                        _damaged(f"`{name}` unpacks to more than {most:,} bytes")
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            _damaged(f"`{name}` cannot be unpacked: {error}")


@contextmanager
def opened(file: IO[bytes]) -> Iterator[Bundle]:
    """Open and check a bundle. Raises InvalidDefinition with what is wrong with it."""
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        _refuse("not_a_bundle", f"The file is no rerun bundle: {error}. Download one from a run.")
    with archive:
        yield Bundle(archive)


@contextmanager
def workplace() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="penstock-bundle-") as folder:
        yield Path(folder)


def _checked_entries(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        _damaged(f"it holds {len(entries):,} files; at most {MAX_ENTRIES:,} are allowed")
    found: dict[str, zipfile.ZipInfo] = {}
    total = 0
    for entry in entries:
        shown = entry.filename[:100]
        if not bundle.may_be_named(entry.filename):
            _damaged(f"it holds a file called `{shown}`, which no bundle has")
        if entry.filename in found:
            _damaged(f"it holds `{shown}` twice")
        if entry.flag_bits & 0x1:
            _damaged(f"`{shown}` is encrypted")
        if stat.S_ISLNK(entry.external_attr >> 16):
            _damaged(f"`{shown}` is a link")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            _damaged(f"`{shown}` is packed in a way that bundles do not use")
        total += entry.file_size
        found[entry.filename] = entry
    if total > settings.PENSTOCK_MAX_UPLOAD_BYTES:
        _damaged(
            f"it unpacks to {total:,} bytes; at most {settings.PENSTOCK_MAX_UPLOAD_BYTES:,} are allowed"
        )
    return found


def _damaged(what: str) -> NoReturn:
    _refuse("bad_bundle", f"The bundle cannot be used: {what}. Download it again.")


def _refuse(code: str, message: str) -> NoReturn:
    raise InvalidDefinition([Problem(code=code, message=message)])
