import "@tensorflow/tfjs-backend-cpu";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expectNoLeak, fixturesRoot } from "@lowrank/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { filesFolder } from "../folder/files-folder.ts";
import { loadModel } from "../loading/load-model.ts";
import { openFolder } from "../node.ts";
import type { PretrainedModel } from "../pretrained-model.ts";
import { generate } from "./generate.ts";

let model: PretrainedModel;

beforeAll(async () => {
  model = await loadModel(openFolder(join(fixturesRoot, "gpt2", "base")));
});
afterAll(() => model.dispose());

describe("checkGeneration", () => {
  it.each([Number.NaN, 1.5, -1, 2 ** 32, [3, Number.NaN]])("refuses the seed %j before it computes", async (seed) => {
    const seeds = typeof seed === "number" ? seed : [...seed];
    await expectNoLeak(async () => {
      const options = { promptIds: [[5], [6]], maxNewTokens: 2, sampling: { seed: seeds } };
      const error = await generate(model, options).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "GENERATION_OPTION" });
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

  it("refuses an encoder whose positions see later ones, though it predicts the next token", async () => {
    const path = fileURLToPath(new URL("../../fixtures/bert-causal", import.meta.url));
    const config = { ...JSON.parse(await readFile(join(path, "config.json"), "utf8")), is_decoder: false };
    const files = new Map([
      ["config.json", Buffer.from(JSON.stringify(config))],
      ["model.safetensors", await readFile(join(path, "model.safetensors"))],
    ]);
    const seesAll = await loadModel(filesFolder("bert", files));
    expect([seesAll.task, seesAll.causal]).toEqual(["causal-lm", false]);
    const error = await generate(seesAll, { promptIds: [[5]], maxNewTokens: 2 }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "GENERATION_OPTION" });
    expect(String(error)).toContain("is_decoder");
    seesAll.dispose();
  });

  it("counts RoBERTa's positions from after the padding token", async () => {
    const roberta = await loadModel(
      openFolder(fileURLToPath(new URL("../../fixtures/roberta-causal", import.meta.url))),
    );
    expect([roberta.firstPosition, roberta.config.maxPositions]).toEqual([1, 20]);
    const options = { promptIds: [[5, 6]], eosTokenIds: [] };
    expect((await generate(roberta, { ...options, maxNewTokens: 17 }))[0]).toHaveLength(17);
    const error = await generate(roberta, { ...options, maxNewTokens: 18 }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "POSITION_LIMIT" });
    expect(error).toMatchObject({ limit: 19 });
    roberta.dispose();
  });

  it("forces the tokens of a call", async () => {
    const forced = { first: 9, last: [4] };
    const [text] = await generate(model, { promptIds: [[5]], maxNewTokens: 4, eosTokenIds: [], forced });
    expect(text).toHaveLength(4);
    expect([text?.at(0), text?.at(-1)]).toEqual([9, 4]);
  });
});
