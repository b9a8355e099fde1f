// Reads a file of loralib.lora_state_dict as PEFT would have written it. A MergedLinear joins several parts (such as
// query, key, value) in one matrix, and some of them have LoRA: each has r rows of A and out/parts rows of B. As one A
// and B this is a block matrix B, zero for the other parts. Its rank is r times the number of adapted parts, and α
// grows by the same factor. Source: loralib 0.1.2, layers.py, utils.py.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { bytesSource, openSafetensors } from "@lowrank/safetensors";
import type { ByteSource, SafetensorsFile } from "@lowrank/safetensors/internal";
import { invalidAdapterTensorsError, type TensorProblem } from "../../errors.ts";
import type { Adapter, AdapterTensor, BiasMode } from "../../lora-config.ts";
import { embeddingKeys, loraKeys } from "../../tensor-keys.ts";
import { checkedAdapter, configOfModules, type ModuleScale } from "../checked-adapter.ts";
import { readableTypes } from "../peft/check-tensors.ts";
import { type ReadAdapterOptions, readAdapterNames } from "../peft/read-options.ts";

/** How loralib's layers were configured. The file does not contain this. */
export interface ReadLoralibOptions extends ReadAdapterOptions {
  /** Their `lora_alpha`. Default: the file's metadata, else 1 as in loralib. */
  readonly alpha?: number;
  /** The `enable_lora` of each MergedLinear, by the end of its path: `{ c_attn: [true, false, true] }`. */
  readonly groups?: Readonly<Record<string, readonly boolean[]>>;
}

const optionNames: OptionNames<ReadLoralibOptions> = { ...readAdapterNames, alpha: true, groups: true };

/** The metadata key of α, written by `writeLoralibAdapter`. */
export const alphaKey = "lora_alpha";

/** Matches embeddings: their A and B have other names in PEFT. */
const embeddingPath = /(^|\.)(embed_tokens|embed_in|wte|wpe|word_embeddings|shared)$/;

/**
 * Reads `loralib.lora_state_dict(model)`, saved with safetensors: A and B of Linear, MergedLinear and Embedding, and
 * trained biases. loralib's Conv2d has another layout and is refused.
 *
 * @throws SafetensorsError; INVALID_ADAPTER_TENSORS listing all other tensors.
 */
export async function readLoralibAdapter(
  weights: Uint8Array | ByteSource,
  options: ReadLoralibOptions = {},
): Promise<Adapter> {
  refuseUnknownOptions("readLoralibAdapter", options, optionNames);
  const source = weights instanceof Uint8Array ? bytesSource(weights, "loralib's file") : weights;
  const file = await openSafetensors(source);
  const problems: TensorProblem[] = [];
  const { modules, biases } = await readTensors(file, problems);
  const alpha = options.alpha ?? Number(file.metadata.get(alphaKey) ?? 1);
  const tensors = new Map<string, AdapterTensor>();
  const scales: ModuleScale[] = [];
  for (const [path, matrices] of modules) {
    const lora = joinParts(path, matrices, options.groups ?? {});
    if ("problem" in lora) {
      problems.push({ key: path, problem: lora.problem });
      continue;
    }
    const keys = embeddingPath.test(path) ? embeddingKeys(path) : loraKeys(path);
    tensors.set(keys.a, lora.a).set(keys.b, lora.b);
    scales.push({ path, rank: lora.a.shape[0] ?? 0, alpha: alpha * lora.parts });
  }
  if (problems.length === 0 && scales.length === 0) problems.push({ key: "the file", problem: "has no lora_A" });
  if (problems.length > 0) throw invalidAdapterTensorsError(source.name, problems);
  for (const [path, bias] of biases) tensors.set(modules.has(path) ? `${path}.base_layer.bias` : `${path}.bias`, bias);
  const config = configOfModules(scales, { bias: biasMode([...biases.keys()], modules) });
  const metadata = new Map([...file.metadata].filter(([key]) => key !== "format" && key !== alphaKey));
  return checkedAdapter({ config, tensors, metadata }, source.name, options);
}

interface ModuleMatrices {
  a?: AdapterTensor;
  b?: AdapterTensor;
}

async function readTensors(file: SafetensorsFile, problems: TensorProblem[]) {
  const modules = new Map<string, ModuleMatrices>();
  const biases = new Map<string, AdapterTensor>();
  for (const [key, { shape, dtype }] of file.tensors) {
    const [, path = "", part] = /^(\w[\w.-]*)\.(lora_A|lora_B|bias)$/.exec(key) ?? [];
    if (part === undefined)
      problems.push({
        key,
        problem: "is a weight of the base model; save loralib.lora_state_dict(model), which has the adapter alone",
      });
    else if (!readableTypes.has(dtype) || shape.length !== (part === "bias" ? 1 : 2))
      problems.push({ key, problem: `has the type ${dtype} and the shape [${shape.join(", ")}]` });
    else {
      const tensor = { shape, values: await file.readFloat32(key) };
      if (part === "bias") biases.set(path, tensor);
      else modules.set(path, { ...modules.get(path), [part === "lora_A" ? "a" : "b"]: tensor });
    }
  }
  return { modules, biases };
}

function biasMode(paths: readonly string[], modules: ReadonlyMap<string, ModuleMatrices>): BiasMode {
  if (paths.length === 0) return "none";
  return paths.every((path) => modules.has(path)) ? "lora_only" : "all";
}

/** A and B of one module, and the number of adapted parts in them. */
function joinParts(
  path: string,
  { a, b }: ModuleMatrices,
  groups: NonNullable<ReadLoralibOptions["groups"]>,
): { readonly a: AdapterTensor; readonly b: AdapterTensor; readonly parts: number } | { readonly problem: string } {
  if (a === undefined || b === undefined) return { problem: `has no lora_${a === undefined ? "A" : "B"}` };
  const [rows = 0] = a.shape;
  const [outRows = 0, rank = 0] = b.shape;
  const name = Object.keys(groups).find((end) => path === end || path.endsWith(`.${end}`));
  const enabled = name === undefined ? [true] : (groups[name] ?? []);
  const parts = enabled.filter(Boolean).length;
  if (parts === 0 || enabled.length > 1024) return { problem: `adapts ${parts} of ${enabled.length} parts in groups` };
  if (rows !== rank * parts || outRows % parts !== 0)
    return {
      problem: `has ${rows} rows in A for ${parts} of rank ${rank}; for a MergedLinear, give the adapted parts: groups: { … }`,
    };
  return { a, b: enabled.length === 1 ? b : blocksOf(b, enabled), parts };
}

/** B [out/parts · enabled, rank] → [out, rank · enabled]: each part's rows get columns of their own. */
function blocksOf({ shape: [rows = 0, rank = 0], values }: AdapterTensor, enabled: readonly boolean[]): AdapterTensor {
  const parts = enabled.filter(Boolean).length;
  const [height, width] = [rows / parts, rank * parts];
  const result = new Float32Array(height * enabled.length * width);
  let part = 0;
  for (const [slot, isEnabled] of enabled.entries()) {
    if (!isEnabled) continue;
    for (let row = 0; row < height; row++)
      for (let column = 0; column < rank; column++)
        result[(slot * height + row) * width + part * rank + column] = values[(part * height + row) * rank + column]!;
    part++;
  }
  return { shape: [height * enabled.length, width], values: result };
}
