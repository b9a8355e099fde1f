// Every reader that is fuzzed. A target is imported only in the process that runs it: some bring TensorFlow.js along.

import type { Target } from "./target.ts";

/** A target before it is imported. */
export interface TargetRow {
  readonly name: string;
  /** What it reads, for people. */
  readonly reads: string;
  readonly load: () => Promise<Target>;
  /** Its inputs are a list in the sources: what is found needs no keeping. */
  readonly isList?: true;
}

export const targets: readonly TargetRow[] = [
  {
    name: "safetensors",
    reads: "parseSafetensors and openSafetensors, against a checker written from the specification",
    load: async () => (await import("./targets/safetensors.ts")).safetensors,
  },
  {
    name: "shard-index",
    reads: "model.safetensors.index.json over two shards",
    load: async () => (await import("./targets/shard-index.ts")).shardIndex,
  },
  {
    name: "gguf",
    reads: "openGguf, and the configuration and tokenizer in its metadata",
    load: async () => (await import("./targets/gguf.ts")).gguf,
  },
  {
    name: "onnx",
    reads: "an ONNX model: readOnnx, makeSwitchable, then written and read again",
    load: async () => (await import("./targets/onnx.ts")).onnx,
  },
  {
    name: "adapter-config",
    reads: "adapter_config.json: parseLoraConfig, then written and read again",
    load: async () => (await import("./targets/adapter-config.ts")).adapterConfig,
  },
  {
    name: "foreign-adapters",
    reads: "adapters of Kohya, LyCORIS, diffusers and loralib, then written and read again",
    load: async () => (await import("./targets/foreign-adapters.ts")).foreignAdapters,
  },
  {
    name: "written-adapters",
    reads: "adapters that we wrote for PEFT, Kohya, MLX and llama.cpp: the same numbers and scales",
    load: async () => (await import("./targets/written-adapters.ts")).writtenAdapters,
  },
  {
    name: "written-gguf",
    reads: "GGUF files that we wrote, whole and from any place on",
    load: async () => (await import("./targets/written-gguf.ts")).writtenGguf,
  },
  {
    name: "model-folder",
    reads: "config.json and generation_config.json: loadModel",
    load: async () => (await import("./targets/model-folder.ts")).modelFolder,
  },
  {
    name: "tokenizer",
    reads: "tokenizer.json and tokenizer_config.json: openTokenizer, then encode and decode",
    load: async () => (await import("./targets/tokenizer.ts")).tokenizer,
  },
  {
    name: "chat-template",
    reads: "chatTemplate and what it renders",
    load: async () => (await import("./targets/chat-template.ts")).chatTemplates,
  },
  {
    name: "data-files",
    reads: "JSONL, JSON, CSV and TSV: readDataFile against the readers of texts",
    load: async () => (await import("./targets/data-files.ts")).dataFiles,
  },
  {
    name: "parquet",
    reads: "Parquet files: readDataFile",
    load: async () => (await import("./targets/parquet.ts")).parquet,
  },
  {
    name: "pictures",
    reads: "PNG and JPEG: the pixels of a row's picture",
    load: async () => (await import("./targets/media.ts")).pictures,
  },
  {
    name: "sounds",
    reads: "WAV files: readWav, then resample",
    load: async () => (await import("./targets/media.ts")).sounds,
  },
  {
    name: "checkpoint",
    reads: "readCheckpoint of a folder with a manifest",
    load: async () => (await import("./targets/checkpoint.ts")).checkpoint,
  },
  {
    name: "forward-inputs",
    reads: "tensors for model.forward and model.loss, and inputs.json of the command line",
    load: async () => (await import("./targets/forward-inputs.ts")).forwardInputs,
  },
  {
    name: "tool-calls",
    reads: "answers of models that call tools",
    load: async () => (await import("./targets/tool-calls.ts")).toolCalls,
  },
  {
    name: "json-schemas",
    reads: "schemas of generated JSON, and texts that fit them",
    load: async () => (await import("./targets/json-schemas.ts")).jsonSchemas,
  },
  {
    name: "bombs",
    reads: "files that once took all time or memory, made on each run: every one has to end as it should",
    load: async () => (await import("./targets/bombs.ts")).bombs,
    isList: true,
  },
];

/** What the watchdog's own tests run. */
const planted: TargetRow = {
  name: "planted",
  reads: "nothing",
  load: async () => (await import("./watch/planted.ts")).planted,
};

/** The row with a name; throws for a name that no row has. */
export function targetRow(name: string): TargetRow {
  const row = [...targets, planted].find((candidate) => candidate.name === name);
  if (row === undefined) throw new Error(`There is no target "${name}".`);
  return row;
}
