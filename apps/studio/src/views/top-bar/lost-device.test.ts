// A GPU that is lost: Chromium's software adapter replaces one.

import { afterAll, beforeAll, expect, it } from "vitest";
import { chromiumArguments } from "../../../../../scripts/chromium.mjs";
import { executable } from "../../../test/browser.ts";
import { type BuiltStudio, openBuiltStudio } from "../../../test/built-studio.ts";
import { topBarSettled } from "../../../test/model-ready.ts";
import { ask, chooseEngine } from "../../../test/studio-page.ts";
import type { RunRequest } from "../../protocol/run.ts";
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

const request: RunRequest = {
  rows: [{ id: "1", says: "name[Aromi]", answers: "Aromi is a pub." }],
  adapter: { rank: 2, alpha: 4, targets: ["q_proj"], dropout: 0, useDora: false, start: "kaiming" },
  training: { steps: 8, batchSize: 1, learningRate: 0.02, schedule: "constant", seed: 1, validationShare: 0 },
  name: "On a GPU that is lost",
};

let studio: BuiltStudio;
beforeAll(async () => {
  if (executable === undefined) return;
  studio = await openBuiltStudio(chromiumArguments);
}, 120_000);
afterAll(() => studio?.close(), 60_000);

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
    // A run fails with the sentence, and continues from its last checkpoint on another engine.
    expect(await page.evaluate(trainUntilLost, request)).toBe("DEVICE_LOST");
    await chooseEngine(page, "wasm");
    await expect.poll(() => page.evaluate(hasLogits), { timeout: 60_000 }).toBe("finite");
    const unfinished = await ask(page, "unfinished", undefined);
    expect(unfinished?.step).toBeGreaterThan(0);
    const result = await ask(page, "train", { ...request, resume: unfinished?.run });
    expect(result).toMatchObject({ run: unfinished?.run, reason: "finished", steps: 8 });
  },
  400_000,
);

/** In the page: the error's code of a run whose GPU is taken away after its first checkpoint. */
async function trainUntilLost(request: RunRequest): Promise<string> {
  const { studio } = globalThis as unknown as { readonly studio: { readonly ask: Ask } };
  const takeAway = ({ type }: { readonly type: string }) => {
    if (type === "kept") new BroadcastChannel("take away").postMessage("");
  };
  return studio.ask("train", request, takeAway).then(
    () => "finished",
    (error: { readonly code?: string; readonly message: string }) => error.code ?? error.message,
  );
}

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
