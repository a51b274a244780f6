import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  base: "/static/app/",
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  build: {
    outDir: "../static/app",
    // The files of earlier builds stay for a server that still gives out their names; see bootstrap.
    emptyOutDir: false,
    manifest: "manifest.json",
    rollupOptions: { input: "src/app/main.tsx" },
    target: "es2022",
  },
  worker: { format: "es" },
  // A browser's objects take seconds to make; a file that needs them says so in its first line.
  test: { environment: "node", include: ["src/**/*.test.{ts,tsx}"], testTimeout: 30_000 },
});
