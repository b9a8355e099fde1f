import { describe, expect, it } from "vitest";
import { planDownload } from "./plan-download.ts";

describe("planDownload", () => {
  it("takes config, tokenizer and one copy of the weights", () => {
    const paths = [
      "README.md",
      "config.json",
      "pytorch_model.bin",
      "model.safetensors",
      "tokenizer.json",
      "onnx/model.onnx",
    ];
    expect(planDownload("a/b", "model", paths)).toEqual(["config.json", "tokenizer.json", "model.safetensors"]);
  });

  it("takes every shard and the index of sharded weights", () => {
    const paths = [
      "config.json",
      "model-00002-of-00002.safetensors",
      "model-00001-of-00002.safetensors",
      "model.safetensors.index.json",
    ];
    expect(planDownload("a/b", "model", paths)).toEqual([
      "config.json",
      "model.safetensors.index.json",
      "model-00001-of-00002.safetensors",
      "model-00002-of-00002.safetensors",
    ]);
  });

  it("says how to convert a repository that has pickled weights only", () => {
    expect(() => planDownload("a/b", "model", ["config.json", "pytorch_model.bin"])).toThrow(
      /pytorch_model\.bin but no safetensors; convert it in Python/,
    );
  });

  it("tells an adapter from a model", () => {
    expect(() => planDownload("a/b", "model", ["adapter_config.json"])).toThrow("pass its base as `model`");
    expect(() => planDownload("a/b", "adapter", ["config.json"])).toThrow("pass it as `model`");
    const paths = ["adapter_config.json", "adapter_model.safetensors", "optimizer.pt"];
    expect(planDownload("a/b", "adapter", paths)).toEqual(["adapter_config.json", "adapter_model.safetensors"]);
  });

  it("takes an adapter's own tokenizer along", () => {
    const paths = ["adapter_config.json", "adapter_model.safetensors", "tokenizer.json", "training_args.bin"];
    expect(planDownload("a/b", "adapter", paths)).toContain("tokenizer.json");
  });
});
