import { defineConfig } from "@playwright/test";

/** Debian's own browser; none is ever downloaded. */
const chromium = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

export default defineConfig({
  testDir: "test/browser",
  outputDir: "test-results",
  fullyParallel: true,
  workers: 2,
  // Deadlines for what never comes, not measures of the machine: it may be compiling beside this.
  timeout: 90_000,
  expect: { timeout: 20_000 },
  reporter: [["list"]],
  use: {
    baseURL: "http://127.0.0.1:4173",
    launchOptions: {
      executablePath: chromium,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
      ],
    },
  },
  webServer: {
    command: "npx vite preview --mode fake --host 127.0.0.1 --outDir node_modules/.cache/fake",
    url: "http://127.0.0.1:4173/fake.html",
    reuseExistingServer: false,
  },
});
