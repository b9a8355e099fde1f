// The examples that run in a page, in an installed Chromium.

import { readFile } from "node:fs/promises";
import { afterEach, describe, expect, it } from "vitest";
import { findChromium } from "../../../scripts/chromium.mjs";
import { type OpenExample, openExample } from "./open-example.ts";

const executablePath = findChromium();

describe.skipIf(executablePath === undefined)("a page of examples/ (needs Chromium)", () => {
  let example: OpenExample;
  afterEach(() => example.close());

  it("browser-page teaches the model a sentence, generates it, and gives the adapter's weights", async () => {
    example = await openExample("browser-page", executablePath!);
    const page = await example.page();
    await page.click("#teach:enabled", { timeout: 120_000 });
    await page.waitForSelector("#save:not([hidden])", { timeout: 120_000 });
    expect(await page.textContent("#log")).toContain("name[Aromi] -> Aromi is a riverside café.");
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#save")]);
    const weights = await readFile(await download.path());
    expect(weights.subarray(0, 2000).toString("latin1")).toContain("q_proj.lora_A.weight");
  }, 500_000);

  it("adapt-in-a-page learns inside what a last layer alone does not see, and gives the adapter", async () => {
    example = await openExample("adapt-in-a-page", executablePath!);
    const page = await example.page("?engine=wasm&epochs=12");
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

  it("adapt-in-a-page learns the same by shaders as in WebAssembly", async () => {
    example = await openExample("adapt-in-a-page", executablePath!);
    const losses: number[] = [];
    for (const engine of ["wasm", "webgl"]) {
      const page = await example.page(`?engine=${engine}&pictures=3&epochs=2`);
      await page.waitForFunction(`document.querySelector("#state").textContent === "Ready, on ${engine}."`, undefined, {
        timeout: 120_000,
      });
      await page.click("#draw:enabled");
      await page.click("#teach:enabled");
      await page.waitForSelector("#state:has-text('Done')", { timeout: 400_000 });
      losses.push(Number(/loss was (\d+\.\d+)/.exec((await page.textContent("#state")) ?? "")?.[1]));
      await page.close();
    }
    const [wasm = 0, webgl = 0] = losses;
    expect(wasm).toBeLessThan(Math.log(3) - 0.1); // it knew nothing of three classes, and learnt
    expect(webgl).toBeCloseTo(wasm, 2);
  }, 900_000);
});
