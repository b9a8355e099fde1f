// The values of a checked config.json, under the same names for every family.

import type { QuantizationConfig } from "./config/quantization-config.ts";
import type { DropoutName, ScalarName, SizeName, SwitchName } from "./config-names.ts";
import type { ConfigProblem } from "./errors.ts";
import type { RotaryConfig } from "./rotary.ts";
import type { Task } from "./task.ts";

/**
 * Activations of feed-forward blocks. "gelu-tanh" is GPT-2's approximation, "gelu-sigmoid" a coarser one (Hendrycks and Gimpel
 * 2016), "gelu-clipped" is limited to ±10 (Wu et al. 2020). "mish" is x·tanh(log(1 + eˣ)) (Misra 2019), "laplace" a shifted and
 * scaled normal distribution function (Ma et al. 2022).
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

/** The loss of a classifier. With null, the number and type of the labels decide, as in transformers. */
export type ProblemType = "regression" | "single_label_classification" | "multi_label_classification";

/**
 * Kinds of layers: with a mixture of experts instead of a feed-forward, or with a convolution or a memory (linear attention) instead
 * of attention. A "deepstack" layer is plain, and its states are also given to a language model (Qwen3-VL). Most families have only plain layers.
 */
export type LayerKind = "plain" | "experts" | "convolution" | "memory" | "deepstack";

/** The sizes that differ between stages. Widths double from stage to stage. */
export interface StageConfig {
  readonly layers: number;
  readonly heads: number;
}

/** The values of a checked configuration. */
export interface ConfigValues extends Readonly<Record<SizeName, number>> {
  readonly modelType: string;
  /** The class in `architectures`, if the file names one. */
  readonly architecture: string | null;
  /** For a model in stages: all stages. In the configuration of one stage: this and the later ones. Else empty. */
  readonly stages: readonly StageConfig[];
  /** For a model composed of towers (CLIP): each tower's values by path. Else empty. */
  readonly towers: Readonly<Record<string, ConfigValues>>;
  readonly activation: Activation;
  readonly normEpsilon: number;
  /** Rotary positions; null for none. */
  readonly rotary: RotaryConfig | null;
  /** The rotation of layers with a window, if it differs (Gemma 3); else null. */
  readonly localRotary: RotaryConfig | null;
  /** Whether queries and keys rotate, for each layer. SmolLM3 and Cohere 2 have layers with and without. */
  readonly rotatingLayers: readonly boolean[];
  readonly layerKinds: readonly LayerKind[];
  /** The window of each layer: maximum number of keys to one side of a query, itself included; null for all. */
  readonly windows: readonly (number | null)[];
  /** The share of the feed-forward's gates that is 0 in each layer, up to 0.999 (Gemma 3n); 0 for none. */
  readonly sparsities: readonly number[];
  /** False if the family does not have the setting. */
  readonly switches: Readonly<Record<SwitchName, boolean>>;
  /** Null if the family or this model computes without it. */
  readonly scalars: Readonly<Record<ScalarName, number | null>>;
  /** Whether head and input embedding share one weight. */
  readonly tiedEmbeddings: boolean;
  /** How the files' linear layers are quantized; null for plain numbers. */
  readonly quantization: QuantizationConfig | null;
  /** Dropout rates of the base model. */
  readonly dropouts: Readonly<Record<DropoutName, number>>;
  /** Number of classes of a classifier. */
  readonly labels: number;
  /** Names of the classes, by index. */
  readonly labelNames: readonly string[];
  readonly problemType: ProblemType | null;
  readonly padTokenId: number | null;
  /** The first token of a decoder's inputs; null if undefined. */
  readonly decoderStartTokenId: number | null;
  readonly bosTokenId: number | null;
  readonly eosTokenIds: readonly number[];
  /** The token whose places images fill; null in a model that does not read images with texts. */
  readonly imageTokenId: number | null;
  /** Tasks that need unsupported settings of the file, with the problems. */
  readonly refusedTasks: ReadonlyMap<Task, readonly ConfigProblem[]>;
}
