/** How the whole graph is brought into view: never larger than life, with air around it. */
export const FIT = { padding: 0.15, maxZoom: 1, duration: 200 } as const;
