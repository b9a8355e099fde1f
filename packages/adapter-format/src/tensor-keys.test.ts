import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildTensorKey, embeddingKeys, loraKeys, parseTensorKey, type TensorPart } from "./tensor-keys.ts";

describe("tensor names", () => {
  it.each([
    ["transformer.h.0.attn.c_attn.lora_A.weight", "transformer.h.0.attn.c_attn", "lora_A"],
    ["transformer.h.0.attn.c_attn.lora_B.weight", "transformer.h.0.attn.c_attn", "lora_B"],
    ["transformer.h.0.attn.c_attn.lora_B.bias", "transformer.h.0.attn.c_attn", "lora_B_bias"],
    ["model.embed_tokens.lora_embedding_A", "model.embed_tokens", "lora_embedding_A"],
    ["model.embed_tokens.lora_embedding_B", "model.embed_tokens", "lora_embedding_B"],
    ["q.lora_magnitude_vector", "q", "lora_magnitude_vector"],
    ["q.lora_magnitude_vector.weight", "q", "lora_magnitude_vector"],
    ["q.lora_diag", "q", "lora_diag"],
    ["model.embed_tokens.token_adapter.trainable_tokens_delta", "model.embed_tokens", "token_adapter"],
    ["h.0.attn.c_attn.base_layer.bias", "h.0.attn.c_attn", "base_layer"],
    ["model.embed_tokens.base_layer.weight", "model.embed_tokens", "base_layer"],
    ["model.embed_tokens.token_adapter.base_layer.weight", "model.embed_tokens", "token_base_layer"],
    ["lm_head.token_adapter.base_layer.bias", "lm_head", "token_base_layer"],
    ["classifier.weight", "classifier", "saved"],
    ["mlp.experts.base_layer.lora_A.weight", "mlp.experts.base_layer", "lora_A"],
  ])("%s is %s of a kind", (key, path, part) => {
    expect(parseTensorKey(key)).toMatchObject({ path, part });
  });

  it.each([
    "weight",
    "",
    ".weight",
    "q.",
    "lora_A.weight",
    "q.lora_A.default.weight",
    "q.lora_A",
    "q.lora_C.weight",
    "q.lora_up.weight",
    "q.lora_embedding_A.weight",
    "q.token_adapter.weight",
  ])("%j follows no rule", (key) => {
    expect(parseTensorKey(key)).toBeNull();
  });

  const segment = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/).filter((name) => !/^lora_|^base_layer$/.test(name));
  const parts: readonly TensorPart[] = [
    "lora_A",
    "lora_B",
    "lora_B_bias",
    "lora_embedding_A",
    "lora_embedding_B",
    "lora_magnitude_vector",
    "lora_diag",
    "token_adapter",
  ];

  it("taking apart undoes putting together, for any path", () => {
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 5 }), fc.constantFrom(...parts), (segments, part) => {
        const key = { path: segments.join("."), part };
        expect(parseTensorKey(buildTensorKey(key))).toEqual(key);
      }),
    );
    fc.assert(
      fc.property(
        segment,
        fc.constantFrom("base_layer", "token_base_layer", "saved"),
        fc.constantFrom("weight", "bias"),
        (path, part, parameter) => {
          expect(parseTensorKey(buildTensorKey({ path, part, parameter }))).toEqual({ path, part, parameter });
        },
      ),
    );
  });

  it("A and B have PEFT's names", () => {
    expect(loraKeys("q")).toEqual({ a: "q.lora_A.weight", b: "q.lora_B.weight" });
    expect(embeddingKeys("e")).toEqual({ a: "e.lora_embedding_A", b: "e.lora_embedding_B" });
  });
});
