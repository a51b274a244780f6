from django.apps import AppConfig


class TeamsConfig(AppConfig):
    name = "pipelines.teams"
    label = "teams"
