// The example that runs in a page, served as `npm run` serves it, in an installed Chromium.

import { join } from "node:path";
import { chromium } from "playwright";
import { createServer } from "vite";
import { describe, expect, it, onTestFinished } from "vitest";
import { chromiumArguments, findChromium } from "../../../scripts/chromium.mjs";
import { root } from "./extract-examples.ts";

const executablePath = findChromium();

describe.skipIf(executablePath === undefined)("a page of examples/ (needs Chromium)", () => {
  it("adapt-in-a-page learns features that training the last layer cannot, and downloads the adapter", async () => {
    const folder = join(root, "examples", "adapt-in-a-page");
    const server = await createServer({ root: folder, logLevel: "error", server: { port: 0 } });
    onTestFinished(() => server.close());
    await server.listen();
    const browser = await chromium.launch({ executablePath: executablePath!, args: [...chromiumArguments] });
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    await page.goto(`${server.resolvedUrls?.local[0] ?? ""}?engine=wasm&epochs=12`);
    await page.click("#draw:enabled", { timeout: 60_000 });
    await page.click("#teach:enabled");
    await page.waitForSelector("#results tr:nth-child(2) td:last-child", { timeout: 400_000 });
    const [last = 0, inside = 0] = await page.$$eval("#results td:last-child", (cells) =>
      cells.map((cell) => Number.parseInt(cell.textContent ?? "", 10)),
    );
    expect(inside).toBeGreaterThan(last + 10);
    const [picture] = await page.$$eval(".pictures canvas", ([canvas]) => [(canvas as HTMLCanvasElement).toDataURL()]);
    const buffer = Buffer.from(picture?.split(",")[1] ?? "", "base64");
    await page.setInputFiles("#try", { name: "face.png", mimeType: "image/png", buffer });
    await page.waitForSelector("#answers meter");
    const [sure] = await page.$$eval("#answers div:nth-child(2) meter", (meters) =>
      meters.map((meter) => (meter as HTMLMeterElement).value),
    );
    expect(sure).toBeGreaterThan(0.5);
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#save")]);
    expect(download.suggestedFilename()).toMatch(/^adapter_(config.json|model.safetensors)$/);
  }, 500_000);
});
