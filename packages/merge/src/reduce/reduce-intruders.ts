// Weakens intruder dimensions: directions that an adapter makes important and that its base does not have (Shuttleworth et al. 2024,
// "LoRA vs Full Fine-tuning: An Illusion of Equivalence"). The rule is that of PEFT's `reduce_intruder_dimension`.

import { type Adapter, scalingOf, toPlainLora } from "@lowrank/adapter-format";
import { type AdapterTensor, rankOf } from "@lowrank/adapter-format/internal";
import type { AdaptableModel, Site } from "@lowrank/contracts";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { lowRankSvd, type Matrix, multiply, svd, transpose } from "@lowrank/math";
import {
  concatColumns,
  type Svd,
  scaleColumns,
  selectRows,
  settingError,
  takeMatrix,
  truncatedSvd,
  truncateSvd,
} from "@lowrank/math/internal";
import type * as tf from "@tensorflow/tfjs-core";
import type { Factors } from "../combine/combination-method.ts";
import { concatFactors, storedFactors } from "../combine/factors-of.ts";
import { readLayers } from "../combine/read-layers.ts";

/** Options of `reduceIntruders`, with PEFT's names. */
export interface IntruderOptions {
  /** How many of the first singular vectors of W + ΔW are looked at; default 10. */
  readonly topK?: number | undefined;
  /** A vector whose largest |cosine| with the base's is below this is an intruder; default 0.5. */
  readonly thresholdEpsilon?: number | undefined;
  /** The share of an intruder that stays; default 0.75. Lower values keep more of the base's knowledge, and less of the task. */
  readonly mitigationLambda?: number | undefined;
}

const optionNames: OptionNames<IntruderOptions> = { topK: true, thresholdEpsilon: true, mitigationLambda: true };

/** An adapter, and the number of intruders that were weakened in each layer. */
export interface WeakenedAdapter {
  readonly adapter: Adapter;
  readonly layers: readonly { readonly path: string; readonly intruders: number }[];
}

/**
 * Makes an adapter of the same ranks with weaker intruder dimensions, which forgets less of its base. A layer with an intruder needs a
 * full decomposition of its base weight: time grows with the cube of the weight's shorter side.
 *
 * @throws INVALID_SETTING for other layers than linear ones of the model, and for values out of range; UNCOMBINABLE_ADAPTER (for
 * anything beyond B·A)
 */
export function reduceIntruders(
  adapter: Adapter,
  model: Pick<AdaptableModel, "sites">,
  options: IntruderOptions = {},
): WeakenedAdapter {
  refuseUnknownOptions("reduceIntruders", options, optionNames);
  const { topK = 10, thresholdEpsilon: threshold = 0.5, mitigationLambda = 0.75 } = options;
  if (!(Number.isInteger(topK) && topK >= 1))
    throw settingError("reduceIntruders", "topK", topK, "a whole number from 1");
  if (!Number.isFinite(threshold + mitigationLambda))
    throw settingError("reduceIntruders", "thresholdEpsilon + mitigationLambda", Number.NaN, "finite numbers");
  const plain = toPlainLora(adapter);
  const { layers } = readLayers([{ adapter: plain, weight: 1 }]);
  const sites = new Map(model.sites().map((site) => [site.path, site]));
  const tensors = new Map<string, AdapterTensor>(plain.tensors);
  const lessened = (value: number) => value * (mitigationLambda - 1);
  const results = layers.map((layer) => {
    const { path, loras } = layer;
    const scaling = scalingOf(plain.config, path);
    const { a, b } = concatFactors(loras.map((lora) => ({ ...lora, weight: 1, scaling })));
    const base = weightOf(path, sites.get(path), [b.rows, a.columns]);
    const intruders = intrudersOf(base, sum(base, multiply(b, a)), { topK, threshold });
    if (intruders.s.length > 0) {
      const weaker = scaleColumns(intruders.u, intruders.s.map(lessened));
      const reduced = lowRankSvd(concatColumns([b, weaker]), transpose(concatColumns([transpose(a), intruders.v])));
      const rank = rankOf(plain.config, path);
      const factors = halves(truncateSvd(reduced, rank), scaling);
      for (const [key, tensor] of storedFactors(layer, factors, rank)) tensors.set(key, tensor);
    }
    return { path, intruders: intruders.s.length };
  });
  return { adapter: { ...plain, tensors }, layers: results };
}

/** B = U·√S / scaling and A = √S·Vᵀ. */
function halves({ u, s, v }: Svd, scaling: number): Factors {
  const roots = s.map(Math.sqrt);
  const ofB = roots.map((root) => root / scaling);
  return { a: transpose(scaleColumns(v, roots)), b: scaleColumns(u, ofB) };
}

/** [outFeatures, inFeatures] */
function weightOf(path: string, site: Site | undefined, shape: readonly [number, number]): Matrix {
  const isRight = site?.kind === "linear" && site.outFeatures === shape[0] && site.inFeatures === shape[1];
  if (!isRight) {
    const kind =
      site === undefined ? "no layer of the model" : `${site.kind} [${site.outFeatures}, ${site.inFeatures}]`;
    throw settingError("reduceIntruders", path, kind, `a linear layer [${shape}]`);
  }
  return transpose(takeMatrix(site.readWeight() as tf.Tensor2D));
}

function sum(one: Matrix, other: Matrix): Matrix {
  return { ...one, values: one.values.map((value, index) => value + other.values[index]!) };
}

/** The first singular vectors of `merged` that are near to no singular vector of `base`. */
function intrudersOf(
  base: Matrix,
  merged: Matrix,
  { topK, threshold }: { readonly topK: number; readonly threshold: number },
): Svd {
  const side = Math.min(base.rows, base.columns);
  const first = truncatedSvd(merged, Math.min(topK, side));
  const isFar = (baseVectors: Matrix) => {
    const { rows, columns, values } = multiply(transpose(first.u), baseVectors); // [topK, base vectors]
    return Array.from({ length: rows }, (_, row) => {
      return values.subarray(row * columns, (row + 1) * columns).every((cosine) => Math.abs(cosine) < threshold);
    });
  };
  // Vectors of a trained weight are mostly near to one of the base's first ones. Only for others all are needed.
  const isFarFromFirst = isFar(truncatedSvd(base, Math.min(4 * topK, side)).u);
  const far = isFarFromFirst.some(Boolean) ? isFar(svd(base).u) : isFarFromFirst;
  const chosen = [...far.keys()].filter((index) => far[index]);
  const columns = (matrix: Matrix) => transpose(selectRows(transpose(matrix), chosen));
  return { u: columns(first.u), s: Float64Array.from(chosen, (index) => first.s[index]!), v: columns(first.v) };
}
