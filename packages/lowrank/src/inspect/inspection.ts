// The results of `inspect`, as data.

import type { LoraConfig } from "@lowrank/adapter-format";
import type { Warning } from "@lowrank/contracts";
import type { ModelConfig, Task } from "@lowrank/contracts/families";
import type { GgufValue } from "@lowrank/gguf/internal";

/** One tensor as a file describes it. */
export interface TensorFact {
  readonly name: string;
  /** The format's name of the type: "BF16", "Q4_K". */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** Facts about anything that contains tensors. */
interface Inspected {
  readonly path: string;
  readonly tensors: readonly TensorFact[];
  /** Number of parameters in all tensors. */
  readonly parameters: number;
  /** Bytes of all tensors. */
  readonly bytes: number;
  /** Warnings about it. */
  readonly warnings: readonly Warning[];
}

/** One adapted module, with the layer sizes that the base must have. */
export interface AdaptedModule {
  readonly path: string;
  readonly rank: number;
  readonly alpha: number;
  /** The scaling factor of its update. */
  readonly scaling: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
}

/** An adapter: a folder, or one file of Kohya's or diffusers' format. */
export interface AdapterInspection extends Inspected {
  readonly kind: "adapter";
  /** The program of its format: "PEFT", "MLX", "Kohya", "diffusers". */
  readonly format: string;
  readonly config: LoraConfig;
  readonly modules: readonly AdaptedModule[];
  readonly metadata: ReadonlyMap<string, string>;
  /** Fingerprint of the base that it was trained on, if the file has it. */
  readonly baseFingerprint: string | undefined;
  /** Class names of a classifier, in the order of the class numbers. */
  readonly classes: readonly string[] | undefined;
}

/** A Hugging Face model folder. */
export interface ModelInspection extends Inspected {
  readonly kind: "model";
  /** config.json, unchanged. */
  readonly config: Readonly<Record<string, unknown>>;
  /** config.json as a ModelConfig; undefined for an unsupported model, for which a warning has the reason. */
  readonly understood: ModelConfig | undefined;
  readonly task: Task | undefined;
  readonly hasTokenizer: boolean;
  readonly metadata: ReadonlyMap<string, string>;
}

/** A .safetensors file. */
export interface SafetensorsInspection extends Inspected {
  readonly kind: "safetensors";
  /** Size of the whole file. */
  readonly fileBytes: number;
  readonly metadata: ReadonlyMap<string, string>;
}

/** A .gguf file. */
export interface GgufInspection extends Inspected {
  readonly kind: "gguf";
  readonly fileBytes: number;
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
}

/** The result of an inspection. */
export type Inspection = AdapterInspection | ModelInspection | SafetensorsInspection | GgufInspection;

/** The tensors with their totals. */
export function totals(tensors: readonly TensorFact[]): Pick<Inspected, "tensors" | "parameters" | "bytes"> {
  return {
    tensors,
    parameters: tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    bytes: tensors.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** Number of parameters in a tensor. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
