export { apply } from "./apply";
export { type Autosave, type SavePorts, startAutosave } from "./autosave";
export { type DocumentField, type Edit, type NodeOption, type PlacedEdge, type PlacedNode, removal } from "./edits";
export type { Act } from "./history";
export { createJournal, type Entry, type Journal, memoryStorage } from "./journal";
export { recover } from "./recover";
export type { Conflict, SaveOutcome, SaveState, ServerDraft } from "./save";
export { createDocument, type DocumentState, type DocumentStore, isSaved, NOTHING, type Selection } from "./store";
