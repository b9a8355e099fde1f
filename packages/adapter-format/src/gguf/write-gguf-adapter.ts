// Writes an adapter as a GGUF file for llama.cpp and programs built on it: Ollama, node-llama-cpp, wllama.

import type { ModelConfig } from "@lowrank/contracts/families";
import {
  type GgufChange,
  type GgufTable,
  ggufNameOf,
  ggufParameterOf,
  ggufTableFor,
} from "@lowrank/contracts/families/gguf";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import type { WritableTensor } from "@lowrank/gguf";
import { type EncodableType, encodeValues, ggufPieces, type WritableValue } from "@lowrank/gguf/internal";
import { joinPieces } from "@lowrank/safetensors";
import { inexpressibleAdapterError, invalidAdapterTensorsError } from "../errors.ts";
import { transposed } from "../formats/encode-tensors.ts";
import { expressibleMatrices, type WholeLora } from "../formats/expressible-matrices.ts";
import { tensorProblems, valueProblems } from "../formats/peft/check-tensors.ts";
import type { Adapter, AdapterTensor } from "../lora-config.ts";
import { rankOf, scalingOf } from "../targets/scaling.ts";
import { toPlainLora, variants } from "../variants/variants.ts";
import { tokenEmbedding, toStoredRows } from "./row-order.ts";

/** Options of `writeGgufAdapter`. */
export interface WriteGgufAdapterOptions {
  /** Type of the values. Default F32. With Q8_0, a matrix whose rows are not whole blocks of 32 is written as F16. */
  readonly dtype?: AdapterType;
  /** The name in the file's metadata. */
  readonly name?: string;
}

const optionNames: OptionNames<WriteGgufAdapterOptions> = { dtype: true, name: true };

type AdapterType = Extract<EncodableType, "F32" | "F16" | "BF16" | "Q8_0">;

/** llama.cpp's numbers of file types (LLAMA_FTYPE). */
const fileTypes: Readonly<Record<AdapterType, number>> = { F32: 0, F16: 1, Q8_0: 7, BF16: 32 };

/**
 * An adapter as the bytes of a GGUF file, for `llama-cli --lora`, ADAPTER in an Ollama Modelfile and similar. Scales that differ
 * from α/rank (rsLoRA, `alpha_pattern`) are multiplied into B.
 *
 * @param config Of the base. Its head layout decides the order of rows.
 * @throws INEXPRESSIBLE_ADAPTER listing parts that llama.cpp's format cannot store, such as trained biases;
 * INVALID_ADAPTER_TENSORS for tensors that do not fit the configuration, or values that `dtype` cannot store.
 *
 * @example
 * ```ts
 * import { createLoraConfig } from "@lowrank/adapter-format";
 * import { writeGgufAdapter } from "@lowrank/adapter-format/gguf";
 * import { checkConfig } from "@lowrank/contracts/families";
 *
 * const sizes = { hidden_size: 4, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 8, vocab_size: 4 };
 * const path = "model.layers.0.self_attn.v_proj";
 * const bytes = writeGgufAdapter(
 *   {
 *     config: createLoraConfig({ rank: 1, targetModules: ["v_proj"] }),
 *     tensors: new Map([
 *       [`${path}.lora_A.weight`, { shape: [1, 4], values: Float32Array.of(1, 2, 3, 4) }],
 *       [`${path}.lora_B.weight`, { shape: [4, 1], values: Float32Array.of(5, 6, 7, 8) }],
 *     ]),
 *     metadata: new Map(),
 *   },
 *   checkConfig({ model_type: "llama", ...sizes }),
 * );
 * if (new TextDecoder().decode(bytes.subarray(0, 4)) !== "GGUF") throw new Error("no GGUF file");
 * ```
 */
export function writeGgufAdapter(
  adapter: Adapter,
  config: ModelConfig,
  options: WriteGgufAdapterOptions = {},
): Uint8Array {
  refuseUnknownOptions("writeGgufAdapter", options, optionNames);
  const { dtype = "F32", name } = options;
  const broken = tensorProblems(adapter.config, adapter.tensors);
  if (broken.length > 0) throw invalidAdapterTensorsError("The adapter", broken);
  const { architecture, alpha, modules, lists } = planGgufAdapter(adapter, config);
  const factors = new Map<string, AdapterTensor>();
  for (const { lora, name: weight, change, factor } of modules) {
    factors.set(`${weight}.lora_a`, weight === tokenEmbedding ? transposed(lora.a) : lora.a);
    factors.set(`${weight}.lora_b`, toStoredRows(lora.b, { change, config }, factor));
  }
  const problems = valueProblems(factors, dtype);
  if (problems.length > 0) throw invalidAdapterTensorsError("The adapter", problems);
  const metadata: [string, WritableValue][] = [
    ["general.architecture", { type: "string", value: architecture }],
    ["general.type", { type: "string", value: "adapter" }],
    ...(name === undefined
      ? []
      : [["general.name", { type: "string", value: name }] satisfies [string, WritableValue]]),
    ["general.file_type", { type: "uint32", value: fileTypes[dtype] }],
    ["general.quantization_version", { type: "uint32", value: 2 }],
    ["adapter.type", { type: "string", value: "lora" }],
    ["adapter.lora.alpha", { type: "float32", value: alpha }],
  ];
  for (const [key, value] of lists) metadata.push([key, { type: "array", of: "uint32", value }]);
  const tensors = new Map([...factors].map(([key, tensor]) => [key, stored(tensor, dtype)] as const));
  return joinPieces(ggufPieces(new Map(metadata), tensors));
}

function stored({ shape, values }: AdapterTensor, dtype: AdapterType): WritableTensor {
  const type = dtype === "Q8_0" && (shape.at(-1) ?? 0) % 32 !== 0 ? "F16" : dtype;
  return { type, shape, bytes: encodeValues(values, type) };
}

interface GgufAdapterPlan {
  readonly architecture: string;
  /** The one alpha of the file. llama.cpp divides it by the rank of each module. */
  readonly alpha: number;
  readonly modules: readonly {
    readonly lora: WholeLora;
    /** GGUF's name of the weight: "blk.0.attn_q.weight". */
    readonly name: string;
    readonly change: GgufChange | undefined;
    /** Factor for B, if llama.cpp's α/rank is not this module's scale. */
    readonly factor: number;
  }[];
  /** Metadata of variants: lists of numbers by key. */
  readonly lists: ReadonlyMap<string, readonly number[]>;
}

/** Throws INEXPRESSIBLE_ADAPTER listing everything that llama.cpp's format cannot store. */
function planGgufAdapter(adapter: Adapter, config: ModelConfig): GgufAdapterPlan {
  const plain = toPlainLora(adapter);
  const table = ggufTableFor(config);
  if (table === undefined) {
    const reason = "llama.cpp's names for its weights are unknown; merge the adapter and convert the merged folder";
    throw inexpressibleAdapterError("llama.cpp", [{ what: `a model of type ${config.family.modelType}`, reason }]);
  }
  // llama.cpp reads an alpha of 0 as "no scale".
  const alpha = plain.config.alpha === 0 ? 1 : plain.config.alpha;
  const whole = expressibleMatrices(plain, {
    program: "llama.cpp",
    features: variants.flatMap(({ key, gguf }) => (gguf === undefined ? [] : [key])),
    holds: () => false,
    reasonAgainst: (lora) => reasonAgainst(lora, config, table),
  });
  const modules = whole.map((lora) => {
    const name = ggufNameOf(table, `${lora.path}.weight`) ?? "";
    // llama.cpp takes each rank from the shape of A.
    const factor = scalingOf(plain.config, lora.path) / (alpha / rankOf(plain.config, lora.path));
    return { lora, name, change: ggufParameterOf(table, name)?.change, factor };
  });
  const variantLists = variants.flatMap(({ gguf }) =>
    gguf === undefined ? [] : [[gguf.key, gguf.write(plain.config)] as const],
  );
  const lists = new Map(variantLists.filter(([, numbers]) => numbers.length > 0));
  return { architecture: table.architecture, alpha, modules, lists };
}

function reasonAgainst({ path, partOfA, a }: WholeLora, config: ModelConfig, table: GgufTable): string | undefined {
  const name = ggufNameOf(table, `${path}.weight`);
  if (name === null) return `the architecture ${table.architecture} has no such weight in GGUF`;
  const isTable = partOfA === "lora_embedding_A";
  if (config.tiedEmbeddings && (isTable || name === "output.weight"))
    return "embedding and head share one weight in this model, and llama.cpp cannot adapt only one";
  if (isTable && name !== "token_embd.weight") return "llama.cpp adapts only the token embedding";
  return a.shape.length === 2 ? undefined : "only matrices are adapted";
}
