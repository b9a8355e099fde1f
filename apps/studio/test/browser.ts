// How the tests start a browser.

import { type Browser, chromium } from "playwright-core";
import { findChromium } from "../../../scripts/chromium.mjs";

/** undefined if none is installed. */
export const executable = findChromium();

if (executable === undefined) {
  console.info(
    "skipped: the studio in a browser – no Chromium found (install it, or name it in the environment variable CHROMIUM)",
  );
}

const withoutGpu = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

export function startBrowser(how: readonly string[] = withoutGpu): Promise<Browser> {
  return chromium.launch({ executablePath: executable as string, args: ["--headless", ...how] });
}
