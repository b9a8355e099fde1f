// A preset on each model taught in a tab, for as many steps as show that it learns. How well all of its steps teach, and the preset that
// is not here, is recorded by `npm run studio:presets`.

import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { executable } from "../testing/browser.ts";
import { smollm2Gguf } from "../testing/prepared.ts";
import { ask, openSmollm2, openStudioPage } from "../testing/studio-page.ts";
import { withStudio } from "../testing/with-studio.ts";

describe.skipIf(executable === undefined)("a preset in a tab", { timeout: 600_000 }, () => {
  let page: Page;

  withStudio(async (studio) => {
    page = await openStudioPage(studio, { isolated: true, cores: 4 });
  });

  /** The losses of its first steps, one click and a stop. */
  async function lossesOf(name: string, steps: number): Promise<readonly number[]> {
    const start = page.getByRole("listitem", { name }).getByRole("button", { name: "Teach it this" });
    await start.click({ timeout: 60_000 });
    const reached = async () =>
      Number(/Step (\d+)/.exec((await page.locator(".train-state").textContent()) ?? "")?.[1]);
    await expect.poll(reached, { timeout: 400_000, interval: 200 }).toBeGreaterThanOrEqual(steps);
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByRole("button", { name: "Train", exact: true }).waitFor({ timeout: 60_000 });
    const entry = (await ask(page, "shelf", undefined)).find((each) => each.name === name);
    return (entry?.curve ?? []).map(([, loss]) => loss);
  }

  /** Of the last three steps, as a share of the first two's. */
  function shareLeft(losses: readonly number[]): number {
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    return mean(losses.slice(-3)) / mean(losses.slice(0, 2));
  }

  it("teaches the tiny model facts as sentences: the loss falls below half within 20 steps", async () => {
    expect(shareLeft(await lossesOf("Facts into sentences", 20))).toBeLessThan(0.5);
  });

  describe.skipIf(smollm2Gguf === undefined)("on SmolLM2", () => {
    it("teaches a pirate's voice: the loss falls by a fifth within 8 steps", async () => {
      await openSmollm2(page, smollm2Gguf as string);
      expect(shareLeft(await lossesOf("A pirate's voice", 8))).toBeLessThan(0.8);
    });
  });
});
