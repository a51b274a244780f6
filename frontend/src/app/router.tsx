import type { ComponentType } from "react";
import { createBrowserRouter } from "react-router";
import { NotFound } from "./NotFound";
import { PageError } from "./PageError";
import { PageLoading } from "./PageLoading";
import { Shell } from "./Shell";
import { SignedIn } from "./SignedIn";

/** A page in a chunk of its own, loaded when first visited. */
function page<Name extends string>(load: () => Promise<Record<Name, ComponentType>>, name: Name) {
  return async () => ({ Component: (await load())[name] });
}

export function createRouter() {
  return createBrowserRouter([
    { path: "/signed-in", Component: SignedIn },
    {
      path: "/",
      Component: Shell,
      ErrorBoundary: PageError,
      HydrateFallback: PageLoading,
      children: [
        {
          ErrorBoundary: PageError,
          children: [
            { index: true, lazy: page(() => import("@/features/pipelines/PipelinesPage"), "PipelinesPage") },
            { path: "pipelines/:id", lazy: page(() => import("@/features/editor/EditorPage"), "EditorPage") },
            { path: "pipelines/:id/history", lazy: page(() => import("@/features/history/HistoryPage"), "HistoryPage") },
            { path: "pipelines/:id/diff", lazy: page(() => import("@/features/history/DiffPage"), "DiffPage") },
            { path: "runs", lazy: page(() => import("@/features/runs/RunsPage"), "RunsPage") },
            { path: "runs/:id", lazy: page(() => import("@/features/run/RunPage"), "RunPage") },
            {
              path: "components",
              lazy: page(() => import("@/features/components/ComponentsPage"), "ComponentsPage"),
            },
            { path: "components/new", lazy: page(() => import("@/features/workshop/WorkshopPages"), "NewComponentPage") },
            {
              path: "components/:ns/:name/edit",
              lazy: page(() => import("@/features/workshop/WorkshopPages"), "EditComponentPage"),
            },
            {
              path: "components/:ns/:name",
              lazy: page(() => import("@/features/components/ComponentPage"), "ComponentPage"),
            },
            {
              path: "environments/:digest",
              lazy: page(() => import("@/features/environments/EnvironmentPage"), "EnvironmentPage"),
            },
            { path: "workers", lazy: page(() => import("@/features/workers/WorkersPage"), "WorkersPage") },
            { path: "teams/:team/:tab?", lazy: page(() => import("@/features/team/TeamPage"), "TeamPage") },
            { path: "audit", lazy: page(() => import("@/features/audit/AuditPage"), "AuditPage") },
            { path: "account", lazy: page(() => import("@/features/account/AccountPage"), "AccountPage") },
            { path: "*", Component: NotFound },
          ],
        },
      ],
    },
  ]);
}
