from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "pipelines.catalog"
    label = "catalog"
