// KaSA (Wang et al. 2024, arXiv 2412.06071; PEFT's `kasa_config`): the weight loses its `rank` weakest directions, and there is a
// diagonal between A and B: ΔW = s·B·diag·A. PEFT changes the base for good. Here the weight without these directions replaces
// the base's only while the adapter is selected, like LoftQ's. Source: PEFT 0.21.2, KasaLinearVariant in tuners/lora/variants.py.

import type { LoraConfig } from "@lowrank/adapter-format";
import { initOf, kasaSettings, rankOf } from "@lowrank/adapter-format/internal";
import { LoraMatrices, type Matrix, multiply, transpose } from "@lowrank/math";
import { type BaseChange, normalMatrix, plainLayout, tensorOfMatrix } from "@lowrank/math/internal";
import * as tf from "@tensorflow/tfjs-core";
import { unsupportedInitError } from "../../errors/errors.ts";
import type { NewLora, Variant } from "../variant.ts";
import { smallestDirections } from "./smallest-directions.ts";

export const kasa: Variant = {
  /** Throws if the initialization changes the base: the directions would come from another weight. */
  check(config) {
    const { base = "kept" } = initOf(config);
    if (base !== "kept") throw unsupportedInitError(String(config.init), "kasa_config");
  },
  refusal(site, config) {
    if (site.kind !== "linear") return "kasa_config is for linear layers";
    if (site.fanInFanOut) return "kasa_config supports torch's Linear, not Conv1D";
    if (site.tiedWith !== undefined)
      return `kasa_config removes directions from its weight, which "${site.tiedWith}" shares`;
    const [rank, max] = [rankOf(config, site.path), Math.min(site.inFeatures, site.outFeatures)];
    return rank < max ? null : `kasa_config removes ${rank} directions from its weight, which has only ${max}`;
  },
  refusalOfParameters: "kasa_config is for layers",
  factors(specs, { rank }) {
    const diagonal = { part: diagonalPart, shape: [rank], fileShape: [rank], layout: plainLayout };
    return [specs[0]!, diagonal, ...specs.slice(1)];
  },
  initialize: withDiagonal,
  baseChange: baseReplacement,
  baseReplacement: "kasa_config removes directions from the weight",
  penalty: kasaPenalty,
};

/** The diagonal is from N(0, 1), because B is zero. */
function withDiagonal(
  { factors, name, path, seed, weight }: NewLora,
  makePlain: (name: string) => LoraMatrices,
): LoraMatrices {
  const plain = makePlain(`${name}/halves`);
  const { rank } = plain;
  const drawn = normalMatrix(1, rank, { seed, path: `${path}.${diagonalPart}` });
  const [a, b] = [tf.clone(plain.a), tf.clone(plain.b)];
  plain.dispose();
  const diagonal = tf.tensor1d(Float32Array.from(drawn.values));
  return new LoraMatrices([a, diagonal, b], { name, factors, baseChange: baseReplacement(weight(), rank) });
}

function baseReplacement(weight: Matrix, rank: number): BaseChange {
  return { kind: "replacement", weight: withoutWeakest(weight, rank) };
}

/** The weight [inFeatures, outFeatures] without its `count` weakest directions. The caller owns it. */
export function withoutWeakest(weight: Matrix, count: number): tf.Tensor2D {
  const isWide = weight.rows <= weight.columns;
  const transposed = transpose(weight);
  // The smaller side is enough to find all directions.
  const weakest = smallestDirections(isWide ? multiply(weight, transposed) : multiply(transposed, weight), count);
  const onto = transpose(weakest); // [count, side]
  const lost = isWide ? multiply(weakest, multiply(onto, weight)) : multiply(multiply(weight, weakest), onto);
  return tensorOfMatrix({ ...weight, values: weight.values.map((value, index) => value - lost.values[index]!) });
}

// KaSA's regularizers (arXiv 2412.06071, equations 9 to 12), which make the update similar to a singular value decomposition. In
// PEFT the training loop must add them (`LoraModel._get_kasa_loss`).

const diagonalPart = "lora_diag";

/** Below this, the root of a sum of squares counts as 0 and has no gradient, as in torch. */
const nothing = 1e-30;

/** β·Σ diag² + γ·(‖BᵀB − 1‖ + ‖AAᵀ − 1‖) of one layer, with the configuration's beta and gamma. Call it inside a tidy. */
function kasaPenalty({ a, b, factors }: LoraMatrices, config: LoraConfig): tf.Scalar {
  const settings = kasaSettings(config);
  const diagonal = factors.find(({ part }) => part === diagonalPart)?.variable;
  if (settings === null || diagonal === undefined) return tf.scalar(0);
  const ofMatrices = tf.add(distanceToOne(tf.matMul(a, a, true, false)), distanceToOne(tf.matMul(b, b, false, true)));
  return tf.add<tf.Scalar>(tf.mul(tf.sum(tf.square(diagonal)), settings.beta), tf.mul(ofMatrices, settings.gamma));
}

/** ‖G − 1‖ of a Gram matrix [rank, rank]. */
function distanceToOne(gram: tf.Tensor2D): tf.Tensor {
  const difference = tf.sub(gram, tf.eye(gram.shape[0]));
  return tf.sqrt(tf.maximum(tf.sum(tf.square(difference)), nothing));
}
