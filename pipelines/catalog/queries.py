"""Questions about the catalog."""

import json
from collections.abc import Iterable
from difflib import unified_diff
from uuid import UUID

from django.db.models import F, Q, QuerySet

from pipelines.core.component import ComponentSpec
from pipelines.teams.access import Person, memberships, within
from pipelines.teams.models import Membership, Team

from .models import Component, ComponentDraft, ComponentShare, ComponentVersion, Visibility

#: Parsed specs by digest. A digest never changes its meaning, so nothing here gets stale.
_SPECS: dict[str, ComponentSpec] = {}
_MAX_SPECS = 5_000


def usable_by(teams: Iterable[UUID] | QuerySet[Membership, UUID], path: str = "") -> Q:
    """The one question of who may use what: built in, one's own, or shared with one of `teams`.

    `path` leads to the component, as `component__` does from a version.
    """
    shares = ComponentShare.objects.filter(team__in=teams).values("component")
    return (
        Q(**{f"{path}team": None})
        | Q(**{f"{path}team__in": teams})
        | Q(**{f"{path}visibility": Visibility.PUBLIC})
        | Q(**{f"{path}visibility": Visibility.TEAMS, f"{path}pk__in": shares})
    )


def visible(user: Person) -> QuerySet[Component]:
    """The components that `user` may use: built in, of their teams, or shared with one of these."""
    if not user.is_authenticated:
        return Component.objects.none()
    return Component.objects.filter(usable_by(memberships(user)), latest__gt=0)


def pinned(user: Person) -> QuerySet[ComponentVersion]:
    """The versions that published pipelines of the person's teams use, shared any more or not.

    Whoever has pinned a version goes on reading what it is, and learns of no later one.
    """
    return ComponentVersion.objects.filter(
        component__uses__number=F("number"),
        component__uses__version__pipeline__team__in=memberships(user),
    ).distinct()


def shared_with(component: Component) -> QuerySet[ComponentShare]:
    """The teams that were chosen, by name."""
    return component.shares.select_related("team", "created_by").order_by("team__name", "pk")


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


def code_diff(old: ComponentSpec, new: ComponentSpec, before: int, after: int) -> str:
    """A unified diff of what two versions run: the source, else the implementation as JSON."""
    return "\n".join(
        unified_diff(
            _code(old), _code(new), f"version {before}", f"version {after}", lineterm="", n=5
        )
    )


def _code(spec: ComponentSpec) -> list[str]:
    """The source first, then whatever else the kind is told."""
    rest = {name: value for name, value in spec.implementation.items() if name != "source"}
    source = spec.implementation.get("source")
    lines = source.splitlines() if isinstance(source, str) else []
    if rest:
        lines += json.dumps(rest, indent=2, ensure_ascii=False, sort_keys=True).splitlines()
    return lines


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
        mine = usable_by([self._team_id] if self._team_id is not None else [], "component__")
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

    def owner_to_ask(self, name: str) -> str | None:
        """The team that no longer shares what this one's published pipelines use.

        None for what the team may use, and for what it must not learn of.
        """
        if self._team_id is None or self.latest(name) is not None:
            return None
        namespace, _, short = name.partition("/")
        withheld = Component.objects.filter(
            namespace=namespace, name=short, uses__version__pipeline__team=self._team_id
        )
        return withheld.values_list("team__name", flat=True).first()


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
