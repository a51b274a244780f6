"""The Celery task: a message carries the id of a node run, and is only a hint."""

import logging

from celery import shared_task
from django.db import Error, close_old_connections

from . import celery_worker, outages
from .hints import TASK

logger = logging.getLogger(__name__)


@shared_task(name=TASK, ignore_result=True)
def execute(node_run_id: int) -> None:
    """Run the node if it still waits, then whatever else waits."""
    close_old_connections()
    try:
        celery_worker.current().execute(node_run_id)
    except Error as error:
        if not outages.may_pass(error):
            raise
        logger.warning("The database did not answer; the sweep will tell of work again: %s", error)
