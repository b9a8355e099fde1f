// KaSA (Wang et al. 2024, arXiv 2412.06071; PEFT's `kasa_config`): the weight loses its `rank` weakest directions, and the
// pair has a vector between its halves, ΔW = s·B·diag·A. PEFT takes the directions out of the base for good; here the weight
// without them stands in for the base's while the adapter is selected, as LoftQ's rounded one does, and the base remains the
// one that everybody has. Source: PEFT 0.21.2, KasaLinearVariant in tuners/lora/variants.py.

import { type LoraConfig, rankOf } from "@lowrank/adapter-format";
import type { Site } from "@lowrank/contracts";
import {
  type Beside,
  type FactorSpec,
  LoraPair,
  type Matrix,
  multiply,
  normalMatrix,
  type PairSpec,
  plainLayout,
  tensorOfMatrix,
  transpose,
} from "@lowrank/math";
import * as tf from "@tensorflow/tfjs-core";
import { UnsupportedStartError } from "../../errors/errors.ts";
import { smallestDirections } from "./smallest-directions.ts";

/** What its vector is to a layer. */
export const diagonalPart = "lora_diag";

/** Why a site cannot have what `kasa_config` says; null if it can. */
export function kasaRefusal(site: Site, config: LoraConfig): string | null {
  if (config.kasaConfig === null) return null;
  if (site.kind !== "linear") return "kasa_config is for linear layers";
  if (site.fanInFanOut) return "kasa_config is for torch's Linear, and not for a Conv1D";
  if (site.tiedWith !== undefined)
    return `kasa_config takes directions out of its weight, which "${site.tiedWith}" shares`;
  const [rank, most] = [rankOf(config, site.path), Math.min(site.inFeatures, site.outFeatures)];
  return rank < most ? null : `kasa_config takes ${rank} directions out of its weight, which has ${most} in all`;
}

/** Starts that change the base, which would then be another one to take directions from. */
const changesBase = /^(pissa|olora|corda|lora_ga|loftq)/;

/** Throws UnsupportedStartError where a start looks at the whole weight and changes it. */
export function checkKasaStart({ kasaConfig, init }: LoraConfig): void {
  if (kasaConfig !== null && typeof init === "string" && changesBase.test(init))
    throw new UnsupportedStartError(init, "kasa_config");
}

/** The weight [inFeatures, outFeatures] without its `count` weakest directions. The caller owns it. */
export function withoutWeakest(weight: Matrix, count: number): tf.Tensor2D {
  const isWide = weight.rows <= weight.columns;
  const turned = transpose(weight);
  // The side that is smaller tells all directions.
  const weakest = smallestDirections(isWide ? multiply(weight, turned) : multiply(turned, weight), count);
  const onto = transpose(weakest); // [count, side]
  const lost = isWide ? multiply(weakest, multiply(onto, weight)) : multiply(multiply(weight, weakest), onto);
  return tensorOfMatrix({ ...weight, values: weight.values.map((value, index) => value - lost.values[index]!) });
}

/** A pair with a vector between its halves. */
export function withDiagonal([a, b]: PairSpec, rank: number): readonly FactorSpec[] {
  return [a, { part: diagonalPart, shape: [rank], fileShape: [rank], layout: plainLayout }, b];
}

/** What stands in for the weight [inFeatures, outFeatures] where the pair acts. The caller owns it. */
export function kasaBeside(weight: Matrix, rank: number): Beside {
  return { kind: "stand-in", weight: withoutWeakest(weight, rank) };
}

/** What a new KaSA pair is made of. */
export interface KasaStart {
  /** How the halves start; freed here. */
  readonly pair: LoraPair;
  readonly factors: readonly FactorSpec[];
  /** Prefix of the variables' names. */
  readonly name: string;
  /** The run's seed, and the module path. */
  readonly key: { readonly seed: number; readonly path: string };
  /** The frozen weight [inFeatures, outFeatures]. */
  readonly weight: Matrix;
}

/** A new pair: between the halves numbers from N(0, 1), as B is zero. The caller owns it. */
export function freshKasa({ pair, factors, name, key, weight }: KasaStart): LoraPair {
  const { seed, path } = key;
  const { rank } = pair;
  const drawn = normalMatrix(1, rank, { seed, path: `${path}.lora_diag` });
  const [a, b] = [tf.clone<tf.Tensor2D>(pair.a), tf.clone<tf.Tensor2D>(pair.b)];
  pair.dispose();
  const diagonal = tf.tensor1d(Float32Array.from(drawn.values));
  return new LoraPair([a, diagonal, b], { name, factors, beside: kasaBeside(weight, rank) });
}
