import { describe, expect, it } from "vitest";
import { learningRateFactor, loraPlus } from "./learning-rate-groups.ts";

describe("LoRA+", () => {
  it.each([
    ["transformer.h.0.attn.c_attn.lora_B.weight", 16],
    ["model.embed_tokens.lora_embedding_B", 16],
    ["transformer.h.0.attn.c_attn.lora_A.weight", 1],
    ["classifier.weight", 1],
  ])("lets %s learn %i times as fast", (name, factor) => {
    expect(learningRateFactor(loraPlus(16), name)).toBe(factor);
  });
});
