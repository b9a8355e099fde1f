// The page of the guide to browsers, served with the model next to it, in an installed Chromium.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright";
import { build, preview } from "vite";
import { afterAll, describe, expect, it } from "vitest";
import { chromiumArguments, findChromium } from "../../../scripts/chromium.mjs";
import { root } from "./extract-examples.ts";
import { missingLines } from "./guide-blocks.ts";

const executablePath = findChromium();
const folder = mkdtempSync(join(tmpdir(), "lowrank-guide-page-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(executablePath === undefined)("docs/guides/fine-tune-in-the-browser.md (needs Chromium)", () => {
  it("has a page that trains, and shows the guide's output", async () => {
    const guide = readFileSync(join(root, "docs/guides/fine-tune-in-the-browser.md"), "utf8");
    const [, html = "", output = ""] = /```html\n([\s\S]*?)```[\s\S]*?```text\n([\s\S]*?)```/.exec(guide) ?? [];
    writeFileSync(join(folder, "index.html"), html);
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "dir");
    mkdirSync(join(folder, "public"));
    symlinkSync(join(root, "packages/tiny-model/model"), join(folder, "public", "tiny-model"), "dir");
    const shared = { root: folder, logLevel: "error", preview: { host: "127.0.0.1", port: 0 } } as const;
    const conditions = ["lowrank-source", "module", "browser", "development|production"];
    await build({ ...shared, resolve: { conditions }, build: { target: "es2022" } });
    const server = await preview(shared);
    const browser = await chromium.launch({ executablePath: executablePath!, args: [...chromiumArguments] });
    try {
      const page = await browser.newPage();
      await page.goto(server.resolvedUrls?.local[0] ?? "");
      await page.click("#train:enabled", { timeout: 120_000 });
      await page.waitForSelector("#log:has-text('adapter_config.json')", { timeout: 300_000 });
      const shown = (await page.textContent("#log")) ?? "";
      expect(missingLines(output, shown), shown).toEqual([]);
    } finally {
      await browser.close();
      await server.close();
    }
  }, 500_000);
});
