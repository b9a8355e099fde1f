// Parameters trained in full next to LoRA matrices: a bias that two modules name, and modules that are also targets.

import { type Adapter, createLoraConfig, type LoraConfig } from "@lowrank/adapter-format";
import { HandMadeModel } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { attachAdapter } from "../attach/attach-adapter.ts";
import { injectAdapter } from "../attach/inject-adapter.ts";
import { UnsupportedSiteError } from "../errors/errors.ts";
import { AdapterMismatchError } from "../errors/mismatch-errors.ts";
import { planInjection } from "../plan/plan-injection.ts";
import type { InjectionPlan } from "../planned/injection-plan.ts";
import { partsOf } from "../planned/planned-parts.ts";

let model: HandMadeModel;
beforeEach(() => {
  model = new HandMadeModel();
});
afterEach(() => model.dispose());

const plan = (options: Partial<LoraConfig>) => planInjection(model, createLoraConfig({ rank: 2, ...options }));
const wholeOf = (planned: InjectionPlan) => partsOf(planned, "whole-parameter");

describe("the bias of a module with an adapted raw parameter", () => {
  const keysOf = (options: Partial<LoraConfig>) =>
    wholeOf(plan({ targetModules: ["q_proj"], targetParameters: ["classifier.weight"], ...options }))
      .filter(({ path }) => path === "classifier.bias")
      .map(({ key }) => key);

  it("is saved under the module that PEFT wrapped, and trains with the biases of adapted layers", () => {
    expect(keysOf({ bias: "all" })).toEqual(["classifier.base_layer.bias"]);
    expect(keysOf({ bias: "lora_only" })).toEqual(["classifier.base_layer.bias"]);
    expect(keysOf({ bias: "all", targetParameters: null })).toEqual(["classifier.bias"]);
    expect(keysOf({ bias: "lora_only", targetParameters: null })).toEqual([]);
  });

  it("is read and written under that name", async () => {
    const config = plan({ targetModules: ["q_proj"], targetParameters: ["classifier.weight"], bias: "all" });
    const handle = injectAdapter(model, config, { seed: 7 });
    tf.tidy(() => handle.variables.get("classifier.base_layer.bias")!.assign(tf.tensor1d([1, 2, 3])));
    const adapter = await handle.toAdapter();
    handle.dispose();
    const again = attachAdapter(model, adapter);
    expect([...(await again.toAdapter()).tensors.get("classifier.base_layer.bias")!.values]).toEqual([1, 2, 3]);
    again.dispose();
  });
});

describe("a bias that two modules name", () => {
  // As BERT's "cls.predictions.bias" is that of "cls.predictions.decoder".
  beforeEach(() => {
    const head = model.sites().find(({ path }) => path === "lm_head");
    Object.assign(head!, { biasPath: "classifier.bias" });
  });

  const namesOf = (options: Partial<LoraConfig>) =>
    wholeOf(plan(options))
      .filter(({ path }) => path === "classifier.bias")
      .map(({ key, copyKeys }) => [key, copyKeys]);

  it("has both names in a file; the second shows whether the layer is adapted", () => {
    const [q_proj, both] = [["q_proj"], ["q_proj", "lm_head"]];
    expect(namesOf({ targetModules: q_proj, bias: "all" })).toEqual([["classifier.bias", ["lm_head.bias"]]]);
    expect(namesOf({ targetModules: both, bias: "all" })).toEqual([["classifier.bias", ["lm_head.base_layer.bias"]]]);
    expect(namesOf({ targetModules: q_proj, modulesToSave: ["classifier"] })).toEqual([
      ["classifier.bias", ["lm_head.bias"]],
    ]);
  });

  it("trains with the adapted layer's biases only, under that layer's name", () => {
    expect(namesOf({ targetModules: ["q_proj"], bias: "lora_only" })).toEqual([]);
    expect(namesOf({ targetModules: ["lm_head"], bias: "lora_only" })).toEqual([
      ["lm_head.base_layer.bias", undefined],
    ]);
  });

  it("is saved below PEFT's wrappers of the layer, which follow trained rows of the embedding", () => {
    const rows = {
      targetModules: ["q_proj"],
      bias: "all",
      trainableTokenIndices: new Map([["lm_head", [1]]]),
    } as const;
    expect(namesOf(rows)).toEqual([["classifier.bias", ["lm_head.token_adapter.base_layer.bias"]]]);
  });

  describe("in a file", () => {
    let adapter: Adapter;
    beforeEach(async () => {
      const handle = injectAdapter(model, plan({ targetModules: ["q_proj"], bias: "all" }), { seed: 7 });
      tf.tidy(() => handle.variables.get("classifier.bias")!.assign(tf.tensor1d([1, 2, 3])));
      expect(handle.variables.has("lm_head.bias")).toBe(false);
      adapter = await handle.toAdapter();
      handle.dispose();
    });

    const withHeadBias = (values: readonly number[] | null): Adapter => {
      const others = [...adapter.tensors].filter(([key]) => key !== "lm_head.bias");
      if (values === null) return { ...adapter, tensors: new Map(others) };
      const own = { shape: [values.length], values: Float32Array.from(values) };
      return { ...adapter, tensors: new Map([...others, ["lm_head.bias", own]]) };
    };

    it("has the same values under both", () => {
      for (const key of ["classifier.bias", "lm_head.bias"])
        expect([...adapter.tensors.get(key)!.values]).toEqual([1, 2, 3]);
    });

    it("is read, and completed, from one name", async () => {
      const handle = attachAdapter(model, withHeadBias(null));
      expect([...(await handle.toAdapter()).tensors.get("lm_head.bias")!.values]).toEqual([1, 2, 3]);
      handle.dispose();
    });

    it.each([[[1, 2, 4]], [[1, 2]]])("is refused if the other name has other values: %j", (values) => {
      const attach = () => attachAdapter(model, withHeadBias(values));
      expect(attach).toThrow(AdapterMismatchError);
      expect(attach).toThrow(/lm_head\.bias.*it shares one parameter of the model with "classifier\.bias"/s);
    });
  });
});

describe("a target that is saved whole", () => {
  const refusal = (options: Partial<LoraConfig>) => {
    try {
      plan(options);
    } catch (error) {
      if (error instanceof UnsupportedSiteError) return error;
      throw error;
    }
    throw new Error("Nothing was refused.");
  };

  // The end of one path, and no whole name in it.
  const end = "s.0.self_attn.q_proj";

  it("is not one of all-linear, though PEFT would spare it by its whole name only", () => {
    const planned = plan({ targetModules: "all-linear", modulesToSave: [end, "fier"] });
    expect(partsOf(planned, "site").map(({ path }) => path)).toEqual([
      "model.layers.0.mlp.up_proj",
      "model.layers.1.self_attn.q_proj",
      "model.layers.1.mlp.up_proj",
    ]);
    expect(wholeOf(planned).map(({ key }) => key)).toEqual([
      "model.layers.0.self_attn.q_proj.bias",
      "classifier.weight",
      "classifier.bias",
    ]);
  });

  it("is refused by name, with what saves it and the next step", () => {
    const { sites, message } = refusal({ targetModules: ["q_proj"], modulesToSave: ["fier", end] });
    expect(sites.map(({ path, kind }) => [path, kind])).toEqual([["model.layers.0.self_attn.q_proj", "linear"]]);
    expect(message).toContain(`ends with "${end}"`);
    expect(message).toContain("exclude_modules");
    const excluded = { excludeModules: [sites[0]!.path], targetModules: ["q_proj"], modulesToSave: ["fier", end] };
    expect(partsOf(plan(excluded), "site")).toHaveLength(1);
  });

  it("is also refused inside a saved module", () => {
    const { sites } = refusal({ targetModules: ["q_proj"], modulesToSave: ["attn"] });
    expect(sites).toHaveLength(2);
  });

  it("is ignored if it is the complete name, as in PEFT", () => {
    const planned = plan({ targetModules: ["q_proj"], modulesToSave: ["0.self_attn.q_proj"] });
    expect(partsOf(planned, "site").map(({ path }) => path)).toEqual(["model.layers.1.self_attn.q_proj"]);
  });
});
