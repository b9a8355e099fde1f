// Rotary positions (Su et al. 2021) of a checked configuration.

/** Rotary positions of a model. */
export interface RotaryConfig {
  /** Base θ of the frequencies θ^(−2i/headSize). */
  readonly theta: number;
  /** The share of each head that rotates: its first headSize·share features. */
  readonly share: number;
  readonly scaling: RotaryScaling;
  /** If tokens of images have a row and a column: numbers of pairs that rotate by time, row and column, which take turns. */
  readonly sections?: readonly number[];
}

/** A change of the frequencies for longer texts. */
export type RotaryScaling =
  | { readonly type: "none" }
  | { readonly type: "linear"; readonly factor: number }
  /** Only the first `share` of the pairs rotate; the frequencies are those of the whole head (Gemma 4). */
  | { readonly type: "proportional"; readonly factor: number }
  | { readonly type: "dynamic"; readonly maxPositions: number }
  | {
      readonly type: "llama3";
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalMaxPositions: number;
    }
  | {
      readonly type: "yarn";
      readonly factor: number;
      /** Multiplies cos and sin. */
      readonly magnitude: number;
      /** Rotations within the original length. Pairs with more than `betaFast` keep their frequency; pairs below `betaSlow` are fully scaled. */
      readonly betaFast: number;
      readonly betaSlow: number;
      /** Whether the borders of this range are rounded outwards to whole pairs (`truncate`). */
      readonly wholePairs: boolean;
      readonly originalMaxPositions: number;
      /** Multiplies scores (DeepSeek). */
      readonly scoreScale?: number;
      /** Whether queries grow beyond the original length, which is not computed here. */
      readonly growsQueries?: boolean;
    }
  | {
      readonly type: "longrope";
      /** Each pair's divisor, for texts up to the original length. `longFactors`: for longer texts. */
      readonly shortFactors: readonly number[];
      readonly longFactors: readonly number[];
      readonly magnitude: number;
      readonly originalMaxPositions: number;
    };
