import { describe, expect, it } from "vitest";
import { checkConfigOf } from "../../../config/check-config-of.ts";
import { falconH1 } from "./falcon-h1.ts";

const sizes = { vocab_size: 40, hidden_size: 16, intermediate_size: 24, num_hidden_layers: 2, num_attention_heads: 4 };
const falcon = { model_type: "falcon_h1", ...sizes, num_key_value_heads: 2, mamba_d_ssm: 48, mamba_n_heads: 8 };
const check = (changes: object = {}) => checkConfigOf(falconH1, { ...falcon, ...changes });

describe("the tables of falcon_h1", () => {
  it("read each multiplier of a list, and 1 where there is no list", () => {
    const ones = { gateScale: 1, downScale: 1, memoryGateScale: 1, memoryStepScale: 1 };
    expect(check().scalars).toMatchObject(ones);
    expect(check({ mlp_multipliers: null, ssm_multipliers: null }).scalars).toMatchObject(ones);
    const lists = { mlp_multipliers: [2, 3], ssm_multipliers: [4, 5, 6, 7, 8] };
    const read = { gateScale: 2, downScale: 3, memoryGateScale: 4, memoryValueScale: 5, memoryKeyScale: 6 };
    expect(check(lists).scalars).toMatchObject({ ...read, memoryQueryScale: 7, memoryStepScale: 8 });
  });

  it("scale scores by the multiplier of keys and the heads' root", () => {
    expect(check({ key_multiplier: 0.5 }).scalars.scoreScale).toBe(0.25);
  });

  it("give heads their part of mamba_d_ssm, or of the expanded width", () => {
    expect(check().memoryValueSize).toBe(6);
    expect(check({ mamba_d_ssm: null, mamba_expand: 3 }).memoryValueSize).toBe(6);
    const { mamba_d_ssm: _, ...withoutWidth } = falcon;
    expect(checkConfigOf(falconH1, withoutWidth).memoryValueSize).toBe(128);
    expect(check({ mamba_d_head: 5 }).memoryValueSize).toBe(5);
  });

  it.each([
    [{ mlp_multipliers: [1] }, "it is no list of 2 numbers"],
    [{ ssm_multipliers: [1, 1, 1, 1, "one"] }, "ssm_multipliers[4]"],
    [{ ssm_multipliers: 2 }, "it is no list of 5 numbers"],
    [{ projectors_bias: true }, "biases to the projections of Mamba layers"],
    [{ mamba_d_head: "large" }, "mamba_d_head"],
  ])("refuse %j by name", (changes, problem) => {
    expect(() => check(changes)).toThrow(problem);
  });
});
