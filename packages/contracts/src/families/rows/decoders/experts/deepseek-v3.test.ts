import { expect, it } from "vitest";
import { checkConfig } from "../../../config/check-config.ts";

const sizes = { vocab_size: 20, hidden_size: 16, intermediate_size: 24, num_hidden_layers: 2, num_attention_heads: 4 };
const deepseek = {
  model_type: "deepseek_v3",
  ...sizes,
  num_key_value_heads: 4,
  n_routed_experts: 8,
  num_experts_per_tok: 4,
};

it("has narrow queries unless their rank is null", () => {
  const groups = { n_group: 2, topk_group: 2 };
  expect(checkConfig({ ...deepseek, ...groups }).queryRank).toBe(1536);
  expect(checkConfig({ ...deepseek, ...groups, q_lora_rank: null }).queryRank).toBe(0);
});

it.each([
  [{ n_group: 3 }, "n_group: got 3, expected a divisor of the number of experts (8), of two experts or more each"],
  [{ n_group: 8 }, "n_group: got 8"],
  [{ n_group: 2, topk_group: 3 }, "topk_group: got 3, expected at most n_group (2)"],
  [{ n_group: 4, topk_group: 1 }, "topk_group: got 1, expected enough groups for 4 experts"],
  [{ n_group: 1, topk_group: 1, num_key_value_heads: 2 }, "num_key_value_heads: got 2"],
  [{ n_group: 1, topk_group: 1, scoring_func: "softmax" }, 'scoring_func: got "softmax"'],
])("refuses %j by name", (keys, problem) => {
  expect(() => checkConfig({ ...deepseek, ...keys })).toThrow(problem);
});
