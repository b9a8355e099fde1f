// An adapter → a file that llama.cpp, and what is built on it – Ollama, node-llama-cpp, wllama –, puts on its base.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts";
import type { ModelConfig } from "@lowrank/contracts/families";
import { type EncodableType, encodeValues, ggufPieces, type WritableTensor, type WritableValue } from "@lowrank/gguf";
import { joinPieces } from "@lowrank/safetensors";
import type { Adapter, AdapterTensor } from "../adapter.ts";
import { InvalidAdapterTensorsError, type TensorProblem } from "../errors.ts";
import { tensorProblems } from "../formats/peft/check-tensors.ts";
import { firstBeyond } from "../formats/peft/first-non-finite.ts";
import { turned } from "../formats/turned.ts";
import { tokenTable, toStoredRows } from "./gguf-pair.ts";
import { planGgufAdapter } from "./plan-gguf-adapter.ts";

/** How to write a GGUF adapter. */
export interface WriteGgufAdapterOptions {
  /** Type of the numbers; default F32. A matrix whose rows are no whole blocks of 32 is F16 where Q8_0 is asked for. */
  readonly dtype?: AdapterType;
  /** What the file calls itself. */
  readonly name?: string;
}

const optionNames: OptionNames<WriteGgufAdapterOptions> = { dtype: true, name: true };

type AdapterType = Extract<EncodableType, "F32" | "F16" | "BF16" | "Q8_0">;

/** llama.cpp's numbers of file types (LLAMA_FTYPE). */
const fileTypes: Readonly<Record<AdapterType, number>> = { F32: 0, F16: 1, Q8_0: 7, BF16: 32 };

/**
 * An adapter as the bytes of a GGUF file, for `llama-cli --lora`, an Ollama Modelfile's ADAPTER and the like. Scales that
 * α/rank cannot say – of rsLoRA, of `alpha_pattern` – are multiplied into B.
 *
 * @param config Of the base: how its heads lie decides the order of rows.
 * @throws InexpressibleAdapterError listing what llama.cpp's format cannot hold, trained biases among it;
 * InvalidAdapterTensorsError for tensors that do not fit the configuration, or numbers that `dtype` cannot hold.
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
  if (broken.length > 0) throw new InvalidAdapterTensorsError("The adapter", broken);
  const { architecture, alpha, pairs, lists } = planGgufAdapter(adapter, config);
  const factors = new Map<string, AdapterTensor>();
  for (const { pair, name: weight, change, factor } of pairs) {
    factors.set(`${weight}.lora_a`, weight === tokenTable ? turned(pair.a) : pair.a);
    factors.set(`${weight}.lora_b`, toStoredRows(pair.b, { change, config }, factor));
  }
  refuseBeyond(factors, dtype);
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

function refuseBeyond(tensors: ReadonlyMap<string, AdapterTensor>, dtype: AdapterType): void {
  const problems = [...tensors].flatMap(([key, { values }]): TensorProblem[] => {
    const position = firstBeyond(values, dtype === "Q8_0" ? "F16" : dtype);
    if (position < 0) return [];
    return [{ key, problem: `has ${values[position]} at position ${position}, which ${dtype} cannot hold` }];
  });
  if (problems.length > 0) throw new InvalidAdapterTensorsError("The adapter", problems);
}
