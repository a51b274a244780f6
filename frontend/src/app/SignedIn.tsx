import { CircleCheck } from "lucide-react";
import { useEffect } from "react";
import { SESSION_CHANNEL } from "@/api/session";
import { EmptyState } from "@/ui";

/** Where the second tab lands after signing in again: tells the first tab, and closes itself. */
export function SignedIn() {
  useEffect(() => {
    const channel = new BroadcastChannel(SESSION_CHANNEL);
    channel.postMessage("signed-in");
    channel.close();
    window.close();
  }, []);
  return (
    <EmptyState icon={<CircleCheck aria-hidden />} heading="h1" title="You are signed in again">
      Your other tab carries on where it stopped. You can close this one.
    </EmptyState>
  );
}
