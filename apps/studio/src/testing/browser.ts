// The browser of the tests: where it is, and how it is started.

import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** The path of an installed Chromium or Chrome, undefined if there is none. The environment variable CHROMIUM comes first. */
export const executable = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find((path) => path !== undefined && existsSync(path));

if (executable === undefined) {
  console.info(
    "skipped: the studio in a browser – no Chromium found (install it, or name it in the environment variable CHROMIUM)",
  );
}

export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: executable as string,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
}
