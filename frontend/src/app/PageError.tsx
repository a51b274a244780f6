import { TriangleAlert } from "lucide-react";
import { useEffect } from "react";
import { isRouteErrorResponse, Link, useRouteError } from "react-router";
import { errorMessage } from "@/api/problem";
import { Button, buttonClass, EmptyState } from "@/ui";
import { NotFound } from "./NotFound";

/** A chunk of a build that is no longer on the server: a new version was installed meanwhile. */
function isMissingChunk(error: unknown): boolean {
  return error instanceof TypeError && /dynamically imported module|module script failed/i.test(error.message);
}

/** What a page shows when drawing it failed; the navigation around it stays usable. */
export function PageError() {
  const error = useRouteError();
  const missing = isMissingChunk(error);

  useEffect(() => {
    console.error(error);
  }, [error]);

  if (isRouteErrorResponse(error) && error.status === 404) return <NotFound />;
  return (
    <EmptyState
      icon={<TriangleAlert aria-hidden />}
      heading="h1"
      title={missing ? "This page could not be loaded" : "This page broke"}
      action={
        <>
          <Button tone="primary" onClick={() => window.location.reload()}>
            Reload
          </Button>
          <Link to="/" className={buttonClass()}>
            Go to the pipelines
          </Link>
        </>
      }
    >
      {missing ? (
        <p>Penstock may have been updated, or the server is away. Reloading gets the current version.</p>
      ) : (
        <>
          <p>What is saved is safe. Reloading usually helps; the message below helps to report it.</p>
          <pre className="mt-3 max-h-40 overflow-auto rounded-md bg-inset p-2 text-left font-mono text-xs whitespace-pre-wrap">
            {errorMessage(error)}
          </pre>
        </>
      )}
    </EmptyState>
  );
}
