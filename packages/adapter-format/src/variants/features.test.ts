import { describe, expect, it } from "vitest";
import { createLoraConfig } from "../config/create-lora-config.ts";

import type { LoraConfig } from "../lora-config.ts";
import { checkFeatures, type Feature, features, trainingOnlyFeatures, unsupportedFeatures } from "./features.ts";

/** A configuration that asks for each feature. */
const configWith: Readonly<Record<Feature, Partial<LoraConfig>>> = {
  bias: { bias: "all" },
  use_dora: { useDora: true },
  lora_bias: { loraBias: true },
  target_parameters: { targetParameters: ["experts"] },
  trainable_token_indices: { trainableTokenIndices: [] },
  layer_replication: { layerReplication: [[0, 2]] },
  alora_invocation_tokens: { activationTokens: [1] },
  use_qalora: { useQalora: true },
  use_bdlora: { blockDiagonal: {} },
  kasa_config: { kasaConfig: {} },
  arrow_config: { arrowConfig: {} },
  velora_config: { veloraConfig: {} },
  monteclora_config: { monteCloraConfig: {} },
  megatron_config: { megatronConfig: {} },
  ensure_weight_tying: { ensureWeightTying: true },
  "init=pissa": { init: "pissa_niter_4" },
  "init=olora": { init: "olora" },
  "init=corda": { init: "corda" },
  "init=loftq": { init: "loftq", loftqConfig: { loftq_bits: 4 } },
  "init=lora_ga": { init: "lora_ga" },
  "init=eva": { init: "eva" },
  "init=orthogonal": { init: "orthogonal" },
  "init=mica": { init: "mica" },
};

describe("features beyond plain LoRA", () => {
  it.each(features.map((feature) => [feature] as const))("%s is refused unless it is supported", (feature) => {
    const config = createLoraConfig(configWith[feature]);
    expect(unsupportedFeatures(config, new Set()).map((found) => found.feature)).toEqual([feature]);
    expect(unsupportedFeatures(config, new Set([feature]))).toEqual([]);
  });

  it("plain LoRA needs none of them", () => {
    const config = createLoraConfig({ rankStabilized: true, init: "gaussian", modulesToSave: ["score"] });
    expect(unsupportedFeatures(config, new Set())).toEqual([]);
  });

  it("all that are missing are in one error, in PEFT's words", () => {
    const config = createLoraConfig({ useDora: true, bias: "lora_only" });
    expect(() => checkFeatures(config, new Set())).toThrow(expect.objectContaining({ code: "UNSUPPORTED_FEATURES" }));
    expect(() => checkFeatures(config, new Set())).toThrow(
      'bias = "lora_only": biases of the base model are trained\n  - use_dora',
    );
  });

  it("those that only matter for initialization are separate", () => {
    expect(trainingOnlyFeatures).toEqual([
      "velora_config",
      "monteclora_config",
      "init=eva",
      "init=orthogonal",
      "init=mica",
    ]);
  });
});
