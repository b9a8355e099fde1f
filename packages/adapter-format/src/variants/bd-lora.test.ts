import { describe, expect, it } from "vitest";
import { createLoraConfig } from "../config/create-lora-config.ts";

import { tensorProblems } from "../formats/peft/check-tensors.ts";
import { parseLoraConfig } from "../formats/peft/parse-lora-config.ts";
import { serializeLoraConfig } from "../formats/peft/write-adapter.ts";
import type { Adapter, LoraConfig } from "../lora-config.ts";
import { blockVerdict, spreadBlocks } from "./bd-lora.ts";

const q = "model.layers.0.self_attn.q_proj";
const down = "model.layers.0.mlp.down_proj";
const both = { target_modules_bd_a: ["down_proj"], target_modules_bd_b: ["q_proj"], nblocks: 2 };
const settings = (blockDiagonal: LoraConfig["blockDiagonal"]) => ({ blockDiagonal });

describe("the block-diagonal matrix", () => {
  it("is selected by names anywhere in the path, as plain text", () => {
    expect(blockVerdict(settings(both), q)).toEqual({ kind: "blocks", matrix: "b", count: 2 });
    expect(blockVerdict(settings(both), down)).toEqual({ kind: "blocks", matrix: "a", count: 2 });
    const inside = { target_modules_bd_a: ["s.0.m"], nblocks: 3 };
    expect(blockVerdict(settings(inside), down)).toEqual({ kind: "blocks", matrix: "a", count: 3 });
    const pattern = { target_modules_bd_a: ["down.proj"] };
    expect(blockVerdict(settings(pattern), down).kind).toBe("refused");
  });

  it("must be set for every target, unless match_strict is false", () => {
    const other = "model.layers.0.mlp.up_proj";
    expect(blockVerdict(settings(both), other)).toMatchObject({ kind: "refused", reason: /match_strict/ });
    expect(blockVerdict(settings({ ...both, match_strict: false }), other)).toEqual({ kind: "whole" });
    expect(blockVerdict(settings(null), other)).toEqual({ kind: "whole" });
  });

  it("cannot be both", () => {
    const twice = { target_modules_bd_a: ["q_proj"], target_modules_bd_b: ["attn"] };
    expect(blockVerdict(settings(twice), q)).toEqual({
      kind: "refused",
      reason: 'use_bdlora names it twice: "q_proj" for A, "attn" for B',
    });
  });
});

describe("a configuration with use_bdlora", () => {
  it("is written as it was read", () => {
    const config = parseLoraConfig(`{"peft_type": "LORA", "use_bdlora": ${JSON.stringify(both)}}`);
    expect(JSON.parse(serializeLoraConfig(config)).use_bdlora).toEqual(both);
  });

  it.each([
    { nblocks: 0 },
    { nblocks: 1.5 },
    { nblocks: 4097 },
    { nblocks: null },
    { match_strict: "yes" },
    { target_modules_bd_a: "q_proj" },
    { target_modules_bd_b: [1] },
    { target_modules_bd_a: ["q", "v"], target_modules_bd_b: ["v"] },
  ])("is refused where PEFT would be wrong or fail: %j", (blockDiagonal) => {
    expect(() => createLoraConfig({ blockDiagonal })).toThrow(
      expect.objectContaining({ code: "INVALID_ADAPTER_CONFIG" }),
    );
    const json = JSON.stringify({ peft_type: "LORA", use_bdlora: blockDiagonal });
    expect(() => parseLoraConfig(json)).toThrow(/use_bdlora/);
  });

  it.each<Partial<LoraConfig>>([
    { useDora: true },
    { activationTokens: [1] },
    { arrowConfig: {} },
    { veloraConfig: {} },
    { monteCloraConfig: {} },
    { kasaConfig: {} },
    { init: "mica" },
  ])("is refused beside another variant: %j", (other) => {
    expect(() => createLoraConfig({ blockDiagonal: both, ...other })).toThrow(
      /blockDiagonal: found .*PEFT cannot combine it with/,
    );
    expect(() => createLoraConfig(other)).not.toThrow();
  });
});

describe("tensors of blocks", () => {
  const config = createLoraConfig({ rank: 4, targetModules: ["q_proj", "down_proj"], blockDiagonal: both });
  const shapes = (ofB: readonly number[]) =>
    new Map([
      [`${q}.lora_A.weight`, { shape: [4, 6] }],
      [`${q}.lora_B.weight`, { shape: ofB }],
      [`${down}.lora_A.weight`, { shape: [4, 3] }],
      [`${down}.lora_B.weight`, { shape: [6, 4] }],
    ]);

  it("have the rank of the configuration, of which B has a share", () => {
    expect(tensorProblems(config, shapes([8, 2]))).toEqual([]);
    expect(tensorProblems(config, shapes([8, 4]))).toEqual([
      {
        key: `${q}.lora_B.weight`,
        problem: "has the shape [8, 4], so rank 8, but the configuration has 4",
      },
    ]);
  });
});

describe("an adapter without blocks", () => {
  const blocks = (shape: readonly number[]): Adapter => ({
    config: createLoraConfig({ rank: 2, targetModules: ["q_proj"], blockDiagonal: { ...both, nblocks: 2 } }),
    tensors: new Map([
      [`${down}.lora_A.weight`, { shape, values: Float32Array.from({ length: 4 }, (_, index) => index + 1) }],
      [`${down}.lora_B.weight`, { shape: [1, 2], values: Float32Array.of(5, 6) }],
    ]),
    metadata: new Map(),
  });

  it("has blocks on its diagonals, and needs nothing more", () => {
    const plain = spreadBlocks(blocks([2, 2]));
    expect(plain.tensors.get(`${down}.lora_A.weight`)).toEqual({
      shape: [2, 4],
      values: Float32Array.of(1, 2, 0, 0, 0, 0, 3, 4),
    });
    expect(plain.tensors.get(`${down}.lora_B.weight`)?.values).toEqual(Float32Array.of(5, 6));
    expect(plain.config.blockDiagonal).toBeNull();
    expect(spreadBlocks(plain)).toBe(plain);
  });

  it.each([
    ["rows that the blocks do not divide", [1, 4], /whose rows are not 2 equal blocks/],
    ["more numbers than memory has", [2 ** 15, 2 ** 15], /too large/],
  ] as const)("cannot be made of %s", (_, shape, message) => {
    expect(() => spreadBlocks(blocks(shape))).toThrow(expect.objectContaining({ code: "INVALID_ADAPTER_TENSORS" }));
    expect(() => spreadBlocks(blocks(shape))).toThrow(message);
  });
});
