"""A run again from a bundle: what it needs is found here or published here, then it starts."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from pipelines.artifacts import uploads
from pipelines.artifacts.models import Artifact
from pipelines.catalog import actions as catalog
from pipelines.catalog.models import ComponentVersion, Namespace
from pipelines.catalog.queries import usable_by
from pipelines.core import bundle
from pipelines.core.component import ComponentSpec
from pipelines.core.document import PIPELINE_PREFIX, Definition
from pipelines.core.parameters import resolve
from pipelines.core.problems import InvalidDefinition, Problem
from pipelines.core.serialize import content_hash, spec_digest, to_document
from pipelines.designs import actions as designs
from pipelines.designs import queries as design_queries
from pipelines.designs.models import Pipeline, PipelineVersion
from pipelines.teams.models import Team, User

from .. import actions, results
from ..models import EnvironmentLock, Run
from .reading import Bundle, opened, workplace


@dataclass
class Arrival:
    """What a bundle needs, as it is called here, and what had to be published for it."""

    known_as: dict[str, str] = field(default_factory=dict)
    to_publish: list[str] = field(default_factory=list)
    pipeline: Pipeline | None = None
    run: Run | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "pipeline": (
                {"id": str(self.pipeline.pk), "name": self.pipeline.name} if self.pipeline else None
            ),
            "run": {"id": str(self.run.pk), "number": self.run.number} if self.run else None,
            "uses": [
                {
                    "ref": ref,
                    # A pipeline has no short name before it is published.
                    "here": self.known_as.get(ref, ref),
                    "published": ref in self.to_publish,
                }
                for ref in sorted({*self.known_as, *self.to_publish})
            ],
        }


def look(file: IO[bytes], team: Team) -> Arrival:
    """Check a bundle, and say what it would publish. Raises InvalidDefinition."""
    with opened(file) as content:
        return _Import(content, team, None).look()


def run(file: IO[bytes], team: Team, user: User) -> Arrival:
    """Publish what is missing, make a pipeline and start a run of it.

    Raises InvalidDefinition, before anything is written wherever that can be known.
    """
    with opened(file) as content:
        return _Import(content, team, user).run()


class _Import:
    def __init__(self, content: Bundle, team: Team, user: User | None) -> None:
        self.content, self.team, self.user = content, team, user
        self.arrival = Arrival()

    def look(self) -> Arrival:
        problems = [*self._components(), *self._files()]
        try:
            resolve(self.content.definition, self._parameters())
        except InvalidDefinition as invalid:
            problems += invalid.problems
        if problems:
            raise InvalidDefinition(problems)
        self._pipelines_here()
        return self.arrival

    def run(self) -> Arrival:
        self.look()
        for ref in [ref for ref in self.arrival.to_publish if ref in self.content.components]:
            component = catalog.publish(self.content.components[ref], self.team, self.user)
            self.arrival.known_as[ref] = str(component)
        self._store_files()
        self._store_environments()
        for ref, definition in self.content.pipelines.items():
            if self.arrival.known_as.get(ref) is None:
                version = self._publish(definition)
                here = f"{PIPELINE_PREFIX}{version.pipeline.slug}@{version.number}"
                self.arrival.known_as[ref] = here
        version = self._publish(self.content.definition)
        self.arrival.pipeline = version.pipeline
        self.arrival.run = actions.start(
            version.pipeline,
            version=version.number,
            parameters=self._parameters(),
            node_params=self.content.manifest.node_params,
            environments=self.content.manifest.environments,
            user=self.user,
            trigger="bundle",
        )
        return self.arrival

    def _parameters(self) -> dict[str, Any]:
        return self.content.manifest.parameters

    # What is here already

    def _components(self) -> Iterator[Problem]:
        """Find each component by its digest; what is missing must be ours to publish."""
        for ref, spec in self.content.components.items():
            found = self._version(spec)
            if found is not None:
                self.arrival.known_as[ref] = str(found)
                continue
            clash = self._clash(ref, spec)
            problems = [clash] if clash else catalog.check_spec(spec)
            yield from problems
            if not problems:
                self.arrival.to_publish.append(ref)
                self.arrival.known_as[ref] = ref

    def _version(self, spec: ComponentSpec) -> ComponentVersion | None:
        rows = ComponentVersion.objects.select_related("component").filter(
            usable_by([self.team.pk], "component__"),
            component__namespace=spec.namespace,
            component__name=spec.name,
            digest=spec_digest(spec),
        )
        return rows.first()

    def _clash(self, ref: str, spec: ComponentSpec) -> Problem | None:
        """Why this team cannot publish a component of this name."""
        namespace = Namespace.objects.filter(name=spec.namespace).first()
        if spec.namespace in catalog.RESERVED or (namespace and namespace.team_id is None):
            return Problem(
                code="other_release",
                message=f"`{ref}` is built in, but this Penstock has no version of it that is the "
                f"same; the bundle was made by Penstock {self.content.manifest.penstock}. Run it "
                "on that release, or choose a version that is here in the pipeline itself.",
            )
        if namespace is not None and namespace.team_id != self.team.pk:
            return Problem(
                code="namespace_taken",
                message=f"`{ref}` is not in your team's catalog, and the namespace "
                f"`{spec.namespace}` belongs to another team here. Run the bundle in that team, "
                "or publish the component under a name of your own.",
            )
        return None

    def _files(self) -> Iterator[Problem]:
        """Files that are not in the bundle must be known to the team."""
        needed = {
            digest: each
            for digest, each in self.content.manifest.inputs.items()
            if not each.included
        }
        for digest in sorted(results.gone(self.team.pk, needed)):
            yield Problem(
                code="missing_file",
                message=f"The file `{needed[digest].name or digest[:12]}` ({needed[digest].size:,} "
                "bytes) is not in the bundle, and your team has none with the same bytes. Upload "
                "it first, or download the bundle with its files.",
            )

    def _pipelines_here(self) -> None:
        """Sub-pipelines of the team that mean the same are used; the others are published."""
        for ref, definition in self.content.pipelines.items():
            inner = {node.ref for node in definition.nodes}
            if inner.isdisjoint(self.arrival.to_publish):
                slug = ref.removeprefix(PIPELINE_PREFIX).partition("@")[0]
                hashed = content_hash(bundle.with_refs(definition, self.arrival.known_as))
                found = PipelineVersion.objects.select_related("pipeline").filter(
                    pipeline__team=self.team, pipeline__slug=slug, content_hash=hashed
                )
                if (version := found.first()) is not None:
                    here = f"{PIPELINE_PREFIX}{slug}@{version.number}"
                    self.arrival.known_as[ref] = here
                    continue
            self.arrival.to_publish.append(ref)

    # What is written

    def _store_files(self) -> None:
        for digest, each in self.content.manifest.inputs.items():
            known = Artifact.objects.filter(team=self.team, digest=digest).exists()
            if not each.included or (known and not results.gone(self.team.pk, [digest])):
                continue
            with workplace() as folder:
                path = self.content.artifact(digest, folder)
                uploads.take(path, name=each.name, team=self.team, user=self.user, type=each.type)

    def _store_environments(self) -> None:
        """Locks that this run pins. What the team's other runs use stays as it is."""
        for digest, each in self.content.environments.items():
            EnvironmentLock.objects.get_or_create(
                team=self.team,
                key=each.key,
                digest=digest,
                defaults={**each.model_dump(exclude={"key"}), "current": False},
            )

    def _publish(self, definition: Definition) -> PipelineVersion:
        document = to_document(bundle.with_refs(definition, self.arrival.known_as))
        if problems := design_queries.problems(document, self.team):
            raise InvalidDefinition(problems)
        pipeline = designs.create(self.team, document, self.user)
        made = self.content.manifest.made_of
        message = f"From a bundle of run #{made.number} of {made.pipeline}"
        version = designs.publish(pipeline, message, self.user)
        # Publishing gave it the short name by which other pipelines use it.
        version.pipeline.refresh_from_db()
        return version
