// The page on WebGPU, computed in software by SwiftShader: the same shaders as on a GPU, a few hundred times slower. So the
// worker is called directly, with the smallest work that can be compared.

import { expectClose } from "@lowrank/testing";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { chromiumArguments } from "../../../../scripts/chromium.mjs";
import { executable } from "../../test/browser.ts";
import { adapterId, ask, chooseEngine, logits, openStudioPage } from "../../test/studio-page.ts";
import { withStudio } from "../../test/with-studio.ts";
import type { EngineName } from "../protocol/model.ts";
import type { RunRequest } from "../protocol/run.ts";

const inputIds = [5, 60, 200, 31];
const request: RunRequest = {
  rows: [{ id: "1", says: "name[Aromi]", answers: "Aromi is a pub." }],
  adapter: { rank: 2, alpha: 4, targets: ["q_proj", "v_proj"], dropout: 0, useDora: false, start: "kaiming" },
  training: { steps: 3, batchSize: 1, learningRate: 0.02, schedule: "constant", seed: 1, validationShare: 0 },
  name: "On a card",
};

describe.skipIf(executable === undefined)("the studio on WebGPU in software", { timeout: 240_000 }, () => {
  let page: Page;

  withStudio(async (studio) => {
    page = await openStudioPage(studio);
  }, chromiumArguments);

  async function choose(engine: EngineName): Promise<void> {
    await chooseEngine(page, engine);
    const computes = () => ask(page, "logits", { inputIds: [1] }).then(Boolean, () => false); // not before the model is open
    await expect.poll(computes, { timeout: 60_000 }).toBe(true);
    expect(await page.locator("#model select").inputValue()).toBe(engine);
  }

  it("learns: the loss falls within three steps, and the adapter computes there what it computes on WebAssembly", async () => {
    await choose("webgpu");
    expect(await ask(page, "train", request)).toMatchObject({ reason: "finished", steps: 3 });
    const [entry] = await ask(page, "shelf", undefined);
    const losses = (entry?.curve ?? []).map(([, loss]) => loss);
    expect(losses).toHaveLength(3);
    expect(losses[2]).toBeLessThan(losses[0] as number);
    const adapter = await adapterId(page, "On a card");
    const onCard = await logits(page, { inputIds, adapter });
    await choose("wasm");
    expectClose(await logits(page, { inputIds, adapter }), onCard, 1e-3, "logits on wasm");
  });
});
