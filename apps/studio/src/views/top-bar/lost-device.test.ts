// A GPU that is lost: Chromium's software adapter replaces one.

import { afterAll, beforeAll, expect, it } from "vitest";
import { chromiumArguments } from "../../../../../scripts/chromium.mjs";
import { executable } from "../../testing/browser.ts";
import { type BuiltStudio, openBuiltStudio } from "../../testing/built-studio.ts";
import { topBarSettled } from "../../testing/model-ready.ts";
import { chooseEngine } from "../../testing/studio-page.ts";
import type { Ask } from "../../worker-client.ts";

/** Runs in the worker before its script: the device can be taken away from outside. */
const takingAway = `
  const ask = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (...options) {
    const device = await ask.apply(this, options);
    new BroadcastChannel("take away").onmessage = () => device.destroy();
    return device;
  };
`;

let studio: BuiltStudio;
beforeAll(async () => {
  if (executable === undefined) return;
  studio = await openBuiltStudio(chromiumArguments);
}, 120_000);
afterAll(() => studio?.close());

it.skipIf(executable === undefined)(
  "a lost GPU is reported in the top bar, and trying again opens the model again",
  async () => {
    const page = await studio.newPage({ serviceWorkers: "block" });
    await page.route("**/assets/studio-worker-*.js", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: takingAway + (await response.text()) });
    });
    await page.goto(studio.address);
    await topBarSettled(page);
    await chooseEngine(page, "webgpu");
    const ready = page.locator("#model .top-bar-state > p[role=status]");
    await expect.poll(() => page.evaluate(hasLogits), { timeout: 60_000 }).toBe("finite");
    await page.evaluate(() => new BroadcastChannel("take away").postMessage(""));
    await expect.poll(() => page.evaluate(hasLogits), { timeout: 30_000 }).toBe("DEVICE_LOST");
    expect(await page.locator("#model [role=alert]").textContent()).toContain("lost the GPU");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.locator("#model [role=alert]").waitFor({ state: "detached" });
    await ready.waitFor({ timeout: 60_000 });
    expect(await page.evaluate(hasLogits)).toBe("finite");
    expect(await page.locator("#model select").inputValue()).toBe("webgpu");
  },
  240_000,
);

/** In the page: whether the model computes; else the error's code. */
async function hasLogits(): Promise<string> {
  const { studio } = globalThis as unknown as { readonly studio: { readonly ask: Ask } };
  try {
    const logits = await studio.ask("logits", { inputIds: [1, 2, 3] });
    return logits.every(Number.isFinite) ? "finite" : "not finite";
  } catch (error) {
    return String((error as { readonly code?: unknown }).code);
  }
}
