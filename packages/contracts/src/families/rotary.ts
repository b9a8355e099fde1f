// Rotary positions (Su et al. 2021) as a checked configuration says them.

/** Rotary positions of a model. */
export interface RotaryConfig {
  /** Base θ of the speeds θ^(−2i/headSize). */
  readonly theta: number;
  /** How much of each head rotates: its first headSize·share features. */
  readonly share: number;
  readonly scaling: RotaryScaling;
}

/** A change of the rotation speeds for longer texts. */
export type RotaryScaling =
  | { readonly type: "none" }
  | { readonly type: "linear"; readonly factor: number }
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
      /** Turns within the original length above which a pair keeps its speed, and below which it is slowed in full. */
      readonly betaFast: number;
      readonly betaSlow: number;
      /** Whether the borders between these pairs are rounded outwards to whole pairs. */
      readonly wholePairs: boolean;
      readonly originalMaxPositions: number;
    }
  | {
      readonly type: "longrope";
      /** Each pair's divisor, for texts up to the original length and for longer ones. */
      readonly shortFactors: readonly number[];
      readonly longFactors: readonly number[];
      readonly magnitude: number;
      readonly originalMaxPositions: number;
    };
