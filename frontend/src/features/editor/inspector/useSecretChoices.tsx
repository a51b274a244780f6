import { type ReactNode, useMemo, useState } from "react";

import { useMe, useSecrets } from "@/api/hooks";
import { WriteSecretDialog } from "@/features/team/SecretDialogs";
import type { SecretChoices } from "@/ui";

/** The secrets that nodes of a team may name, and the dialog in which its administrators write a new one. */
export function useSecretChoices(team: string, wanted: boolean): { choices: SecretChoices | undefined; dialog: ReactNode } {
  const secrets = useSecrets(team, 1, wanted);
  const me = useMe();
  const mayWrite = me.data?.teams.find(({ id }) => id === team)?.role === "admin";
  const [writing, setWriting] = useState<{ onWritten: (name: string) => void } | null>(null);
  const choices = useMemo<SecretChoices | undefined>(
    () =>
      wanted
        ? {
            names: secrets.data?.results.map(({ name }) => name) ?? [],
            writeNew: mayWrite ? (onWritten) => setWriting({ onWritten }) : undefined,
          }
        : undefined,
    [wanted, secrets.data, mayWrite],
  );
  const dialog = (
    <WriteSecretDialog
      team={team}
      open={writing !== null}
      onWritten={({ name }) => writing?.onWritten(name)}
      onClose={() => setWriting(null)}
    />
  );
  return { choices, dialog };
}
