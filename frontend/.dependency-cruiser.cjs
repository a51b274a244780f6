/**
 * The front end's layers, high to low: app -> features -> actions, canvas -> document -> graph.
 * `ui`, `api` and `live` serve the pages and the canvas; `document` and `graph` know none of them
 * but the API's way of saving, which is handed to them.
 */
const room = (name) => `^src/${name}/`;
const tests = "[.]test[.]tsx?$|/testing[/.]";

/** No file of `from` may import one of `to`. */
function never(name, from, to, comment) {
  return {
    name,
    comment,
    severity: "error",
    from: { path: from, pathNot: tests },
    to: { path: to },
  };
}

module.exports = {
  forbidden: [
    {
      name: "no-circles",
      comment: "Two files that need each other are one file, or want a third.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no-orphans",
      comment: "Nobody uses this file: delete it, or use it.",
      severity: "error",
      from: { orphan: true, pathNot: [tests, "[.]d[.]ts$", "^src/app/main[.]tsx$"] },
      to: {},
    },
    {
      name: "known-packages",
      comment: "Import only what package.json names.",
      severity: "error",
      from: {},
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown", "npm-dev"], pathNot: "node_modules/@types/" },
    },
    {
      name: "resolvable",
      comment: "This import leads nowhere.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    never("app-on-top", "^src/(?!app/)", room("app"), "Nothing imports the application's frame."),
    never(
      "features-above",
      "^src/(actions|canvas|document|graph|ui|api|live)/",
      room("features"),
      "Features are made of the lower rooms, not the other way round.",
    ),
    never("canvas-and-actions", "^src/(document|graph|ui|api|live)/", "^src/(actions|canvas)/", "These know nothing of the canvas."),
    never("document-below", "^src/(graph|ui|api|live)/", room("document"), "These know nothing of the document."),
    never(
      "pure-graph",
      room("graph"),
      "^src/(app|features|actions|canvas|document|ui|api|live)/|^node_modules/(react|react-dom|@xyflow|@tanstack)/",
      "The graph is plain TypeScript: no React, no network.",
    ),
    never("document-alone", room("document"), "^src/(ui|live)/|^node_modules/(react-dom|@xyflow)/", "The document needs no screen."),
    never("ui-is-a-leaf", room("ui"), "^src/(?!ui/)", "The primitives know nothing of Penstock."),
    never("api-is-a-leaf", room("api"), "^src/(?!api/)", "The client knows nothing of the pages."),
    never("live-on-api", room("live"), "^src/(?!live/|api/)", "The live line knows the API and nothing above it."),
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: tests },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "browser", "default", "types"] },
  },
};
