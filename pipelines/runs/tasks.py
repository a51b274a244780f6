"""The Celery task: a message carries the id of a node run, and is only a hint."""

from celery import shared_task
from django.db import close_old_connections

from . import celery_worker
from .hints import TASK


@shared_task(name=TASK, ignore_result=True)
def execute(node_run_id: int) -> None:
    """Run the node if it still waits, then whatever else waits."""
    close_old_connections()
    celery_worker.current().execute(node_run_id)
