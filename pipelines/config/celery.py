"""The Celery app. Messages carry ids and are hints; the database is the truth."""

import os
import warnings
from typing import Any

import kombu
from celery import Celery
from celery.app.amqp import AMQP
from celery.exceptions import SecurityWarning

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pipelines.config.settings")
# Django's checks would load the whole web application into the worker; `up` has run them before.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

from django.conf import settings

# Messages are JSON and hold ids; a worker that is root takes its steps' capabilities away.
warnings.filterwarnings("ignore", r"\s*You're running the worker with superuser", SecurityWarning)

#: A broker that does not answer must not hold anybody up: seconds for each attempt to reach it.
_PATIENCE = 2.0


class Connection(kombu.Connection):
    """A worker that has lost its broker looks for it every two seconds.

    Kombu waits two seconds longer after each try, up to 30: after a restart of Redis that took ten,
    nobody would hear of new work for ten more.
    """

    def _ensure_connection(self, *args: Any, **options: Any) -> Any:
        pace = {"interval_start": 0.2, "interval_step": 0.6, "interval_max": 2.0}
        return super()._ensure_connection(*args, **{**pace, **options})


class Broker(AMQP):
    Connection = Connection


app = Celery("penstock", amqp=Broker)
app.conf.update(
    broker_url=settings.REDIS_URL.replace("unix://", "redis+socket://", 1),
    # A worker waits for its broker for ever; who publishes does not.
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_connection_timeout=_PATIENCE,
    broker_transport_options={
        # Acknowledging in Redis saves no hint that the sweep would not give again. But when Redis
        # dies at that moment, Kombu never gets the message's slot back, and once all are gone the
        # worker waits for messages that it no longer asks for.
        "ack_emulation": False,
        "socket_connect_timeout": _PATIENCE,
        "socket_timeout": 30.0,
        "socket_keepalive": True,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.2,
        "interval_max": 0.2,
    },
    task_publish_retry=False,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    task_default_queue="default",
    worker_prefetch_multiplier=1,
    worker_pool="threads",
    worker_concurrency=settings.PENSTOCK_SLOTS,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    worker_enable_remote_control=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    task_acks_late=False,
)
# Else Celery opens a new database connection for each message; ours are checked in the task.
app.conf["CELERY_DB_REUSE_MAX"] = 2**31
app.autodiscover_tasks(["pipelines.runs"])
