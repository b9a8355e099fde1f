import { describe, expect, it } from "vitest";
import { checkConfig } from "../config/check-config.ts";
import type { Task } from "../task.ts";
import { matchCheckpoint } from "./match-checkpoint.ts";
import { parametersOf } from "./parameters.ts";

const gpt2 = checkConfig({ model_type: "gpt2", vocab_size: 9, n_embd: 4, n_layer: 1, n_head: 2, n_positions: 8 });
const bert = checkConfig({
  model_type: "bert",
  vocab_size: 9,
  hidden_size: 4,
  intermediate_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
});
const llama = checkConfig({
  model_type: "llama",
  vocab_size: 9,
  hidden_size: 4,
  intermediate_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  tie_word_embeddings: true,
});
const t5 = checkConfig({ model_type: "t5", vocab_size: 9, d_model: 4, d_ff: 8, d_kv: 2, num_layers: 1, num_heads: 2 });
const distilbert = checkConfig({
  model_type: "distilbert",
  vocab_size: 9,
  dim: 4,
  hidden_dim: 8,
  n_layers: 1,
  n_heads: 2,
});

/** The keys of a file as a model for `task` saves it. */
function fileOf(config: typeof gpt2, task: Task): readonly string[] {
  return parametersOf(config, task).flatMap(({ path, tiedWith }) => (tiedWith === null ? [path] : []));
}

describe("a checkpoint", () => {
  it("of the bare base model fits a model with a head", () => {
    const { fileKeys, missing } = matchCheckpoint(gpt2, "causal-lm", fileOf(gpt2, "feature-extraction"));
    expect(missing).toEqual([]);
    expect(fileKeys.get("transformer.h.0.attn.c_attn.weight")).toBe("h.0.attn.c_attn.weight");
  });

  it("of a model with a head fits the bare base model", () => {
    const { fileKeys, missing, unused, unexpected } = matchCheckpoint(
      bert,
      "feature-extraction",
      fileOf(bert, "sequence-classification"),
    );
    expect(missing).toEqual([]);
    expect(fileKeys.get("pooler.dense.weight")).toBe("bert.pooler.dense.weight");
    expect(unused).toEqual(["classifier.weight", "classifier.bias"]);
    expect(unexpected).toEqual([]);
  });

  it("fits a model that keeps the same base under another name, and the other way round", () => {
    const there = matchCheckpoint(llama, "question-answering", fileOf(llama, "causal-lm"));
    expect(there.fileKeys.get("transformer.norm.weight")).toBe("model.norm.weight");
    expect([there.missing, there.unexpected]).toEqual([[], []]);
    const back = matchCheckpoint(llama, "feature-extraction", fileOf(llama, "question-answering"));
    expect(back.fileKeys.get("norm.weight")).toBe("transformer.norm.weight");
    expect([back.missing, back.unexpected]).toEqual([[], []]);
  });

  it("of another task's model loads its base; the head is newly initialized", () => {
    const match = matchCheckpoint(bert, "sequence-classification", fileOf(bert, "masked-lm"));
    expect(match.toMakeNew.map(({ path }) => path)).toEqual([
      "bert.pooler.dense.weight",
      "bert.pooler.dense.bias",
      "classifier.weight",
      "classifier.bias",
    ]);
    expect([match.missing, match.unexpected]).toEqual([[], []]);
    expect(match.unused).toContain("cls.predictions.transform.dense.weight");
  });

  it("with its pooler under the bare name fits a task without one", () => {
    const { unused, unexpected } = matchCheckpoint(bert, "masked-lm", [
      "pooler.dense.weight",
      "bert.pooler.dense.bias",
    ]);
    expect([unused, unexpected]).toEqual([["pooler.dense.weight", "bert.pooler.dense.bias"], []]);
  });

  it("may have buffers and copies of tied weights, which are not used", () => {
    const extra = ["h.0.attn.bias", "transformer.h.0.attn.masked_bias", "lm_head.weight"];
    const match = matchCheckpoint(gpt2, "causal-lm", [...fileOf(gpt2, "causal-lm"), ...extra]);
    expect([match.unused, match.unexpected]).toEqual([extra, []]);
    const rotary = "model.layers.0.self_attn.rotary_emb.inv_freq";
    expect(matchCheckpoint(llama, "causal-lm", [rotary]).unused).toEqual([rotary]);
    expect(matchCheckpoint(bert, "masked-lm", ["embeddings.position_ids"]).unused).toEqual(["embeddings.position_ids"]);
  });

  it("may have a tied weight under only one of its names, as transformers reads it", () => {
    const rest = fileOf(gpt2, "causal-lm").filter((key) => key !== "transformer.wte.weight");
    const match = matchCheckpoint(gpt2, "causal-lm", [...rest, "lm_head.weight"]);
    expect(match.fileKeys.get("transformer.wte.weight")).toBe("lm_head.weight");
    expect([match.missing, match.unused, match.unexpected]).toEqual([[], [], []]);
    const stacks = ["decoder.embed_tokens.weight", "encoder.embed_tokens.weight"];
    const { fileKeys, unused } = matchCheckpoint(t5, "sequence-to-sequence", stacks);
    expect([fileKeys.get("shared.weight"), unused]).toEqual([stacks[0], [stacks[1]]]);
  });

  it("does not read the embedding from an untied head", () => {
    const untied = { ...gpt2, tiedEmbeddings: false };
    const { missing } = matchCheckpoint(untied, "causal-lm", ["lm_head.weight"]);
    expect(missing.map(({ path }) => path)).toContain("transformer.wte.weight");
  });

  it("may spell layer norms as TensorFlow does", () => {
    const { fileKeys } = matchCheckpoint(bert, "masked-lm", ["bert.embeddings.LayerNorm.gamma"]);
    expect(fileKeys.get("bert.embeddings.LayerNorm.weight")).toBe("bert.embeddings.LayerNorm.gamma");
    const small = matchCheckpoint(distilbert, "masked-lm", ["distilbert.embeddings.LayerNorm.beta"]);
    expect(small.fileKeys.get("distilbert.embeddings.LayerNorm.bias")).toBe("distilbert.embeddings.LayerNorm.beta");
  });

  it("with two spellings of one weight is read by the current one, whatever the order", () => {
    const two = ["cls.predictions.decoder.bias", "cls.predictions.bias"];
    for (const keys of [two, [...two].reverse()]) {
      const { fileKeys, unused, unexpected } = matchCheckpoint(bert, "masked-lm", keys);
      expect(fileKeys.get("cls.predictions.bias")).toBe("cls.predictions.bias");
      expect([unused, unexpected]).toEqual([["cls.predictions.decoder.bias"], []]);
    }
  });

  it("with one weight under two prefixes is not trusted to know which is meant", () => {
    const { unexpected } = matchCheckpoint(gpt2, "causal-lm", ["transformer.wte.weight", "wte.weight"]);
    expect(unexpected).toEqual(["wte.weight"]);
  });

  it("that lacks weights names them all, and all unexpected keys", () => {
    const keys = fileOf(gpt2, "causal-lm").slice(2);
    const { missing, unexpected } = matchCheckpoint(gpt2, "causal-lm", [...keys, "extra.weight"]);
    expect(missing.map(({ path }) => path)).toEqual(["transformer.wte.weight", "transformer.wpe.weight"]);
    expect(unexpected).toEqual(["extra.weight"]);
  });
});
