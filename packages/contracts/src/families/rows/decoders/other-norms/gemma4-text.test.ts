import { describe, expect, it } from "vitest";
import { checkConfig } from "../../../config/check-config.ts";

const sizes = { vocab_size: 20, hidden_size: 16, intermediate_size: 24, num_hidden_layers: 4, num_attention_heads: 4 };
const layer_types = ["sliding_attention", "full_attention", "sliding_attention", "full_attention"];
const gemma = { model_type: "gemma4_text", ...sizes, num_key_value_heads: 2, head_dim: 8, layer_types };
const wide = { head_dim: 12, num_key_value_heads: 1 };

describe("gemma4_text", () => {
  it("reads the sizes of layers without a window under both of their names", () => {
    const own = { attention_k_eq_v: true, global_head_dim: 12, num_global_key_value_heads: 1 };
    const both = [own, { attention_k_eq_v: true, per_layer_config: { 1: wide, 3: wide } }].map((keys) => {
      const { globalHeadSize, globalKeyValueHeads } = checkConfig({ ...gemma, ...keys });
      return [globalHeadSize, globalKeyValueHeads];
    });
    expect(both).toEqual([
      [12, 1],
      [12, 1],
    ]);
  });

  it("takes an empty list of sizes, which transformers writes, as none", () => {
    expect(checkConfig({ ...gemma, per_layer_config: {} })).toEqual(checkConfig(gemma));
  });

  it.each([
    [{ 1: wide }],
    [{ 1: wide, 3: { head_dim: 16 } }],
    [{ 0: wide, 1: wide, 3: wide }],
    [{ 1: { ...wide, intermediate_size: 3 }, 3: { ...wide, intermediate_size: 3 } }],
  ])("refuses other sizes of layers: %j", (per_layer_config) => {
    expect(() => checkConfig({ ...gemma, attention_k_eq_v: true, per_layer_config })).toThrow("per_layer_config: got");
  });

  it("has no window in its last layer", () => {
    const types = Array(4).fill("sliding_attention");
    expect(checkConfig({ ...gemma, layer_types: types, sliding_window: 3 }).windows).toEqual([3, 3, 3, null]);
  });

  it.each([
    [{ num_kv_shared_layers: 3 }, "num_kv_shared_layers: got 3"],
    [{ num_kv_shared_layers: 4 }, "num_kv_shared_layers: got 4"],
    [{ global_head_dim: 7 }, "global_head_dim: got 7"],
    [{ head_dim: 7 }, "head_dim: got 7"],
    [{ attention_k_eq_v: true, num_global_key_value_heads: 3 }, "num_global_key_value_heads: got 3"],
    [{ enable_moe_block: true, num_experts: 4 }, "enable_moe_block: got true"],
  ])("refuses %j", (keys, problem) => {
    expect(() => checkConfig({ ...gemma, ...keys })).toThrow(problem);
  });
});
