from django.apps import AppConfig


class TeamsConfig(AppConfig):
    name = "pipelines.teams"
    label = "teams"

    def ready(self) -> None:
        """Listen to who signs in."""
        from . import signins  # noqa: F401
