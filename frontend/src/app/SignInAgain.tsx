import { useQueryClient } from "@tanstack/react-query";
import { ExternalLink } from "lucide-react";
import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { keys } from "@/api/hooks";
import { errorMessage } from "@/api/problem";
import { apiUrl } from "@/api/client";
import { SESSION_CHANNEL, session } from "@/api/session";
import type { Me } from "@/api/types";
import { Button, Dialog, Notice } from "@/ui";

const LOGIN = `/login/?next=${encodeURIComponent("/signed-in")}`;

/** Who is signed in by now, or null. Asks past the transport, which would wait for this very answer. */
async function whoIsThere(): Promise<Me | null> {
  const response = await fetch(apiUrl("/me/"), { headers: { Accept: "application/json" } });
  return response.ok ? ((await response.json()) as Me) : null;
}

/**
 * Asks to sign in again in another tab when the session has ended.
 *
 * The page stays as it is, with everything typed; its waiting requests go on afterwards. Should
 * somebody else sign in, the page is reloaded, so that nothing is saved under the wrong name.
 */
export function SignInAgain() {
  const expired = useSyncExternalStore(session.subscribe, session.isExpired);
  const queryClient = useQueryClient();
  const [checking, setChecking] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);

  const check = useCallback(async () => {
    setChecking(true);
    try {
      const me = await whoIsThere();
      if (!me) return;
      const before = queryClient.getQueryData<Me>(keys.me);
      if (before && before.id !== me.id) return window.location.reload();
      setTrouble(null);
      session.restored();
    } catch (error) {
      setTrouble(errorMessage(error));
    } finally {
      setChecking(false);
    }
  }, [queryClient]);

  useEffect(() => {
    if (!expired) return;
    const channel = new BroadcastChannel(SESSION_CHANNEL);
    channel.onmessage = () => void check();
    const onFocus = () => void check();
    window.addEventListener("focus", onFocus);
    const timer = setInterval(onFocus, 3_000);
    return () => {
      channel.close();
      window.removeEventListener("focus", onFocus);
      clearInterval(timer);
    };
  }, [expired, check]);

  return (
    <Dialog
      open={expired}
      dismissable={false}
      title="You have been signed out"
      description="Nothing on this page is lost. Sign in again in another tab, and it carries on by itself."
      footer={
        <>
          <Button onClick={() => void check()} busy={checking}>
            I have signed in
          </Button>
          <Button
            tone="primary"
            icon={<ExternalLink className="size-4" aria-hidden />}
            onClick={() => window.open(LOGIN, "penstock-login", "width=480,height=640")}
          >
            Sign in
          </Button>
        </>
      }
    >
      {trouble && (
        <Notice tone="warning" title="The server cannot be reached">
          {trouble}
        </Notice>
      )}
    </Dialog>
  );
}
