import { describe, expect, it } from "vitest";
import { checkConfigOf } from "../../../config/check-config-of.ts";
import { graniteMoeHybrid } from "./granite-moe-hybrid.ts";

/** As the files of Granite 4 without experts: older names of layers, and zeros for experts. */
const granite4 = {
  model_type: "granitemoehybrid",
  vocab_size: 40,
  hidden_size: 16,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  layer_types: ["mamba", "attention"],
  position_embedding_type: "nope",
  num_local_experts: 0,
  num_experts_per_tok: 0,
  mamba_n_heads: 4,
  mamba_d_head: "auto",
};
const check = (changes: object = {}) => checkConfigOf(graniteMoeHybrid, { ...granite4, ...changes });

describe("the tables of granitemoehybrid", () => {
  it("read older names of layers, a model without experts, and heads that share the width", () => {
    expect(check()).toMatchObject({ layerKinds: ["memory", "plain"], rotatingLayers: [false, false], experts: 0 });
    expect(check()).toMatchObject({ memoryHeads: 4, memoryValueSize: 8, memoryKeyHeads: 1, memoryKeySize: 256 });
    expect(check({ mamba_expand: 3 }).memoryValueSize).toBe(12);
  });

  it("rotate positions where the file says rope", () => {
    expect(check({ position_embedding_type: "rope" }).rotatingLayers).toEqual([true, true]);
    expect(() => check({ position_embedding_type: "absolute" })).toThrow('"nope" or "rope"');
  });

  it("give all layers a memory where the file has no types", () => {
    expect(check({ layer_types: null }).layerKinds).toEqual(["memory", "memory"]);
    expect(() => check({ layer_types: null, num_hidden_layers: 1e12 })).toThrow("num_hidden_layers");
  });

  it("refuse experts that no token has, biases of the projections, clamped steps and uneven heads", () => {
    expect(() => check({ num_local_experts: 2, num_experts_per_tok: 3 })).toThrow("num_experts_per_tok");
    expect(() => check({ num_local_experts: 2, num_experts_per_tok: 0 })).toThrow("num_experts_per_tok");
    expect(() => check({ mamba_proj_bias: true })).toThrow("biases to the projections of Mamba layers");
    expect(() => check({ time_step_limit: [0.1, 0.5] })).toThrow("steps are clamped");
    expect(() => check({ mamba_n_heads: 5 })).toThrow("mamba_d_head");
    expect(() => check({ mamba_n_groups: 3 })).toThrow("mamba_n_groups");
  });
});
