import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { errorMessage } from "@/api/problem";
import { createPipeline } from "@/api/resources/pipelines";
import { toast } from "@/ui";

/** In the team that is shown, else in the first one in which one may edit. One click to a blank canvas: no form stands before it, the name is changed there. */
export function useNewPipeline(team?: string) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => createPipeline({ schema: 1, name: "Untitled pipeline", nodes: [], edges: [] }, team),
    onSuccess: async (pipeline) => {
      void queryClient.invalidateQueries({ queryKey: ["pipelines"] });
      await navigate(`/pipelines/${pipeline.id}`);
    },
    onError: (error) =>
      toast({ tone: "error", title: "No pipeline was made", description: errorMessage(error) }),
  });
}
