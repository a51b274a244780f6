"""Every address. Open without a login are only those whose view says so."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required, login_required
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from pipelines.api import health
from pipelines.teams import second_factor_views, signing_in
from pipelines.teams import views as teams

from . import errors, pages

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.broken

urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", health.Metrics.as_view(), name="metrics"),
    path("login/", signing_in.Login.as_view(), name="login"),
    path("login/code/", signing_in.LoginCode.as_view(), name="login-code"),
    path("second-factor/", second_factor_views.SecondFactorPage.as_view(), name="second-factor"),
    path("logout/", teams.Logout.as_view(), name="logout"),
    path("welcome/<str:secret>/", teams.Welcome.as_view(), name="welcome"),
    path("invitation/<str:secret>/", teams.AcceptInvitation.as_view(), name="invitation"),
    path("password/", teams.Password.as_view(), name="password"),
    path("api/v1/", include("pipelines.api.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path(
        "api/docs/",
        login_required(SpectacularSwaggerView.as_view(url_name="schema")),
        name="docs",
    ),
    re_path(r"^api(?:/|$)", errors.unknown_endpoint),
    path(
        "admin/login/",
        login_not_required(RedirectView.as_view(pattern_name="login", query_string=True)),
    ),
    path("admin/", admin.site.urls),
    path("favicon.ico", login_not_required(RedirectView.as_view(url="/static/favicon.svg"))),
    re_path(r"^(?!static/|ws/)", pages.App.as_view(), name="app"),
]
