"""Numbers for Prometheus, counted in the database when they are asked for.

The database is the truth for every process, so no process keeps counters of its own, and what is
counted survives restarts. No run ids as labels: their number has no bound.
"""

from collections.abc import Iterator

from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from pipelines.runs.models import NodeRun, NodeState, Run, RunState


class DatabaseCollector(Collector):
    def collect(self) -> Iterator[Metric]:
        yield _runs()
        yield from _nodes()


def _runs() -> Metric:
    counts = dict(Run.objects.order_by().values_list("state").annotate(Count("pk")))
    family = GaugeMetricFamily("penstock_runs", "Runs by state.", labels=["state"])
    for state in RunState.values:
        family.add_metric([state], counts.get(state, 0))
    return family


def _nodes() -> Iterator[Metric]:
    """Only what is under way: finished nodes grow without end, and so would the counting."""
    under_way = NodeRun.objects.filter(state__in=[NodeState.QUEUED, NodeState.RUNNING]).order_by()
    counts = GaugeMetricFamily(
        "penstock_nodes_under_way",
        "Nodes that wait for a worker or run.",
        labels=["queue", "state"],
    )
    for queue, state, count in under_way.values_list("queue", "state").annotate(Count("pk")):
        counts.add_metric([queue, state], count)
    yield counts

    oldest = GaugeMetricFamily(
        "penstock_queue_oldest_seconds", "How long the oldest queued node waits.", labels=["queue"]
    )
    now = timezone.now()
    queued = NodeRun.objects.filter(state=NodeState.QUEUED, queued_at__isnull=False).order_by()
    for queue, since in queued.values_list("queue").annotate(Min("queued_at")):
        oldest.add_metric([queue], max(0.0, (now - since).total_seconds()))
    yield oldest
