// What one forward pass was asked to do.

import { type AdapterSelection, noAdapters } from "./adapter-selection.ts";
import type { TokenPlaces } from "./token-places.ts";

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
  readonly places?: TokenPlaces;
}

/** A context for evaluation: no dropout, with the given adapters (default: the base alone). */
export function inferenceContext(adapters: AdapterSelection = noAdapters): ForwardContext {
  return { training: false, adapters, random: { seed: 0, step: 0, microStep: 0 } };
}
