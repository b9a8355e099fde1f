import { describe, expect, it } from "vitest";
import { planDownload } from "./plan-download.ts";

const address = { input: "a/b" };

describe("planDownload", () => {
  it("selects config, tokenizer and one copy of the weights", () => {
    const paths = [
      "README.md",
      "config.json",
      "pytorch_model.bin",
      "model.safetensors",
      "tokenizer.json",
      "onnx/model.onnx",
    ];
    expect(planDownload(address, "model", paths)).toEqual(["config.json", "tokenizer.json", "model.safetensors"]);
  });

  it("includes the settings of processors", () => {
    const paths = ["config.json", "preprocessor_config.json", "processor_config.json", "model.safetensors"];
    expect(planDownload(address, "model", [...paths, "video_preprocessor_config.json"])).toEqual(paths);
  });

  it("selects vocabulary files only without a tokenizer.json", () => {
    const paths = [
      "config.json",
      "model.safetensors",
      "source.spm",
      "target.spm",
      "vocab.json",
      "tokenizer_config.json",
    ];
    expect([...planDownload(address, "model", paths)].sort()).toEqual([...paths].sort());
    const both = ["config.json", "model.safetensors", "tokenizer.json", "vocab.txt", "spiece.model"];
    expect(planDownload(address, "model", both)).toEqual(["config.json", "tokenizer.json", "model.safetensors"]);
  });

  it("includes sentence-transformers' files for embeddings", () => {
    const paths = ["config.json", "model.safetensors", "modules.json", "1_Pooling/", "onnx/"];
    expect(planDownload(address, "model", paths)).toEqual([
      "config.json",
      "modules.json",
      "model.safetensors",
      "1_Pooling/config.json",
    ]);
  });

  it("selects every shard and the index of sharded weights", () => {
    const paths = [
      "config.json",
      "model-00002-of-00002.safetensors",
      "model-00001-of-00002.safetensors",
      "model.safetensors.index.json",
    ];
    expect(planDownload(address, "model", paths)).toEqual([
      "config.json",
      "model.safetensors.index.json",
      "model-00001-of-00002.safetensors",
      "model-00002-of-00002.safetensors",
    ]);
  });

  it("explains how to convert a repository that has pickled weights only", () => {
    expect(() => planDownload(address, "model", ["config.json", "pytorch_model.bin"])).toThrow(
      /pytorch_model\.bin but no safetensors\. Convert it in Python/,
    );
  });

  it("tells an adapter from a model", () => {
    expect(() => planDownload(address, "model", ["adapter_config.json"])).toThrow("Pass its base as `model`");
    expect(() => planDownload(address, "adapter", ["config.json"])).toThrow("Pass it as `model`");
    const paths = ["adapter_config.json", "adapter_model.safetensors", "optimizer.pt"];
    expect(planDownload(address, "adapter", paths)).toEqual(["adapter_config.json", "adapter_model.safetensors"]);
  });

  it("selects MLX's files of an adapter", () => {
    const paths = ["adapter_config.json", "adapters.safetensors", "0000100_adapters.safetensors"];
    expect(planDownload(address, "adapter", paths)).toEqual(["adapter_config.json", "adapters.safetensors"]);
  });

  it("selects the file of another program's adapter: the only or the named one", () => {
    expect(planDownload(address, "adapter", ["README.md", "style.safetensors"])).toEqual(["style.safetensors"]);
    const two = ["x.safetensors", "y.safetensors"];
    expect(() => planDownload(address, "adapter", two)).toThrow("Choose one of a/b/x.safetensors, a/b/y.safetensors");
    const named = (file: string, content: "adapter" | "model" = "adapter") =>
      planDownload({ input: `a/b/${file}`, file }, content, two);
    expect(named("y.safetensors")).toEqual(["y.safetensors"]);
    expect(() => named("z.safetensors")).toThrow("Its folder has x.safetensors, y.safetensors");
    expect(() => named("y.safetensors", "model")).toThrow("a model needs a folder");
    expect(() => planDownload(address, "adapter", ["config.json", "model.safetensors"])).toThrow("Pass it as `model`");
  });

  it("names the folders of a repository that has nothing at its root", () => {
    const plan = () => planDownload({ input: "a/b@v1" }, "adapter", ["README.md", "checkpoint-5/", "checkpoint-10/"]);
    expect(plan).toThrow("pass the subfolder: a/b/checkpoint-5@v1, a/b/checkpoint-10@v1.");
  });

  it("selects the only .gguf file without safetensors, with all its parts, and lists several", () => {
    const one = ["README.md", "config.json", "model-Q4.gguf", "mmproj-model-f16.gguf"];
    expect(planDownload(address, "model", one)).toEqual(["model-Q4.gguf"]);
    const parts = ["big-00002-of-00002.gguf", "big-00001-of-00002.gguf"];
    expect(planDownload(address, "model", parts)).toEqual([...parts].reverse());
    expect(() => planDownload({ input: "a/b@v1" }, "model", [...one, ...parts])).toThrow(
      "the folder has 2 .gguf files. Choose one of a/b/big-00001-of-00002.gguf@v1, a/b/model-Q4.gguf@v1.",
    );
    expect(planDownload(address, "model", [...one, "model.safetensors"])).toEqual(["config.json", "model.safetensors"]);
  });

  it("selects the named .gguf file, and lists the existing ones if there is no such file", () => {
    const named = (file: string) => planDownload({ input: `a/b/${file}`, file }, "model", ["x.gguf", "y.gguf"]);
    expect(named("y.gguf")).toEqual(["y.gguf"]);
    expect(() => named("z.gguf")).toThrow("there is no z.gguf. Its folder has x.gguf, y.gguf.");
  });

  it("includes an adapter's own tokenizer", () => {
    const paths = ["adapter_config.json", "adapter_model.safetensors", "tokenizer.json", "training_args.bin"];
    expect(planDownload(address, "adapter", paths)).toContain("tokenizer.json");
  });
});
