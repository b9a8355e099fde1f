// The tables that are written to a file, as PEFT 0.21.2's `save_pretrained` decides: the names are from files that it wrote.

import { createLoraConfig, type LoraConfig } from "@lowrank/adapter-format";
import type { AdaptableModel } from "@lowrank/contracts";
import type { ParameterRef } from "@lowrank/contracts/internal";
import { HandMadeModel } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { planInjection } from "../plan/plan-injection.ts";
import { baseWeightsToSave, repeatedRows, type SaveEmbeddingLayers } from "./save-embeddings.ts";

let made: HandMadeModel[];
beforeEach(() => {
  made = [];
});
afterEach(() => {
  for (const model of made) model.dispose();
});

/** A hand-made model whose tables are parameters, too, as those of loaded models are. */
function modelOf({ isTied = false, resizedFrom }: { isTied?: boolean; resizedFrom?: number }): AdaptableModel {
  const model = new HandMadeModel({ tiedHead: isTied });
  made.push(model);
  const tables = ["model.embed_tokens.weight", "lm_head.weight"].map((path): ParameterRef => {
    const [first] = model.parameters();
    return {
      path,
      shape: [11, 6],
      transposedInFile: false,
      read: first!.read,
      override: first!.override,
      replace: first!.replace,
    };
  });
  return {
    modelType: model.modelType,
    sites: () => model.sites(),
    parameters: () => [...model.parameters(), ...tables],
    ...(resizedFrom === undefined ? {} : { resizedFrom }),
  };
}

function keysFor(
  model: AdaptableModel,
  config: Partial<LoraConfig>,
  choice: SaveEmbeddingLayers = "auto",
): readonly string[] {
  const plan = planInjection(model, createLoraConfig({ rank: 2, ...config }));
  const saved = baseWeightsToSave(model, plan, choice);
  return [...saved.map(({ key }) => key), ...repeatedRows(plan, saved).keys()];
}

const [embedding, head] = ["model.embed_tokens", "lm_head"];
const plain = [`${embedding}.weight`, `${head}.weight`];

describe("save_embedding_layers", () => {
  it.each<[string, Partial<LoraConfig>, readonly string[]]>([
    ["no target is a table", { targetModules: ["q_proj"] }, []],
    ["a table is a target", { targetModules: ["q_proj", "embed_tokens"] }, [`${embedding}.base_layer.weight`]],
    [
      "both tables are targets",
      { targetModules: ["embed_tokens", "lm_head"] },
      [`${embedding}.base_layer.weight`, `${head}.base_layer.weight`],
    ],
    ["a pattern means a table", { targetModules: ".*(embed_tokens|q_proj)" }, [`${embedding}.base_layer.weight`]],
    ["a table is called by its whole path, which PEFT does not notice", { targetModules: [embedding!, "q_proj"] }, []],
    ["rows of a table train", { targetModules: ["q_proj"], trainableTokenIndices: [1] }, []],
    ["all linear layers are targets", { targetModules: "all-linear" }, []],
  ])("by itself, where %s", (_, config, keys) => {
    expect(keysFor(modelOf({}), config)).toEqual(keys);
  });

  it.each<[string, boolean, Partial<LoraConfig>, readonly string[]]>([
    ["no target is a table", false, { targetModules: ["q_proj"] }, plain],
    [
      "tables are saved whole already",
      false,
      { targetModules: ["q_proj"], modulesToSave: ["embed_tokens"] },
      plain.slice(1),
    ],
    [
      "rows of a table train",
      false,
      { targetModules: ["q_proj"], trainableTokenIndices: [1] },
      [`${embedding}.token_adapter.base_layer.weight`, `${head}.weight`],
    ],
    [
      "rows of a shared table train",
      true,
      { targetModules: ["q_proj"], trainableTokenIndices: [1] },
      [
        `${embedding}.token_adapter.base_layer.weight`,
        `${head}.token_adapter.base_layer.weight`,
        `${head}.token_adapter.trainable_tokens_delta`,
      ],
    ],
    [
      "one of two tables is a target, and PEFT would lose the other's new rows",
      false,
      { targetModules: ["embed_tokens"] },
      [`${embedding}.base_layer.weight`, `${head}.weight`],
    ],
  ])("by itself after resizing, where %s", (_, isTied, config, keys) => {
    expect(keysFor(modelOf({ isTied, resizedFrom: 9 }), config)).toEqual(keys);
    expect(keysFor(modelOf({ isTied, resizedFrom: 9 }), config, false)).toEqual([]);
  });

  it("on request, for any targets and size", () => {
    expect(keysFor(modelOf({}), { targetModules: ["q_proj"] }, true)).toEqual(plain);
    expect(keysFor(modelOf({}), { targetModules: ["embed_tokens"] }, false)).toEqual([]);
  });
});
