// The example that runs in a page, in an installed Chromium.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Browser, chromium } from "playwright";
import { createServer, type ViteDevServer } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumArguments, findChromium } from "../../../scripts/chromium.mjs";
import { root } from "./extract-examples.ts";

const executablePath = findChromium();

describe.skipIf(executablePath === undefined)("examples/browser-page (needs Chromium)", () => {
  let server: ViteDevServer;
  let browser: Browser;
  beforeAll(async () => {
    server = await createServer({ root: join(root, "examples/browser-page"), logLevel: "error", server: { port: 0 } });
    await server.listen();
    browser = await chromium.launch({ executablePath: executablePath as string, args: [...chromiumArguments] });
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  it("teaches the model a sentence, says it, and gives the adapter's weights", async () => {
    const page = await browser.newPage();
    await page.goto(server.resolvedUrls?.local[0] ?? "");
    await page.click("#teach:enabled", { timeout: 120_000 });
    await page.waitForSelector("#save:not([hidden])", { timeout: 120_000 });
    expect(await page.textContent("#log")).toContain("name[Aromi] -> Aromi is a riverside café.");
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#save")]);
    const weights = await readFile(await download.path());
    expect(weights.subarray(0, 2000).toString("latin1")).toContain("q_proj.lora_A.weight");
  }, 300_000);
});
