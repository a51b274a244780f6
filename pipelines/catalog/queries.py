"""Questions about the catalog."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import F, Q, QuerySet

from pipelines.core.component import ComponentSpec
from pipelines.teams.access import Person, within
from pipelines.teams.models import Team

from .models import Component, ComponentDraft, ComponentVersion

#: Parsed specs by digest. A digest never changes its meaning, so nothing here gets stale.
_SPECS: dict[str, ComponentSpec] = {}
_MAX_SPECS = 5_000


def visible(user: Person) -> QuerySet[Component]:
    """The components that `user` may use: the built-in ones and those of their teams."""
    published = Component.objects.filter(latest__gt=0)
    return published.filter(team=None) | within(published, user)


def drafts(user: Person) -> QuerySet[ComponentDraft]:
    """The drafts of components in the teams of `user`, the last saved first."""
    rows = ComponentDraft.objects.select_related("component", "updated_by").defer("content")
    return within(rows, user)


def search(components: QuerySet[Component], text: str) -> QuerySet[Component]:
    """Those in which every word of `text` occurs, in the name, title, summary, category or docs."""
    for word in text.lower().split()[:10]:
        components = components.filter(search_text__contains=word)
    return components


def newest_versions(components: Iterable[Component]) -> dict[int, ComponentVersion]:
    """The newest version of each component, by component id, in one query."""
    ids = [component.pk for component in components]
    versions = ComponentVersion.objects.filter(
        component__in=ids, number=F("component__latest")
    ).select_related("component")
    return {version.component_id: version for version in versions}


def specs_for(refs: Iterable[str]) -> dict[str, ComponentSpec]:
    """The specs of pinned components, `namespace/name@3` -> spec; unknown ones are left out.

    Whose they are is not asked: what a version or a run has pinned stays readable with it.
    """
    wanted = set()
    for ref in refs:
        name, _, number = ref.partition("@")
        if number.isdecimal():
            wanted.add((name, int(number)))
    found = _fetch({name for name, _ in wanted}, Q(number__in={number for _, number in wanted}))
    return {
        f"{name}@{number}": spec
        for (name, number, _), spec in found.items()
        if (name, number) in wanted
    }


class DbCatalog:
    """The catalog as one team sees it; what `core.checks.check` asks.

    Give `refs` (from `core.checks.component_refs`) to fetch everything at once; what was not
    fetched before is fetched when it is asked for.
    """

    def __init__(
        self, team: Team | UUID | None, refs: Iterable[tuple[str, int | None]] = ()
    ) -> None:
        self._team_id = team.pk if isinstance(team, Team) else team
        self._specs: dict[tuple[str, int], ComponentSpec] = {}
        self._latest: dict[str, int | None] = {}
        self.prefetch(refs)

    def prefetch(self, refs: Iterable[tuple[str, int | None]]) -> None:
        """Fetch these versions, and the newest number of each name, in two queries at most."""
        missing = {
            (name, number)
            for name, number in refs
            if name not in self._latest
            or (number is not None and (name, number) not in self._specs)
        }
        if not missing:
            return
        numbers = {number for _, number in missing if number is not None}
        names = {name for name, _ in missing}
        mine = Q(component__team=None)
        if self._team_id is not None:
            mine |= Q(component__team=self._team_id)
        found = _fetch(names, mine & (Q(number__in=numbers) | Q(number=F("component__latest"))))
        self._latest.update(dict.fromkeys(names))
        for (name, number, latest), spec in found.items():
            self._latest[name] = latest
            self._specs[(name, number)] = spec

    def spec(self, name: str, version: int | None) -> ComponentSpec | None:
        number = self.latest(name) if version is None else version
        if number is None:
            return None
        latest = self.latest(name)
        if (name, number) not in self._specs and latest is not None and number < latest:
            self.prefetch([(name, number)])
        return self._specs.get((name, number))

    def latest(self, name: str) -> int | None:
        if name not in self._latest:
            self.prefetch([(name, None)])
        return self._latest[name]


def _fetch(names: set[str], condition: Q) -> dict[tuple[str, int, int], ComponentSpec]:
    """`(namespace/name, number, newest number)` -> spec. Reads the JSON of unseen specs only."""
    if not names:
        return {}
    pairs = [name.partition("/") for name in names]
    rows = ComponentVersion.objects.filter(
        condition,
        component__namespace__in={namespace for namespace, _, _ in pairs},
        component__name__in={name for _, _, name in pairs},
    ).values_list(
        "pk",
        "digest",
        "number",
        "component__namespace",
        "component__name",
        "component__latest",
    )
    wanted = [
        (pk, digest, (f"{namespace}/{name}", number, latest))
        for pk, digest, number, namespace, name, latest in rows
        if f"{namespace}/{name}" in names
    ]
    specs = {digest: _SPECS[digest] for _, digest, _ in wanted if digest in _SPECS}
    unseen = [pk for pk, digest, _ in wanted if digest not in specs]
    if unseen:
        for version in ComponentVersion.objects.filter(pk__in=unseen).only("digest", "spec"):
            specs[version.digest] = ComponentSpec.model_validate(version.spec)
        if len(_SPECS) + len(unseen) > _MAX_SPECS:
            _SPECS.clear()
        _SPECS.update(specs)
    return {key: specs[digest] for _, digest, key in wanted}
