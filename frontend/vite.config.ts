import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  base: "/static/app/",
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  build: {
    outDir: "../static/app",
    emptyOutDir: true,
    manifest: "manifest.json",
    rollupOptions: { input: "src/app/main.tsx" },
    target: "es2022",
  },
  worker: { format: "es" },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"] },
});
