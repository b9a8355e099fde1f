// What `inspect` finds, as data.

import type { LoraConfig } from "@lowrank/adapter-format";
import type { Warning } from "@lowrank/contracts";
import type { ModelConfig, Task } from "@lowrank/contracts/families";
import type { GgufValue } from "@lowrank/gguf";

/** One tensor as a file describes it. */
export interface TensorFact {
  readonly name: string;
  /** As its format calls it: "BF16", "Q4_K". */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** What is known of whatever holds tensors. */
interface Inspected {
  readonly path: string;
  readonly tensors: readonly TensorFact[];
  /** Numbers in all tensors. */
  readonly parameters: number;
  /** Bytes of all tensors. */
  readonly bytes: number;
  /** What is odd about it. */
  readonly warnings: readonly Warning[];
}

/** One module that an adapter changes: what a base has to have there. */
export interface AdaptedModule {
  readonly path: string;
  readonly rank: number;
  readonly alpha: number;
  /** What its product is multiplied with. */
  readonly scaling: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
}

/** An adapter, as its folder or as the one file of Kohya's or diffusers'. */
export interface AdapterInspection extends Inspected {
  readonly kind: "adapter";
  /** Who writes it so: "PEFT", "MLX", "Kohya", "diffusers". */
  readonly format: string;
  readonly config: LoraConfig;
  readonly modules: readonly AdaptedModule[];
  readonly metadata: ReadonlyMap<string, string>;
  /** Of the base that it was made on, if the file says so. */
  readonly baseFingerprint: string | undefined;
  /** Names of a classifier's classes, in order of their numbers. */
  readonly classes: readonly string[] | undefined;
}

/** A Hugging Face model folder. */
export interface ModelInspection extends Inspected {
  readonly kind: "model";
  /** config.json as it stands. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What it says, read; undefined for a model that is not computed here: a warning tells why. */
  readonly understood: ModelConfig | undefined;
  readonly task: Task | undefined;
  readonly hasTokenizer: boolean;
  readonly metadata: ReadonlyMap<string, string>;
}

/** A .safetensors file. */
export interface SafetensorsInspection extends Inspected {
  readonly kind: "safetensors";
  /** Of the whole file. */
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

/** Everything found about one path. */
export type Inspection = AdapterInspection | ModelInspection | SafetensorsInspection | GgufInspection;

/** The tensors, with what they sum up to. */
export function totals(tensors: readonly TensorFact[]): Pick<Inspected, "tensors" | "parameters" | "bytes"> {
  return {
    tensors,
    parameters: tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    bytes: tensors.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** Numbers in a tensor. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
