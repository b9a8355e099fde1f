// What every way to start a pair has in common.

import type { Matrix } from "../linear-algebra/matrix.ts";
import type { LoraPair, PairKind } from "../lora-pair.ts";

/** What a start may need to know of the layer that gets the pair. */
export interface StartRequest {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly rank: number;
  readonly kind: PairKind;
  /** PEFT's `init_lora_weights`: true, false or a name. */
  readonly init: boolean | string;
  /** s, by which the product of the pair is multiplied. */
  readonly scaling: number;
  /** The run's seed, and the module path that tells this pair's draws from others'. */
  readonly key: { readonly seed: number; readonly path: string };
  /** Prefix of the variables' names. */
  readonly name: string;
  /** The frozen weight [inFeatures, outFeatures], read when it is asked for. */
  weight(): Matrix;
}

/** One way to start a pair. */
export interface Initialization {
  /** As PEFT's `init_lora_weights` names it; "<n>" stands for a number. */
  readonly name: string;
  /** The paper, or what is imitated. */
  readonly source: string;
  /** Whether its values come from chance, and not from the weight alone. */
  readonly isDrawn: boolean;
  /** Whether it answers to this `init_lora_weights`. */
  answersTo(init: boolean | string): boolean;
  /** A new pair for a linear layer; the caller owns it. */
  start(request: StartRequest): LoraPair;
}
