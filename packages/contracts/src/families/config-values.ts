// What a config.json says after checking: the same words for every family.

import type { DropoutPlace, ScalarName, SizeName, SwitchName } from "./config-names.ts";
import type { ConfigProblem } from "./errors.ts";
import type { RotaryConfig } from "./rotary.ts";
import type { Task } from "./task.ts";

/**
 * Functions between the two linear maps of a feed-forward block. "gelu-tanh" is the approximation GPT-2 uses, "gelu-sigmoid"
 * a coarser one (Hendrycks and Gimpel 2016), "gelu-clipped" stays within ±10 (Wu et al. 2020); "mish" is x·tanh(log(1 + eˣ))
 * (Misra 2019), "laplace" the normal distribution's share below x, moved and narrowed (Ma et al. 2022).
 */
export type Activation =
  | "gelu-erf"
  | "gelu-tanh"
  | "gelu-sigmoid"
  | "silu"
  | "relu"
  | "relu-squared"
  | "sigmoid"
  | "tanh"
  | "mish"
  | "gelu-clipped"
  | "relu6"
  | "leaky-relu"
  | "laplace"
  | "linear";

/** What a classification's loss is; null lets the number of labels and their type decide, as transformers does. */
export type ProblemType = "regression" | "single_label_classification" | "multi_label_classification";

/**
 * What a layer has in a family whose layers differ: a mixture of experts in place of a feed-forward, or a convolution or a memory
 * in place of attention. All layers of other families are plain.
 */
export type LayerKind = "plain" | "experts" | "convolution" | "memory";

/** What differs from stage to stage, besides widths that double. */
export interface StageConfig {
  readonly layers: number;
  readonly heads: number;
}

/** What a checked configuration says. */
export interface ConfigValues extends Readonly<Record<SizeName, number>> {
  readonly modelType: string;
  /** The class in `architectures`, if the file names one. */
  readonly architecture: string | null;
  /** Of a model in stages, each of them – of the configuration of a stage, it and those behind it; else empty. */
  readonly stages: readonly StageConfig[];
  /** Of a model put together from several (CLIP), each by its path; else empty. */
  readonly towers: Readonly<Record<string, ConfigValues>>;
  readonly activation: Activation;
  readonly normEpsilon: number;
  /** How positions are rotated; null where they are not. */
  readonly rotary: RotaryConfig | null;
  /** The same for layers with a window, where it differs (Gemma 3); else null. */
  readonly localRotary: RotaryConfig | null;
  /** Of each layer, whether queries and keys rotate: all, or none, or – SmolLM3, Cohere 2 – most. */
  readonly rotatingLayers: readonly boolean[];
  readonly layerKinds: readonly LayerKind[];
  /** Of each layer, how many keys a query sees at most to one side, itself included; null for all. */
  readonly windows: readonly (number | null)[];
  /** False for what the family does not know. */
  readonly switches: Readonly<Record<SwitchName, boolean>>;
  /** Null for what the family or this model computes without. */
  readonly scalars: Readonly<Record<ScalarName, number | null>>;
  /** Whether head and input embedding share one weight. */
  readonly tiedEmbeddings: boolean;
  /** Rates at which the base model itself drops values while training. */
  readonly dropouts: Readonly<Record<DropoutPlace, number>>;
  /** Number of classes of a classifier. */
  readonly labels: number;
  /** Names of the classes, by index. */
  readonly labelNames: readonly string[];
  readonly problemType: ProblemType | null;
  readonly padTokenId: number | null;
  /** With which a decoder's inputs begin; null where nothing says so. */
  readonly decoderStartTokenId: number | null;
  readonly bosTokenId: number | null;
  readonly eosTokenIds: readonly number[];
  /** Tasks for which the file asks for something that is not computed. */
  readonly refusedTasks: ReadonlyMap<Task, readonly ConfigProblem[]>;
}
