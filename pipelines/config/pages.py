"""The page that holds the browser application; its router decides what an address shows."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.generic import TemplateView


@method_decorator([never_cache, ensure_csrf_cookie], name="dispatch")
class App(TemplateView):
    template_name = "app.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not Path(str(settings.DJANGO_VITE["default"]["manifest_path"])).is_file():
            detail = "The front end was not built yet. Run `make build`, then reload."
            return render(
                request, "error.html", {"title": "Almost there", "detail": detail}, status=503
            )
        return super().get(request, *args, **kwargs)
