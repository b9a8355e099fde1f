import { describe, expect, it } from "vitest";
import { checkConfig } from "./check-config.ts";

const mixture = {
  model_type: "qwen3_moe",
  vocab_size: 40,
  hidden_size: 24,
  intermediate_size: 32,
  num_hidden_layers: 6,
  num_attention_heads: 4,
  num_experts: 4,
  num_experts_per_tok: 2,
};
const expertsIn = (changes: object) =>
  checkConfig({ ...mixture, ...changes })
    .layerKinds.flatMap((kind, layer) => (kind === "experts" ? [layer] : []))
    .join(" ");

describe("layers with experts", () => {
  it("are all or every nth, without those in a list", () => {
    expect(expertsIn({})).toBe("0 1 2 3 4 5");
    expect(expertsIn({ decoder_sparse_step: 2 })).toBe("1 3 5");
    expect(expertsIn({ decoder_sparse_step: 2, mlp_only_layers: [3, 4, 9] })).toBe("1 5");
    expect(expertsIn({ mlp_only_layers: [] })).toBe("0 1 2 3 4 5");
  });

  it("are refused if the list is not of numbers", () => {
    expect(() => expertsIn({ mlp_only_layers: ["first"] })).toThrow("mlp_only_layers");
    expect(() => expertsIn({ mlp_only_layers: 3 })).toThrow("a list of layer numbers");
    expect(() => expertsIn({ decoder_sparse_step: 0 })).toThrow("decoder_sparse_step");
  });
});

it("a loss that balances experts may have the factor 0", () => {
  const { switches, scalars } = checkConfig({ ...mixture, output_router_logits: true, router_aux_loss_coef: 0 });
  expect([switches.balancesExperts, scalars.balanceScale]).toEqual([true, 0]);
});
