import "@tensorflow/tfjs-backend-cpu";
import { join } from "node:path";
import { expectNoLeak, fixturesRoot } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GenerationOptionError } from "../errors.ts";
import { loadModel } from "../loading/load-model.ts";
import { openFolder } from "../node.ts";
import type { PretrainedModel } from "../pretrained-model.ts";
import { generate } from "./generate.ts";

let model: PretrainedModel;

beforeAll(async () => {
  await tf.setBackend("cpu");
  model = await loadModel(openFolder(join(fixturesRoot, "gpt2", "base")));
});
afterAll(() => model.dispose());

describe("checkGeneration", () => {
  it.each([Number.NaN, 1.5, -1, 2 ** 32, [3, Number.NaN]])("refuses the seed %j before it computes", async (seed) => {
    const seeds = typeof seed === "number" ? seed : [...seed];
    await expectNoLeak(async () => {
      const options = { promptIds: [[5], [6]], maxNewTokens: 2, sampling: { seed: seeds } };
      const error = await generate(model, options).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(GenerationOptionError);
      expect(error).toMatchObject({ option: "seed" });
    });
  });

  it("refuses a forced token that the model does not know", async () => {
    const { vocabularySize } = model.config;
    for (const forced of [
      { first: vocabularySize, last: [] },
      { first: null, last: [-1] },
    ]) {
      const error = await generate(model, { promptIds: [[5]], maxNewTokens: 2, forced }).catch((reason) => reason);
      expect(error).toMatchObject({ option: "forced" });
    }
  });

  it("forces what a call asks for", async () => {
    const forced = { first: 9, last: [4] };
    const [text] = await generate(model, { promptIds: [[5]], maxNewTokens: 4, eosTokenIds: [], forced });
    expect(text).toHaveLength(4);
    expect([text?.at(0), text?.at(-1)]).toEqual([9, 4]);
  });
});
