"""The Celery app. Messages carry ids and are hints; the database is the truth."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pipelines.config.settings")

from django.conf import settings

app = Celery("penstock")
app.conf.update(
    broker_url=settings.REDIS_URL.replace("unix://", "redis+socket://", 1),
    broker_connection_retry_on_startup=True,
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
    task_acks_late=False,
)
app.autodiscover_tasks(["pipelines.runs"])
