// The settings of one forward pass.

/** The seed of random numbers in one pass; dropout adds the site's path. The same key always gives the same numbers. */
export interface RandomKey {
  /** The run's seed: an integer from 0 to 2³² − 1. */
  readonly seed: number;
  /** The optimizer step, counted from 0. */
  readonly step: number;
  /** The micro-batch within the step, counted from 0. */
  readonly microStep: number;
  /** Whether to use the dropout masks of the first version, for runs that began with them. */
  readonly oldMasks?: boolean;
}

/** Immutable, because a block that is recomputed in the backward pass must use the same settings. */
export interface ForwardContext {
  /** Whether dropout is on. */
  readonly training: boolean;
  readonly adapters: AdapterSelection;
  readonly random: RandomKey;
  /**
   * Gradient checkpointing: keep only the input of every Nth block, and recompute the rest in the backward pass. It costs up to one
   * more forward pass, and changes no number. Absent: keep all activations.
   */
  readonly blocksPerCheckpoint?: number;
  /** In training: NEFTune's alpha, the size of the noise on token embeddings (Jain et al. 2024). Absent: no noise. */
  readonly embeddingNoise?: number;
  /** In training: label smoothing, the share of the target that is spread over all classes (Szegedy et al. 2016). Absent: none. */
  readonly labelSmoothing?: number;
  /**
   * Whether sites must receive every position of a batch, padding included, as measurements of activations need. Absent: a model may
   * leave out positions that do not affect its result.
   */
  readonly everyPosition?: boolean;
  /**
   * In question answering: padding is no place of an answer, and its states are not computed. Absent: it is one, as in transformers, so
   * that the loss of a row depends on the longest row of its batch.
   */
  readonly ignoresPadding?: boolean;
  /**
   * What a frozen encoder computed for images, by a hash of their pixels: a model adds to it, and computes no image again while an
   * entry is there. For one run of training, in which the encoder's weights stay as they are. Absent: nothing is kept.
   */
  readonly imageStates?: Map<string, ImageStates>;
  /** The positions of the current states in their texts. Set by models with `knowsTokenPositions`, never by callers. */
  readonly tokenPositions?: TokenPositions;
}

/** The last states of an image encoder for one image: [tokens, width]. */
export interface ImageStates {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** A context for evaluation: no dropout, with the given adapters (default: the base alone). */
export function inferenceContext(adapters: AdapterSelection = noAdapters): ForwardContext {
  return { training: false, adapters, random: { seed: 0, step: 0, microStep: 0 } };
}

/** One adapter of an active set; its own scaling s is multiplied by `weight`. */
export interface ActiveAdapter {
  readonly name: string;
  readonly weight: number;
}

/** None, a weighted set for the whole batch, or one adapter (or the base, `null`) for each row of the batch. */
export type AdapterSelection =
  | { readonly kind: "none" }
  | { readonly kind: "active"; readonly adapters: readonly ActiveAdapter[] }
  | { readonly kind: "rows"; readonly rows: readonly (string | null)[] };

/** The frozen base model alone. */
export const noAdapters: AdapterSelection = { kind: "none" };

/**
 * The given adapters, each with weight 1, summed. Replacements of a weight (a saved module, a bias, a trained token row) cannot be
 * summed: if several adapters replace the same one, their values must be equal.
 */
export function activeAdapters(...names: readonly string[]): AdapterSelection {
  return { kind: "active", adapters: names.map((name) => ({ name, weight: 1 })) };
}

/** One adapter name for each row of the batch; `null`, or PEFT's "__base__", for the base. No adapter can have that name. */
export function adapterRows(rows: readonly (string | null)[]): AdapterSelection {
  return { kind: "rows", rows: rows.map((name) => (name === "__base__" ? null : name)) };
}

/** Every adapter name that a selection mentions, each once, in order of first mention. */
export function selectedNames(selection: AdapterSelection): readonly string[] {
  if (selection.kind === "none") return [];
  if (selection.kind === "active") return [...new Set(selection.adapters.map((adapter) => adapter.name))];
  return [...new Set(selection.rows.filter((name): name is string => name !== null))];
}

/** The position in its text of each state at a site: of its input with all axes but the last flattened. Made by the model. */
export interface TokenPositions {
  /** The number of states. */
  readonly count: number;
  /**
   * 1 for each state from the last occurrence of `tokens` in its text on, including the occurrence, else 0. A text is the row's
   * original input; generated tokens are not searched. The method has no side effects.
   */
  since(tokens: readonly number[]): Float32Array;
  /** The positions of some of the states, by their indices. */
  pick(states: readonly number[]): TokenPositions;
}
