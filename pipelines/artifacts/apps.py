from django.apps import AppConfig


class ArtifactsConfig(AppConfig):
    name = "pipelines.artifacts"
    label = "artifacts"
