import { expect, it } from "vitest";
import { checkConfig } from "../../../config/check-config.ts";

const sizes = { vocab_size: 20, hidden_size: 16, intermediate_size: 24, num_hidden_layers: 4, num_attention_heads: 4 };
const layer_types = ["sliding_attention", "full_attention", "sliding_attention", "full_attention"];
const check = (keys: object) =>
  checkConfig({ model_type: "gemma3n_text", ...sizes, layer_types, num_kv_shared_layers: 2, ...keys });

it("reads a width for each layer if all are equal", () => {
  expect(check({ intermediate_size: [8, 8, 8, 8] }).intermediateSize).toBe(8);
  expect(() => check({ intermediate_size: [8, 8, 8, 9] })).toThrow("intermediate_size: got");
});

it("has sparse gates in the first ten of more layers, unless the file has a share for each", () => {
  expect(check({ num_hidden_layers: 12, layer_types: null }).sparsities).toEqual([...Array(10).fill(0.95), 0, 0]);
  expect(check({}).sparsities).toEqual([0, 0, 0, 0]);
  expect(check({ activation_sparsity_pattern: [0.9, 0, 0.5, 0] }).sparsities).toEqual([0.9, 0, 0.5, 0]);
});

it.each([
  [{ num_kv_shared_layers: 3 }, "num_kv_shared_layers: got 3"],
  [{ activation_sparsity_pattern: [1, 0, 0, 0] }, "a number from 0 to 0.999 for each of 4 layers"],
  [{ altup_num_inputs: 1 }, "altup_num_inputs: got 1"],
  [{ altup_num_inputs: 6 }, "altup_num_inputs: got 6, expected an integer from 2 to 5"],
  [{ altup_active_idx: 1 }, "altup_active_idx: got 1"],
  [{ altup_correct_scale: false }, "altup_correct_scale: got false"],
  [{ hidden_size_per_layer_input: 0 }, "hidden_size_per_layer_input: got 0"],
])("refuses %j", (keys, problem) => {
  expect(() => check(keys)).toThrow(problem);
});
