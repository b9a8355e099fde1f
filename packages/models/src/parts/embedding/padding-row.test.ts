import { checkConfig } from "@lowrank/contracts/families";
import { families } from "@lowrank/contracts/families/internal";
import { EmbeddingSite } from "@lowrank/engine/hook-points";
import { describe, expect, it } from "vitest";
import { outlineModel } from "../../outline/outline-model.ts";
import { paddingRowOf } from "../part-list.ts";

describe("paddingRowOf", () => {
  it("is the padding token's row in the families whose tables transformers makes with it", () => {
    const plain = families
      .map(({ modelType }) => modelType)
      .filter((modelType) => !("paddingRow" in paddingRowOf({ rows: "vocabulary" }, { modelType, padTokenId: 3 })));
    // ViT has no tokens.
    expect(plain.sort()).toEqual(["bloom", "falcon", "gpt2", "gpt_neo", "gpt_neox", "gptj", "mt5", "t5", "umt5"]);
    expect(paddingRowOf({ rows: "vocabulary" }, { modelType: "llama", padTokenId: 3 })).toEqual({ paddingRow: 3 });
  });

  it("does not exist without a padding token, and for positions only after it, as in RoBERTa", () => {
    expect(paddingRowOf({ rows: "vocabulary" }, { modelType: "llama", padTokenId: null })).toEqual({});
    const positions = (modelType: string) => paddingRowOf({ rows: "positions" }, { modelType, padTokenId: 1 });
    expect(["bert", "roberta", "xlm-roberta"].map(positions)).toEqual([{}, { paddingRow: 1 }, { paddingRow: 1 }]);
  });

  it("reaches a model's tables, BART's two stacks included", () => {
    const config = checkConfig({
      model_type: "bart",
      vocab_size: 20,
      d_model: 8,
      encoder_layers: 1,
      decoder_layers: 1,
      pad_token_id: 1,
      encoder_attention_heads: 2,
      decoder_attention_heads: 2,
      encoder_ffn_dim: 8,
      decoder_ffn_dim: 8,
    });
    const { parts } = outlineModel({ config, task: "sequence-to-sequence" });
    const tables = parts.filter((part) => part instanceof EmbeddingSite);
    expect(tables.map(({ path, paddingRow }) => [path, paddingRow])).toEqual([
      ["model.shared", 1],
      ["model.encoder.embed_tokens", 1],
      ["model.encoder.embed_positions", undefined],
      ["model.decoder.embed_tokens", 1],
      ["model.decoder.embed_positions", undefined],
    ]);
  });
});
