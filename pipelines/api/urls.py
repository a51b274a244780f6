"""The HTTP API, version 1."""

from django.urls import URLPattern, path, register_converter

from . import (
    approvals,
    artifacts,
    audit,
    bundles,
    component_drafts,
    components,
    connections,
    environments,
    history,
    keeping,
    limits,
    me,
    members,
    network,
    pipelines,
    reruns,
    roles,
    run_parts,
    runs,
    secrets,
    sharing,
    teams,
    tokens,
    versions,
    workers,
)


class _Digest:
    regex = "[0-9a-f]{64}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class _Slug(_Digest):
    regex = "[a-z0-9][a-z0-9_-]{0,62}"


class _NodeId(_Digest):
    """A node, or an item of one: `train`, `train[17]`."""

    regex = r"[A-Za-z_][A-Za-z0-9_]{0,62}(\[[0-9]{1,6}\])?"


class _Number:
    """A version or row number that every database can look up."""

    regex = "[1-9][0-9]{0,8}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(_Digest, "digest")
register_converter(_Slug, "name")
register_converter(_NodeId, "node")
register_converter(_Number, "number")

app_name = "api"
urlpatterns: list[URLPattern] = [
    path("me/", me.Me.as_view(), name="me"),
    path("me/password/", me.Password.as_view(), name="password"),
    path("token/", tokens.ObtainToken.as_view(), name="token"),
    path("tokens/", tokens.Tokens.as_view(), name="tokens"),
    path("tokens/<number:id>/", tokens.Token.as_view(), name="token-page"),
    path("roles/", roles.Roles.as_view(), name="roles"),
    path("teams/", teams.Teams.as_view(), name="teams"),
    path("teams/<name:team>/", teams.TeamPage.as_view(), name="team"),
    path("teams/<name:team>/members/", members.Members.as_view(), name="members"),
    path("teams/<name:team>/members/<number:id>/", members.Member.as_view(), name="member"),
    path(
        "teams/<name:team>/members/<number:id>/tokens/",
        members.ServiceTokens.as_view(),
        name="service-tokens",
    ),
    path(
        "teams/<name:team>/members/<number:id>/tokens/<number:token>/",
        members.ServiceToken.as_view(),
        name="service-token",
    ),
    path("teams/<name:team>/invitations/", members.Invitations.as_view(), name="invitations"),
    path(
        "teams/<name:team>/invitations/<number:id>/",
        members.InvitationPage.as_view(),
        name="invitation",
    ),
    path("teams/<name:team>/services/", members.Services.as_view(), name="services"),
    path("teams/<name:team>/keeping/", keeping.Keeping.as_view(), name="keeping"),
    path("teams/<name:team>/quotas/", keeping.Quotas.as_view(), name="quotas"),
    path("teams/<name:team>/clean-ups/", keeping.CleanUps.as_view(), name="clean-ups"),
    path(
        "teams/<name:team>/clean-ups/preview/",
        keeping.CleanUpPreview.as_view(),
        name="clean-up-preview",
    ),
    path("teams/<name:team>/secrets/", secrets.Secrets.as_view(), name="secrets"),
    path("teams/<name:team>/secrets/<number:id>/", secrets.Secret.as_view(), name="secret"),
    path(
        "teams/<name:team>/secrets/<number:id>/uses/",
        secrets.SecretUses.as_view(),
        name="secret-uses",
    ),
    path("connection-types/", connections.ConnectionTypes.as_view(), name="connection-types"),
    path("teams/<name:team>/connections/", connections.Connections.as_view(), name="connections"),
    path(
        "teams/<name:team>/connections/test/",
        connections.TryConnection.as_view(),
        name="try-connection",
    ),
    path(
        "teams/<name:team>/connections/<number:id>/",
        connections.ConnectionPage.as_view(),
        name="connection",
    ),
    path(
        "teams/<name:team>/connections/<number:id>/test/",
        connections.TestConnection.as_view(),
        name="test-connection",
    ),
    path("teams/<name:team>/network/", network.Network.as_view(), name="network"),
    path("teams/<name:team>/allowed-hosts/", network.AllowedHosts.as_view(), name="allowed-hosts"),
    path(
        "teams/<name:team>/allowed-hosts/<number:id>/",
        network.AllowedHostPage.as_view(),
        name="allowed-host",
    ),
    path("audit/", audit.Entries.as_view(), name="audit"),
    path("audit/export/", audit.Export.as_view(), name="audit-export"),
    path("components/", components.Components.as_view(), name="components"),
    path("components/check/", components.CheckComponent.as_view(), name="check-component"),
    path("components/kinds/", components.ComponentKinds.as_view(), name="component-kinds"),
    path("component-drafts/", component_drafts.ComponentDrafts.as_view(), name="component-drafts"),
    path(
        "component-drafts/import/",
        component_drafts.ImportComponent.as_view(),
        name="import-component",
    ),
    path(
        "component-drafts/<uuid:id>/",
        component_drafts.ComponentDraftPage.as_view(),
        name="component-draft",
    ),
    path(
        "component-drafts/<uuid:id>/publish/",
        component_drafts.PublishComponentDraft.as_view(),
        name="publish-component-draft",
    ),
    path(
        "component-drafts/<uuid:id>/tries/",
        component_drafts.TryComponentDraft.as_view(),
        name="try-component-draft",
    ),
    path(
        "components/<name:namespace>/<name:name>/",
        components.ComponentPage.as_view(),
        name="component",
    ),
    path(
        "components/<name:namespace>/<name:name>/versions/<number:number>/",
        components.ComponentVersionPage.as_view(),
        name="component-version",
    ),
    path(
        "components/<name:namespace>/<name:name>/history/",
        history.ComponentHistory.as_view(),
        name="component-history",
    ),
    path(
        "components/<name:namespace>/<name:name>/versions/<number:number>/file/",
        components.ComponentFilePage.as_view(),
        name="component-file",
    ),
    path(
        "components/<name:namespace>/<name:name>/versions/<number:number>/diff/",
        components.ComponentDiff.as_view(),
        name="component-diff",
    ),
    path(
        "components/<name:namespace>/<name:name>/uses/",
        sharing.ComponentUses.as_view(),
        name="component-uses",
    ),
    path(
        "components/<name:namespace>/<name:name>/sharing/",
        sharing.ComponentSharing.as_view(),
        name="component-sharing",
    ),
    path("validate/", versions.Validate.as_view(), name="validate"),
    path("pipelines/", pipelines.Pipelines.as_view(), name="pipelines"),
    path("pipelines/specs/", pipelines.PipelineSpecs.as_view(), name="pipeline-specs"),
    path("pipelines/<uuid:id>/", pipelines.PipelinePage.as_view(), name="pipeline"),
    path("pipelines/<uuid:id>/draft/", pipelines.Draft.as_view(), name="draft"),
    path("pipelines/<uuid:id>/versions/", versions.Versions.as_view(), name="versions"),
    path(
        "pipelines/<uuid:id>/versions/<number:number>/",
        versions.Version.as_view(),
        name="version",
    ),
    path(
        "pipelines/<uuid:id>/versions/<number:number>/diff/",
        versions.VersionDiff.as_view(),
        name="version-diff",
    ),
    path(
        "pipelines/<uuid:id>/history/", history.PipelineHistory.as_view(), name="pipeline-history"
    ),
    path("pipelines/<uuid:id>/runs/", runs.PipelineRuns.as_view(), name="pipeline-runs"),
    path("pipelines/<uuid:id>/run-check/", workers.RunCheck.as_view(), name="run-check"),
    path("pipelines/<uuid:id>/run-to/", reruns.RunTo.as_view(), name="run-to"),
    path("runs/", runs.Runs.as_view(), name="runs"),
    path("runs/<uuid:id>/", runs.RunPage.as_view(), name="run"),
    path("runs/<uuid:id>/events/", run_parts.Events.as_view(), name="events"),
    path("runs/<uuid:id>/history/", history.RunHistory.as_view(), name="run-history"),
    path("runs/<uuid:id>/cancel/", runs.Cancel.as_view(), name="cancel"),
    path("runs/<uuid:id>/pin/", runs.Pin.as_view(), name="pin"),
    path("runs/<uuid:id>/clone/", runs.Clone.as_view(), name="clone"),
    path("runs/<uuid:id>/resume/", reruns.Resume.as_view(), name="resume"),
    path("runs/<uuid:id>/rerun/", reruns.Rerun.as_view(), name="rerun"),
    path("runs/<uuid:id>/artifacts/", run_parts.RunArtifacts.as_view(), name="run-artifacts"),
    path("runs/<uuid:id>/nodes/<node:node>/", run_parts.RunNode.as_view(), name="run-node"),
    path("runs/<uuid:id>/nodes/<node:node>/items/", run_parts.Items.as_view(), name="items"),
    path("runs/<uuid:id>/nodes/<node:node>/runs/", run_parts.ChildRuns.as_view(), name="children"),
    path(
        "runs/<uuid:id>/nodes/<node:node>/decision/",
        run_parts.Decision.as_view(),
        name="decision",
    ),
    path("runs/<uuid:id>/nodes/<node:node>/log/", run_parts.Log.as_view(), name="log"),
    path("approvals/", approvals.Approvals.as_view(), name="approvals"),
    path("limits/", limits.Limits.as_view(), name="limits"),
    path("limits/<number:id>/", limits.LimitPage.as_view(), name="limit"),
    path("workers/", workers.Workers.as_view(), name="workers"),
    path("environments/", environments.Environments.as_view(), name="environments"),
    path(
        "environments/<digest:digest>/",
        environments.EnvironmentPage.as_view(),
        name="environment",
    ),
    path(
        "environments/<digest:digest>/renew/",
        environments.Renew.as_view(),
        name="renew-environment",
    ),
    path("runs/<uuid:id>/bundle/", bundles.RunBundle.as_view(), name="bundle"),
    path("bundles/", bundles.Bundles.as_view(), name="bundles"),
    path("artifacts/", artifacts.Artifacts.as_view(), name="artifacts"),
    path("artifacts/<digest:digest>/", artifacts.ArtifactPage.as_view(), name="artifact"),
    path("artifacts/<digest:digest>/preview/", artifacts.Preview.as_view(), name="preview"),
]
