import { uploadArtifact } from "@/api/resources/artifacts";
import type { UploadFile } from "@/ui";

/** Stores a file for a team, as forms want it. */
export function uploadFor(team: string): UploadFile {
  return (file, options) => uploadArtifact(file, { team, ...options });
}
