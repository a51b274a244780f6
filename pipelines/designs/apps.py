from django.apps import AppConfig


class DesignsConfig(AppConfig):
    name = "pipelines.designs"
    label = "designs"
