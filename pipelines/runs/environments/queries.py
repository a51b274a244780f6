"""Questions about environments, answered as JSON."""

from typing import Any

from django.db.models import QuerySet

from pipelines.executors.environments import Lock
from pipelines.teams.access import Person, within

from .. import shapes
from ..models import EnvironmentBuild, EnvironmentLock, NodeRun

_BUILDS_SHOWN = 10


def visible(user: Person) -> QuerySet[EnvironmentLock]:
    """The locks of the person's teams, and Penstock's own libraries."""
    locks = EnvironmentLock.objects.all()
    return locks.filter(team=None) | within(locks, user)


def lock_json(lock: EnvironmentLock) -> dict[str, Any]:
    """A lock as it stands in lists."""
    return {
        "digest": lock.digest,
        "team": str(lock.team_id) if lock.team_id else None,
        "python": lock.python,
        "platform": lock.platform,
        "requirements": lock.requirements,
        "added": lock.added,
        "current": lock.current,
        "created_at": shapes.moment(lock.created_at),
    }


def detail(lock: EnvironmentLock) -> dict[str, Any]:
    """A lock with its text, its packages and the last times that it was built."""
    builds = EnvironmentBuild.objects.filter(team=lock.team_id, digest=lock.digest)
    packages = Lock(lock.text).packages
    return {
        **lock_json(lock),
        "text": lock.text,
        "packages": [{"name": name, "version": version} for name, version in packages],
        "builds": [build_json(build) for build in builds.defer("log")[:_BUILDS_SHOWN]],
    }


def build_json(build: EnvironmentBuild) -> dict[str, Any]:
    return {
        "id": build.pk,
        "state": build.state,
        "worker": build.worker,
        "error": build.error,
        "started_at": shapes.moment(build.started_at),
        "ended_at": shapes.moment(build.ended_at),
    }


def of_node(row: NodeRun) -> dict[str, Any] | None:
    """The environment of one node run; None for Penstock's own libraries, or before it is known."""
    build = row.build
    digest = row.environment or (build.digest if build else "")
    lock = None
    if digest:
        mine = EnvironmentLock.objects.filter(team=row.run.team_id)
        lock = mine.filter(digest=digest).first()
    if lock is None and build is None:
        return None
    return {
        "digest": digest or None,
        "python": lock.python if lock else None,
        "requirements": lock.requirements if lock else build.requirements if build else [],
        "build": build_json(build) if build else None,
    }


def build_with_log(row: NodeRun, attempt: int | None) -> EnvironmentBuild | None:
    """The build whose log stands in for an attempt's: attempt 0, or while the node waits for it."""
    if row.build_id is None:
        return None
    waits = row.state == "waiting" or not row.attempt
    return row.build if attempt == 0 or (attempt is None and waits) else None
