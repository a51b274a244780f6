import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { keys } from "@/api/hooks";
import { removeMember } from "@/api/resources/teams";
import type { Member } from "@/api/types";
import { Button, Dialog, Notice } from "@/ui";

/** Asks before a member goes; a service account is told to be one. */
export function RemoveDialog({ team, member, own, onClose }: { team: string; member: Member | null; own: boolean; onClose: () => void }) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const service = member?.kind === "service";
  const remove = useMutation({
    mutationFn: (one: Member) => removeMember(team, one.id),
    onSuccess: () => {
      close();
      void queryClient.invalidateQueries({ queryKey: own ? keys.me : keys.team(team) });
      if (own) void navigate("/");
    },
  });
  function close(): void {
    remove.reset();
    onClose();
  }
  return (
    <Dialog
      open={member !== null}
      onOpenChange={(open) => !open && close()}
      title={own ? "Leave the team?" : `${service ? "Delete" : "Remove"} ${member?.user.username ?? ""}?`}
      description={
        own
          ? "You lose sight of everything in it at once. Only an invitation brings you back."
          : service
            ? "Its tokens stop working at once, on open connections too. What it made stays with the team."
            : "It takes effect at once, on open pages too. What was made stays with the team."
      }
      footer={
        <>
          <Button onClick={close}>{own ? "Stay" : "Keep"}</Button>
          <Button tone="danger" busy={remove.isPending} onClick={() => member && remove.mutate(member)}>
            {own ? "Leave" : service ? "Delete" : "Remove"}
          </Button>
        </>
      }
    >
      {remove.error && (
        <Notice tone="danger" title="Nothing was changed">
          {remove.error.message}
        </Notice>
      )}
    </Dialog>
  );
}
