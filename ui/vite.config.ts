/// <reference types="vitest/config" />
import { readFileSync } from "node:fs";
import { defineConfig } from "vite";
import solid from "vite-plugin-solid";

/** The policy that the application serves its pages under; the browser tests run under the same one. */
const policy = Object.entries(
  (
    JSON.parse(readFileSync(new URL("../tauri.conf.json", import.meta.url), "utf8")) as {
      app: { security: { csp: Record<string, string> } };
    }
  ).app.security.csp,
)
  .map(([directive, sources]) => `${directive} ${sources}`)
  .join("; ");

export default defineConfig(({ mode }) => {
  // The fake kitchen is a second page beside the real one; it never gets into `dist`.
  const fake = mode === "fake";
  return {
    plugins: [solid()],
    base: "./",
    build: {
      // WebKitGTK 2.50 is Safari 26's engine; 18 leaves room for the 2.46 of older machines.
      target: "safari18",
      outDir: fake ? "node_modules/.cache/fake" : "dist",
      emptyOutDir: true,
      // The policy allows neither inline scripts nor `data:` fonts.
      assetsInlineLimit: 0,
      modulePreload: false,
      cssCodeSplit: false,
      reportCompressedSize: false,
      ...(fake ? { rollupOptions: { input: "fake.html" } } : {}),
    },
    preview: {
      port: 4173,
      strictPort: true,
      headers: { "Content-Security-Policy": policy },
    },
    test: {
      environment: "happy-dom",
      include: ["src/**/*.test.{ts,tsx}"],
      restoreMocks: true,
    },
  };
});
