import { describe, expect, it } from "vitest";
import { UsageError } from "../errors/usage-errors.ts";
import { maxLengthFor, type PositionedModel, positionLimit, rowLengths } from "./position-limit.ts";

function model(maxPositions: number, ...paths: readonly string[]): PositionedModel {
  const config = { modelType: "gpt2", maxPositions, padTokenId: null };
  return { config, sites: () => paths.map((path) => ({ path })) };
}

describe("positionLimit", () => {
  it("treats 0 as unlimited", () => {
    expect(positionLimit(model(0).config)).toBe(Number.POSITIVE_INFINITY);
    expect(positionLimit(model(32).config)).toBe(32);
  });

  it("leaves out the rows before RoBERTa's first position, which follows the padding id", () => {
    expect(positionLimit({ modelType: "roberta", maxPositions: 514, padTokenId: 1 })).toBe(512);
    expect(positionLimit({ modelType: "xlm-roberta", maxPositions: 514, padTokenId: 1 })).toBe(512);
    expect(positionLimit({ modelType: "roberta", maxPositions: 130, padTokenId: null })).toBe(128);
  });
});

describe("maxLengthFor", () => {
  it("cuts rows at the model's limit or at 512, never at 0", () => {
    expect(maxLengthFor(model(0), undefined)).toBe(512);
    expect(maxLengthFor(model(32), undefined)).toBe(32);
    expect(maxLengthFor(model(4096), undefined)).toBe(512);
  });

  it("uses the given length", () => {
    expect(maxLengthFor(model(32), 7)).toBe(7);
    expect(maxLengthFor(model(32, "model.layers.0.self_attn.q_proj"), 64)).toBe(64);
  });

  it("names the option as a program writes it, not as a flag", () => {
    expect(() => maxLengthFor(model(8, "wpe"), 9)).toThrow(
      "`maxLength` 9 is too large: the model has positions for 8 tokens",
    );
    expect(() => maxLengthFor(model(8, "wpe"), 9, "maxTargetLength")).toThrow("`maxTargetLength` 9 is too large");
  });

  it("refuses more than a table of positions has rows for, before the run meets such a row", () => {
    expect(() => maxLengthFor(model(32, "transformer.wte", "transformer.wpe"), 64)).toThrow(UsageError);
    expect(() => maxLengthFor(model(32, "bert.embeddings.position_embeddings"), 33)).toThrow("positions for 32 tokens");
    const marian: PositionedModel = { ...model(32), config: { ...model(32).config, modelType: "marian" } };
    expect(() => maxLengthFor(marian, 33)).toThrow(UsageError);
  });
});

describe("rowLengths", () => {
  it("limits a target only if a decoder writes it", () => {
    const requested = { maxLength: 7, maxTargetLength: 5 };
    expect(rowLengths({ ...model(32), task: "sequence-to-sequence" }, requested)).toEqual(requested);
    expect(rowLengths({ ...model(32), task: "causal-lm" }, { maxLength: 7 })).toEqual({ maxLength: 7 });
    expect(() => rowLengths({ ...model(32), task: "causal-lm" }, requested)).toThrow(UsageError);
  });
});
