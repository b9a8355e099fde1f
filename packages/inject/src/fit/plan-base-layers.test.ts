// Whom a table of the base reaches that an adapter's file brings along: PEFT 0.21.2 puts it into the one parameter with which
// all modules compute that share it.

import { createLoraConfig, type LoraConfig } from "@lowrank/adapter-format";
import type { AdapterTensor } from "@lowrank/adapter-format/internal";
import type { AdaptableModel } from "@lowrank/contracts";
import type { ParameterRef } from "@lowrank/contracts/internal";
import { HandMadeModel } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { planInjection } from "../plan/plan-injection.ts";
import { partsOf } from "../planned/planned-parts.ts";
import { withBaseLayers } from "./plan-base-layers.ts";

let made: HandMadeModel;
beforeEach(() => {
  made = new HandMadeModel({ tiedHead: true });
});
afterEach(() => made.dispose());

const [embedding, head] = ["model.embed_tokens.weight", "lm_head.weight"];

/** The hand-made model whose tables are parameters, too, as those of loaded models are. */
function model(): AdaptableModel {
  const { read, override, replace } = made.parameter("classifier.weight");
  const table = (path: string): ParameterRef => {
    return { path, shape: [11, 6], transposedInFile: false, read, override, replace };
  };
  const parameters = [...made.parameters(), table("model.embed_tokens.weight"), table("lm_head.weight")];
  return { modelType: made.modelType, sites: () => made.sites(), parameters: () => parameters };
}

/** The planned weights of the base, and who follows them, for a file with these tables. */
function planned(config: Partial<LoraConfig>, tables: Readonly<Record<string, number>>) {
  const tensors = new Map<string, AdapterTensor>(
    Object.entries(tables).map(([key, value]) => [key, { shape: [11, 6], values: new Float32Array(66).fill(value) }]),
  );
  const complete = createLoraConfig({ rank: 2, ...config });
  const plan = planInjection(model(), complete);
  const whole = withBaseLayers(plan, model(), { config: complete, tensors, metadata: new Map() });
  return partsOf(whole, "whole-parameter")
    .filter(({ reason }) => reason === "base-layer")
    .map(({ path, tiedParameters = [] }) => ({ path, tiedParameters }));
}

describe("a table of the base in an adapter's file", () => {
  it("reaches the head that shares it though the file has no name for that", () => {
    const found = planned({ targetModules: ["embed_tokens"] }, { "model.embed_tokens.base_layer.weight": 1 });
    expect(found).toEqual([{ path: embedding, tiedParameters: [{ path: head }] }]);
  });

  it("reaches the embedding if the file only has the head's name", () => {
    const found = planned({ targetModules: ["lm_head"] }, { "lm_head.base_layer.weight": 1 });
    expect(found).toEqual([{ path: head, tiedParameters: [{ path: embedding }] }]);
  });

  it("does not reach a module that the adapter saves whole: that computes with its trained copy", () => {
    const config = { targetModules: ["embed_tokens"], modulesToSave: ["lm_head"] };
    const found = planned(config, { "model.embed_tokens.base_layer.weight": 1 });
    expect(found).toEqual([{ path: embedding, tiedParameters: [] }]);
  });

  it("is one table under two names if the file has the same numbers for both, and two if it has others", () => {
    const config = { targetModules: ["q_proj"] };
    const name = { path: head, key: "lm_head.weight" };
    expect(planned(config, { "lm_head.weight": 1, "model.embed_tokens.weight": 1 })).toEqual([
      { path: embedding, tiedParameters: [name] },
    ]);
    expect(planned(config, { "lm_head.weight": 2, "model.embed_tokens.weight": 1 })).toEqual([
      { path: embedding, tiedParameters: [] },
      { path: head, tiedParameters: [] },
    ]);
  });
});
