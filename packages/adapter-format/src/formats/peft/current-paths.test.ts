import { expect, it } from "vitest";
import { createLoraConfig } from "../../config/create-lora-config.ts";
import type { Adapter } from "../../lora-config.ts";
import { withCurrentPaths } from "./current-adapter.ts";

const one = { shape: [1, 1], values: Float32Array.of(1) };
const adapterOf = (...keys: readonly string[]): Adapter => ({
  config: createLoraConfig({ rank: 1, targetModules: ["language_model.model.layers.0.q", "v"] }),
  tensors: new Map(keys.map((key) => [key, one])),
  metadata: new Map(),
});

it("renames modules and targets if the model has moved its text model", () => {
  const old = adapterOf("language_model.model.layers.0.q.lora_A.weight", "language_model.lm_head.lora_B.weight");
  const now = withCurrentPaths(old, ["model.language_model.layers.0.q", "lm_head"]);
  expect([...now.tensors.keys()]).toEqual(["model.language_model.layers.0.q.lora_A.weight", "lm_head.lora_B.weight"]);
  expect(now.config.targetModules).toEqual(["model.language_model.layers.0.q", "v"]);
});

it("does not change an adapter with current names, or for a model with old ones", () => {
  const today = adapterOf("model.language_model.layers.0.q.lora_A.weight");
  expect(withCurrentPaths(today, ["model.language_model.layers.0.q"])).toBe(today);
  const old = adapterOf("language_model.model.layers.0.q.lora_A.weight");
  expect(withCurrentPaths(old, ["language_model.model.layers.0.q"])).toBe(old);
});
