// A preset taught in a tab by one click, for as many steps as show that it learns. How well all of its steps teach, and the presets that
// are not here, is recorded by `npm run studio:presets`; smollm2.test.ts teaches the larger model rows of a preset's kind.

import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { executable } from "../../test/browser.ts";
import { ask, openStudioPage, unfold } from "../../test/studio-page.ts";
import { withStudio } from "../../test/with-studio.ts";

describe.skipIf(executable === undefined)("a preset in a tab", { timeout: 600_000 }, () => {
  let page: Page;

  withStudio(async (studio) => {
    page = await openStudioPage(studio, { isolated: true, cores: 4 });
  });

  async function teach(name: string, steps: number): Promise<void> {
    await page.getByRole("radio", { name }).check();
    await page.getByRole("button", { name: "Train it here" }).click({ timeout: 60_000 });
    const reached = async () =>
      Number(/Step (\d+)/.exec((await page.locator(".train-state").textContent()) ?? "")?.[1]);
    await expect.poll(reached, { timeout: 400_000, interval: 200 }).toBeGreaterThanOrEqual(steps);
  }

  async function stop(): Promise<void> {
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByRole("button", { name: "Train", exact: true }).waitFor({ timeout: 60_000 });
  }

  it("shows the function of a reward, and the rewards of the sandbox as a curve", async () => {
    await teach("Questions, by reward", 3);
    await unfold(page, "adapt");
    expect(await page.getByLabel("Reward – a JavaScript function").inputValue()).toContain('endsWith("?")');
    await page.getByRole("heading", { name: "Reward – mean of each step" }).waitFor();
    await stop();
  });

  it("teaches the tiny model facts as sentences: the loss falls below half within 20 steps", async () => {
    const name = "Restaurants";
    await teach(name, 20);
    await stop();
    const entry = (await ask(page, "shelf", undefined)).find((each) => each.name === name);
    const losses = (entry?.curve ?? []).map(([, loss]) => loss);
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(losses.slice(-3))).toBeLessThan(0.5 * mean(losses.slice(0, 2)));
  });
});
