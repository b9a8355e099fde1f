// What one forward pass was asked to do.

/** Names one draw of randomness: dropout adds the site's path. The same key gives the same numbers, always. */
export interface RandomKey {
  /** The run's seed: an integer from 0 to 2³² − 1. */
  readonly seed: number;
  /** The optimiser step, counted from 0. */
  readonly step: number;
  /** The micro-batch within the step, counted from 0. */
  readonly microStep: number;
  /** Whether dropout draws as it did before its masks had a generator of their own: for runs that began so. */
  readonly oldMasks?: boolean;
}

/** Passed by value: a block recomputed during backward must see the same as its forward did. */
export interface ForwardContext {
  /** Whether dropout acts. */
  readonly training: boolean;
  readonly adapters: AdapterSelection;
  readonly random: RandomKey;
  /**
   * Gradient checkpointing: keep only what goes into every so many blocks and compute them again during backward. Absent:
   * keep everything. It costs up to a second forward pass and changes no number.
   */
  readonly blocksPerCheckpoint?: number;
  /** While training: how large the noise on the embeddings of tokens is (NEFTune's alpha, Jain et al. 2024). Absent: none. */
  readonly embeddingNoise?: number;
  /** While training: the share of a label's target that all classes get in equal parts (Szegedy et al. 2016). Absent: none. */
  readonly labelSmoothing?: number;
  /**
   * Whether sites are to see every position of a batch, padding too, as whoever measures what they are given asks. Absent:
   * a model may leave out what its answer does not need.
   */
  readonly everyPosition?: boolean;
  /** Where the states at hand stand in their texts. Callers leave it out: a model that tells it fills it in. */
  readonly places?: TokenPositions;
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
 * The given adapters, each with weight 1, summed. What replaces a weight has no sum: only one of the adapters may have a
 * saved module, a bias, a row of a table of its own that others of them have, too, with other numbers.
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

/** Of each state at a site – its input, all axes but the last flattened –, the place in its text. Made by the model. */
export interface TokenPositions {
  /** How many states there are. */
  readonly count: number;
  /**
   * 1 for each state from the last occurrence of `tokens` in its text on, that itself included, else 0. A text is what its
   * row held when it began: what is generated after it is not looked at. Whoever asks does not change the result.
   */
  since(tokens: readonly number[]): Float32Array;
  /** The places of some of the states, by their numbers. */
  pick(states: readonly number[]): TokenPositions;
}
