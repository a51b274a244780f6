import { Compass } from "lucide-react";
import { Link } from "react-router";
import { buttonClass, EmptyState } from "@/ui";

export function NotFound() {
  return (
    <EmptyState
      icon={<Compass aria-hidden />}
      heading="h1"
      title="There is no page here"
      action={
        <Link to="/" className={buttonClass("primary")}>
          Go to the pipelines
        </Link>
      }
    >
      The address may be mistyped, or the thing belongs to a team you are not a member of.
    </EmptyState>
  );
}
