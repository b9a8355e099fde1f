import { expect, it } from "vitest";
import { checkConfig } from "../../../config/check-config.ts";

const sizes = { vocab_size: 40, hidden_size: 16, intermediate_size: 24, num_hidden_layers: 5, num_attention_heads: 4 };
const check = (keys: object) => checkConfig({ model_type: "cohere2_moe", ...sizes, sliding_window: 3, ...keys });
const first = { first_k_dense_replace: 2, sliding_window_pattern: 2 };

it.each([
  [first, [null, null, 3, null, 3], "11101"],
  [{ ...first, prefix_dense_sliding_window_pattern: 2 }, [3, null, 3, null, 3], "10101"],
  [
    { layer_types: Array(5).fill("full_attention"), mlp_layer_types: Array(5).fill("sparse") },
    Array(5).fill(null),
    "00000",
  ],
])("with %j has these windows and rotating layers", (keys, windows, rotating) => {
  const config = check(keys);
  expect([config.windows, config.rotatingLayers.map(Number).join("")]).toEqual([windows, rotating]);
});

it.each([
  [{ num_hidden_layers: 1e12 }, "num_hidden_layers: got"],
  [{ sliding_window_pattern: 0 }, "sliding_window_pattern: got 0"],
  [{ first_k_dense_replace: -1 }, "first_k_dense_replace: got -1"],
  [{ mlp_layer_types: ["dense"] }, 'expected "dense" or "sparse" for each of 5 layers'],
  [{ rope_scaling: { rope_type: "linear", factor: 2 } }, "rope_scaling: got"],
  [{ expert_selection_fn: "tanh" }, 'expert_selection_fn: got "tanh", expected "softmax" or "sigmoid"'],
])("refuses %j by name", (keys, problem) => {
  expect(() => check(keys)).toThrow(problem);
});
