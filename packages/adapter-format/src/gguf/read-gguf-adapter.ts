// Reads an adapter of llama.cpp as PEFT would have written it.

import type { ModelConfig } from "@lowrank/contracts/families";
import { type GgufTable, ggufParameterOf, ggufTableFor } from "@lowrank/contracts/families/gguf";
import { type GgufFile, openGguf } from "@lowrank/gguf";
import type { GgufSource } from "@lowrank/gguf/internal";
import { ForeignAdapterError, invalidAdapterTensorsError, type TensorProblem } from "../errors.ts";
import { configOfModules } from "../formats/checked-adapter.ts";
import { transposed } from "../formats/encode-tensors.ts";
import { tensorProblems } from "../formats/peft/check-tensors.ts";
import type { Adapter, AdapterTensor } from "../lora-config.ts";
import { loraMatricesIn } from "../lora-matrices-in.ts";
import { buildTensorKey } from "../tensor-keys.ts";
import { variants } from "../variants/variants.ts";
import { fromStoredRows, tokenEmbedding } from "./row-order.ts";

/**
 * Reads an adapter from a GGUF file that convert_lora_to_gguf.py, `writeGgufAdapter` or llama-export-lora wrote.
 *
 * @param config Of the base. The file contains neither the head layout nor PEFT's module names.
 * @throws GgufError for a damaged file; ForeignAdapterError if it is no adapter for a model of this configuration;
 * INVALID_ADAPTER_TENSORS listing every tensor that is neither A nor B.
 *
 * @example
 * ```ts
 * import { createLoraConfig } from "@lowrank/adapter-format";
 * import { readGgufAdapter, writeGgufAdapter } from "@lowrank/adapter-format/gguf";
 * import { checkConfig } from "@lowrank/contracts/families";
 *
 * const sizes = { hidden_size: 4, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 8, vocab_size: 4 };
 * const base = checkConfig({ model_type: "llama", ...sizes });
 * const key = "model.layers.0.self_attn.q_proj.lora_B.weight";
 * const tensors = new Map([
 *   [key.replace("_B", "_A"), { shape: [1, 4], values: Float32Array.of(1, 2, 3, 4) }],
 *   [key, { shape: [4, 1], values: Float32Array.of(5, 6, 7, 8) }],
 * ]);
 * const config = createLoraConfig({ rank: 1, targetModules: ["q_proj"] });
 * const bytes = writeGgufAdapter({ config, tensors, metadata: new Map() }, base);
 * const source = { name: "lora.gguf", size: bytes.length, read: async (from: number, size: number) => bytes.subarray(from, from + size) };
 * const again = await readGgufAdapter(source, base);
 * if (String(again.tensors.get(key)?.values) !== "5,6,7,8") throw new Error("rows in another order");
 * ```
 */
export async function readGgufAdapter(source: GgufSource, config: ModelConfig): Promise<Adapter> {
  const file = await openGguf(source);
  const table = tableOf(file, config, source.name);
  const { tensors, problems } = await tensorsOf(file, { table, config });
  const modules = loraMatricesIn(tensors);
  if (modules.length === 0 && problems.length === 0) problems.push({ key: "the file", problem: "has no lora_a" });
  if (problems.length > 0) throw invalidAdapterTensorsError(source.name, problems);
  const storedAlpha = Number(file.metadata.get("adapter.lora.alpha") ?? 0);
  const scales = modules.map(({ path, a }) => {
    const [rank = 0] = a.shape;
    // Without an alpha llama.cpp does not scale, so α is the rank, for each module.
    return { path, rank, alpha: storedAlpha === 0 ? rank : storedAlpha };
  });
  const variantSettings = variants.map(({ gguf }) => {
    const numbers = gguf === undefined ? undefined : file.metadata.get(gguf.key);
    return Array.isArray(numbers) ? gguf?.read(numbers.map(Number)) : undefined;
  });
  const settings = configOfModules(scales, {
    taskType: config.family.causal ? "CAUSAL_LM" : "FEATURE_EXTRACTION",
    ...Object.assign({}, ...variantSettings),
  });
  const broken = tensorProblems(settings, tensors);
  if (broken.length > 0) throw invalidAdapterTensorsError(source.name, broken);
  return { config: settings, tensors, metadata: new Map() };
}

function tableOf({ metadata }: GgufFile, config: ModelConfig, name: string): GgufTable {
  const [kind, type, architecture] = ["general.type", "adapter.type", "general.architecture"].map((key) =>
    metadata.get(key),
  );
  const table = ggufTableFor(config);
  if (kind === "adapter" && type === "lora" && table !== undefined && architecture === table.architecture) return table;
  const advice =
    kind !== "adapter"
      ? "It is a model, not an adapter."
      : type !== "lora"
        ? "It is an adapter of another type than LoRA."
        : `It is an adapter for the architecture ${JSON.stringify(architecture)}; the base is of the type ${config.family.modelType}.`;
  throw new ForeignAdapterError(name, { name: "llama.cpp (GGUF)", advice });
}

async function tensorsOf(
  file: GgufFile,
  { table, config }: { readonly table: GgufTable; readonly config: ModelConfig },
): Promise<{ readonly tensors: ReadonlyMap<string, AdapterTensor>; readonly problems: TensorProblem[] }> {
  const tensors = new Map<string, AdapterTensor>();
  const problems: TensorProblem[] = [];
  for (const [key, { shape }] of file.tensors) {
    const [, weight = "", matrix] = /^(.+)\.lora_([ab])$/.exec(key) ?? [];
    const parameter = ggufParameterOf(table, weight);
    if (matrix === undefined) problems.push({ key, problem: "is neither lora_a nor lora_b" });
    else if (parameter === null)
      problems.push({ key, problem: `is for no weight of the architecture ${table.architecture}` });
    else if (shape.length !== 2) problems.push({ key, problem: `has the shape [${shape.join(", ")}], not two sizes` });
    else {
      const stored = { shape, values: await file.readFloat32(key) };
      const path = parameter.path.replace(/\.weight$/, "");
      const prefix = weight === tokenEmbedding ? "lora_embedding_" : "lora_";
      if (matrix === "b") {
        const b = fromStoredRows(stored, { change: parameter.change, config });
        tensors.set(buildTensorKey({ path, part: `${prefix}B` }), b);
      } else {
        const a = weight === tokenEmbedding ? transposed(stored) : stored;
        tensors.set(buildTensorKey({ path, part: `${prefix}A` }), a);
      }
    }
  }
  return { tensors, problems };
}
