/** How the whole graph is brought into view: never larger than life, with air around it. */
export const FIT = { padding: 0.15, maxZoom: 1, duration: 200, includeHiddenNodes: true } as const;

/** At first sight a large graph is shown in part, so that what is seen can be read. */
export const FIRST_FIT = { ...FIT, duration: 0, minZoom: 0.35 } as const;

/** Below this zoom small print only clutters: the words on edges are left out. */
export const SMALL_PRINT = 0.6;

/** Below this zoom text cannot be read: nodes are then drawn without their ports. */
export const FAR = 0.3;
