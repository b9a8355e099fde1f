// How a pair starts. Values are drawn in JavaScript from the seed and the path alone, so that the same run starts the
// same on every backend and no matter which other sites are adapted.

import { type DrawKey, normal, uniform } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import { RankError, SettingError } from "../errors.ts";
import { LoraPair, type PairKind, type PairLayout } from "./lora-pair.ts";

/**
 * How the two matrices start, as PEFT's `init_lora_weights`: "default" (True), "gaussian", or "random" (False: the
 * update is not zero, for tests).
 */
export type PairInitialization = "default" | "gaussian" | "random";

/** What `createPair` needs to know. */
export interface CreatePairOptions {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly rank: number;
  /** Default "default". */
  readonly init?: PairInitialization;
  /** The run's seed, and the module path that tells this pair's draws from others'. */
  readonly key: { readonly seed: number; readonly path: string };
  /** Prefix of the variables' names; in use only once at a time. */
  readonly name: string;
  /** Default "linear". */
  readonly kind?: PairKind;
  /** How the halves lie in files, and into how many groups B is split. Default: two matrices that files keep transposed. */
  readonly layout?: PairLayout;
  /** Number of pairs of this rank that lie side by side: a raw parameter's experts. Default 1. */
  readonly experts?: number;
}

/**
 * A new pair. Linear: A is drawn evenly from ±1/√inFeatures (Kaiming with a = √5, as PEFT does) or, if "gaussian", from
 * N(0, 1/rank²); B is zero. Embedding: A is zero and B drawn from N(0, 1).
 *
 * Throws RankError, SettingError.
 *
 * @example
 * ```ts
 * import { createPair } from "@lowrank/math";
 * import "@tensorflow/tfjs-backend-cpu";
 *
 * const key = { seed: 7, path: "transformer.h.0.attn.c_attn" };
 * const pair = createPair({ inFeatures: 768, outFeatures: 2304, rank: 8, key, name: "default/h.0.attn.c_attn" });
 * pair.dispose();
 * ```
 */
export function createPair(options: CreatePairOptions): LoraPair {
  const { inFeatures, outFeatures, rank, name, kind = "linear", init = "default", layout, experts = 1 } = options;
  if (!Number.isInteger(rank) || rank < 1) throw new RankError(`The pair "${name}"`, rank);
  for (const [setting, size] of Object.entries({ inFeatures, outFeatures })) {
    if (!Number.isInteger(size) || size < 1)
      throw new SettingError(`The pair "${name}"`, setting, size, "a whole number of at least 1");
  }
  const keyOf = (part: string): DrawKey => ({ seed: options.key.seed, path: `${options.key.path}.${part}` });
  const columns = rank * experts;
  const sizes = { inFeatures, outFeatures, rank, columns, rows: columns / (layout?.groups ?? 1) };
  const [a, b] = tf.tidy(() => starts[kind][init](sizes, keyOf("lora_A"), keyOf("lora_B")));
  return LoraPair.fromTensors({ a, b, name, kind, ...(layout && { layout }) });
}

/** A new bias [outFeatures] on B: zero, or for "random" even on ±1/√rank, as torch starts it. The caller owns it. */
export function createPairBias(options: Pick<CreatePairOptions, "outFeatures" | "rank" | "init" | "key">): tf.Tensor1D {
  const { outFeatures, rank, init = "default", key } = options;
  if (init !== "random") return tf.zeros([outFeatures]);
  const bound = 1 / Math.sqrt(rank);
  return tf.tidy(() => {
    const drawn = uniform([outFeatures], -bound, bound, { seed: key.seed, path: `${key.path}.lora_B.bias` });
    return tf.reshape<tf.Rank.R1>(drawn, [outFeatures]);
  });
}

interface Sizes {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly rank: number;
  /** A is [inFeatures, columns]. */
  readonly columns: number;
  /** B is [rows, outFeatures]. */
  readonly rows: number;
}

type Start = (sizes: Sizes, keyOfA: DrawKey, keyOfB: DrawKey) => [a: tf.Tensor2D, b: tf.Tensor2D];

/** Rows of PEFT's `reset_lora_parameters`. */
const starts: Readonly<Record<PairKind, Readonly<Record<PairInitialization, Start>>>> = {
  linear: {
    // B starts at zero so that an untrained adapter leaves the model exactly as it was (paper, section 4.1).
    default: ({ inFeatures, outFeatures, columns, rows }, keyOfA) => [
      evenly([inFeatures, columns], inFeatures, keyOfA),
      tf.zeros([rows, outFeatures]),
    ],
    gaussian: ({ inFeatures, outFeatures, rank, columns, rows }, keyOfA) => [
      normally([inFeatures, columns], 1 / rank, keyOfA),
      tf.zeros([rows, outFeatures]),
    ],
    random: ({ inFeatures, outFeatures, columns, rows }, keyOfA, keyOfB) => [
      evenly([inFeatures, columns], inFeatures, keyOfA),
      evenly([rows, outFeatures], rows, keyOfB),
    ],
  },
  embedding: {
    default: zeroAndNormal,
    gaussian: zeroAndNormal,
    random: ({ inFeatures, outFeatures, columns, rows }, keyOfA, keyOfB) => [
      normally([inFeatures, columns], 1, keyOfA),
      normally([rows, outFeatures], 1, keyOfB),
    ],
  },
};

function zeroAndNormal(
  { inFeatures, outFeatures, columns, rows }: Sizes,
  _keyOfA: DrawKey,
  keyOfB: DrawKey,
): [tf.Tensor2D, tf.Tensor2D] {
  return [tf.zeros([inFeatures, columns]), normally([rows, outFeatures], 1, keyOfB)];
}

/** torch's `kaiming_uniform_` with a = √5: even on ±√(6/((1 + a²)·fanIn)) = ±1/√fanIn. */
function evenly(shape: [number, number], fanIn: number, key: DrawKey): tf.Tensor2D {
  const bound = 1 / Math.sqrt(fanIn);
  return tf.reshape<tf.Rank.R2>(uniform(shape, -bound, bound, key), shape);
}

function normally(shape: [number, number], deviation: number, key: DrawKey): tf.Tensor2D {
  return tf.reshape<tf.Rank.R2>(normal(shape, 0, deviation, key), shape);
}
