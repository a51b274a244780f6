export { ComponentIcon } from "./ComponentIcon";
export { drawn, useDrawn } from "./drawn";
export { COMPONENT_MIME, EditorCanvas } from "./EditorCanvas";
export { GraphView, type GraphViewProps } from "./GraphView";
export { MarksProvider } from "./marks";
export { portClass } from "./portColors";
export type { NodeStatus } from "./status";
export { tidy } from "./tidy";
export { type CanvasView, useCanvasView } from "./view";
