import { createLoraConfig } from "@lowrank/adapter-format";
import { HandMadeModel } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SavedModuleNotFoundError } from "../errors/errors.ts";
import { partsOf } from "../planned/planned-parts.ts";
import { describePlan } from "./describe-plan.ts";
import { planInjection } from "./plan-injection.ts";

describe("planInjection", () => {
  let model: HandMadeModel;

  beforeEach(() => {
    model = new HandMadeModel();
  });
  afterEach(() => model.dispose());

  const paths = (targets: readonly string[] | string | null) =>
    planInjection(model, createLoraConfig({ targetModules: targets })).parts.map(({ path }) => path);

  it("makes no tensor", () => {
    const before = tf.memory().numTensors;
    planInjection(model, createLoraConfig({ targetModules: "all-linear" }));
    expect(tf.memory().numTensors).toBe(before);
  });

  it("uses the default targets of the model's type if none are given", () => {
    expect(paths(null)).toEqual(["model.layers.0.self_attn.q_proj", "model.layers.1.self_attn.q_proj"]);
  });

  it("leaves the output head and the embedding out of all-linear", () => {
    expect(paths("all-linear")).toEqual([
      "model.layers.0.self_attn.q_proj",
      "model.layers.0.mlp.up_proj",
      "model.layers.1.self_attn.q_proj",
      "model.layers.1.mlp.up_proj",
    ]);
  });

  it("spells the targets out in the configuration that will be written", () => {
    const plan = planInjection(model, createLoraConfig({ targetModules: "all-linear" }));
    expect(plan.config.targetModules).toEqual(plan.parts.map(({ path }) => path));
  });

  it("counts rank · (inFeatures + outFeatures) for each layer, and its share as PEFT does", () => {
    const plan = planInjection(model, createLoraConfig({ rank: 2, targetModules: ["q_proj"] }));
    // q_proj is 6 → 8, twice. Base: 11·6 embedding + 6·11 head + 2·(6·8 + 8 + 6 + 8·6) + 6·3 + 3.
    expect(plan.trainableParameters).toBe(2 * 2 * (6 + 8));
    expect(plan.totalParameters).toBe(66 + 66 + 2 * 110 + 21 + 56);
    expect(plan.share).toBe(56 / 429);
  });

  it("counts a tied weight once", () => {
    const tied = new HandMadeModel({ tiedHead: true });
    const plan = planInjection(tied, createLoraConfig({ rank: 2, targetModules: ["q_proj"] }));
    expect(plan.totalParameters).toBe(429 - 66);
    tied.dispose();
  });

  it("uses rank and alpha of the first pattern that matches, and computes the scaling from both", () => {
    const plan = planInjection(
      model,
      createLoraConfig({
        rank: 4,
        alpha: 8,
        targetModules: "all-linear",
        rankPattern: new Map([["layers.0.self_attn.q_proj", 2]]),
        alphaPattern: new Map([["up_proj", 1]]),
      }),
    );
    expect(partsOf(plan, "site").map(({ rank, alpha, scaling }) => [rank, alpha, scaling])).toEqual([
      [2, 8, 4],
      [4, 1, 0.25],
      [4, 8, 2],
      [4, 1, 0.25],
    ]);
  });

  it("divides alpha by the root of the rank when rank-stabilized", () => {
    const config = createLoraConfig({ rank: 4, alpha: 8, rankStabilized: true, targetModules: ["q_proj"] });
    expect(partsOf(planInjection(model, config), "site")[0]?.scaling).toBe(4);
  });

  it("names the targets that matched nothing, with a suggestion", () => {
    const { warnings } = planInjection(model, createLoraConfig({ rank: 2, targetModules: ["q_proj", "up_porj"] }));
    expect(warnings.map(({ code }) => code)).toEqual(["TARGET_MATCHED_NOTHING"]);
    expect(warnings[0]?.message).toContain('"up_porj"');
    expect(warnings[0]?.message).toContain("up_proj");
  });

  it("refuses targets if none of them matches", () => {
    expect(() => paths(["qproj", "vproj"])).toThrow(expect.objectContaining({ code: "NOTHING_MATCHED" }));
  });

  it.each([{ arrowConfig: {} }, { veloraConfig: {} }, { monteCloraConfig: {} }])(
    "refuses to train with a feature that would change the result: %j",
    (feature) => {
      const config = createLoraConfig({ targetModules: ["q_proj"], ...feature });
      expect(() => planInjection(model, config)).toThrow(expect.objectContaining({ code: "UNSUPPORTED_FEATURES" }));
    },
  );

  it("finds modules to save by the end of their path, without a dot, as PEFT does", () => {
    const config = createLoraConfig({ targetModules: ["q_proj"], modulesToSave: ["norm", "classifier"] });
    expect(partsOf(planInjection(model, config), "whole-parameter").map(({ path }) => path)).toEqual([
      "model.layers.0.input_norm.weight",
      "model.layers.1.input_norm.weight",
      "classifier.weight",
      "classifier.bias",
    ]);
  });

  it("refuses a module to save that the model lacks", () => {
    const config = createLoraConfig({ targetModules: ["q_proj"], modulesToSave: ["clasifier"] });
    expect(() => planInjection(model, config)).toThrow(SavedModuleNotFoundError);
    expect(() => planInjection(model, config)).toThrow(/"classifier"/);
  });

  it("saves a classification's classifier automatically, and does not need the other name", () => {
    const config = createLoraConfig({ targetModules: ["q_proj"], taskType: "SEQ_CLS" });
    const plan = planInjection(model, config);
    expect(partsOf(plan, "whole-parameter").map(({ key }) => key)).toEqual(["classifier.weight", "classifier.bias"]);
    expect(plan.config.modulesToSave).toEqual(["classifier", "score"]);
  });

  it("trains biases on request, under PEFT's names", () => {
    const keysOf = (bias: "all" | "lora_only") =>
      partsOf(
        planInjection(model, createLoraConfig({ targetModules: ["0.self_attn.q_proj"], bias })),
        "whole-parameter",
      ).map(({ key }) => key);
    expect(keysOf("lora_only")).toEqual(["model.layers.0.self_attn.q_proj.base_layer.bias"]);
    expect(keysOf("all")).toEqual([
      "model.layers.0.self_attn.q_proj.base_layer.bias",
      "model.layers.1.self_attn.q_proj.bias",
      "classifier.bias",
    ]);
  });

  it("corrects fan_in_fan_out to fit the layers, with a warning", () => {
    const gpt = new HandMadeModel({ fanInFanOut: true });
    const plan = planInjection(gpt, createLoraConfig({ rank: 2, targetModules: ["q_proj"] }));
    expect(plan.config.fanInFanOut).toBe(true);
    expect(plan.warnings.map(({ code }) => code)).toEqual(["FAN_IN_FAN_OUT_CORRECTED"]);
    const back = planInjection(model, createLoraConfig({ targetModules: ["q_proj"], fanInFanOut: true }));
    expect(back.config.fanInFanOut).toBe(false);
    gpt.dispose();
  });

  it("warns of a rank that is not low, and of a tied target", () => {
    const tied = new HandMadeModel({ tiedHead: true });
    const plan = planInjection(tied, createLoraConfig({ rank: 7, targetModules: ["q_proj", "lm_head"] }));
    expect(plan.warnings.map(({ code }) => code)).toEqual(["RANK_NOT_LOW", "TIED_TARGET"]);
    tied.dispose();
  });

  it("uses the embeddings' own names", () => {
    const plan = planInjection(model, createLoraConfig({ targetModules: ["embed_tokens"] }));
    expect(plan.parts[0]).toMatchObject({
      kind: "embedding",
      keys: { a: "model.embed_tokens.lora_embedding_A", b: "model.embed_tokens.lora_embedding_B" },
    });
  });
});

describe("describePlan", () => {
  it("groups layers that only differ by their number, with a total", async () => {
    await tf.setBackend("cpu");
    const model = new HandMadeModel();
    const config = createLoraConfig({ rank: 2, alpha: 4, targetModules: "all-linear", modulesToSave: ["classifier"] });
    expect(describePlan(planInjection(model, config)).split("\n")).toEqual([
      "layer                            count  shape  rank  scaling  parameters",
      "model.layers.*.self_attn.q_proj      2  6 → 8     2        2          56",
      "model.layers.*.mlp.up_proj           2  8 → 6     2        2          56",
      "classifier.weight (whole)            1  6 × 3     –        –          18",
      "classifier.bias (whole)              1      3     –        –           3",
      "",
      "trainable 133 of 506 parameters (26.2846 %)",
      "memory for training them: 532 B weights + 532 B gradients + 1.0 KiB optimizer moments",
    ]);
    model.dispose();
  });
});
