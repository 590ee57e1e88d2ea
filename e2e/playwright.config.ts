// The console in a real browser: Debian's Chromium, the program's own demo, nothing downloaded.
//
// CHROMIUM            the browser (default /usr/bin/chromium)
// FIDANCE_E2E_SERVER  the command that serves the console (default: the demo of the release build)
// FIDANCE_E2E_URL     where it serves (default http://127.0.0.1:8319)
// FIDANCE_E2E_SHOTS   a folder for screenshots of every page; none are taken without it

import { defineConfig } from "@playwright/test";

const url = process.env.FIDANCE_E2E_URL ?? "http://127.0.0.1:8319";
const asRoot = process.getuid?.() === 0;

export default defineConfig({
  testDir: "tests",
  fullyParallel: true,
  workers: 2,
  forbidOnly: true,
  reporter: [["list"]],
  timeout: 60_000,
  // `make e2e` asks the unoptimised program, on two cores that the browser wants too: a diagnosis takes it seconds.
  expect: { timeout: 15_000 },
  use: {
    baseURL: url,
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: asRoot ? ["--no-sandbox"] : [],
    },
  },
  webServer: {
    command: process.env.FIDANCE_E2E_SERVER ?? "target/release/fidance demo --no-open --port 8319",
    cwd: "..",
    url: `${url}/healthz`,
    timeout: 300_000,
    stdout: "pipe",
    reuseExistingServer: false,
  },
});
