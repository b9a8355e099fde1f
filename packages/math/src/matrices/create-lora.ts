// Makes new A and B. Random values come from JavaScript and depend only on seed and path, so that a run has the same initial
// values on every backend and with any other adapted sites.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import type { DrawKey } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { rankError, settingError } from "../errors.ts";
import { layerKinds } from "../kinds/kinds.ts";
import type { Layer, RandomInit } from "../kinds/layer-kind.ts";
import type { FactorSpec } from "../update/factor.ts";
import { type LayerKindName, LoraMatrices } from "./lora-matrices.ts";

/** Options of `createLora`. */
export interface CreateLoraOptions extends Pick<Layer, "inFeatures" | "outFeatures"> {
  readonly rank: number;
  /** Default "default". */
  readonly init?: RandomInit;
  /** The run's seed, and the module path, which gives each layer its own random values. */
  readonly key: { readonly seed: number; readonly path: string };
  /** Prefix of the variables' names; in use only once at a time. */
  readonly name: string;
  /** Default "linear". */
  readonly kind?: LayerKindName;
  /** For convolutions. */
  readonly geometry?: Layer["geometry"];
  /** Specifications of the factors. Default: plain A and B of the kind. */
  readonly factors?: readonly FactorSpec[];
  /** Number of A and B of this rank that are joined: a raw parameter's experts. Default 1. */
  readonly experts?: number;
}

const optionNames: OptionNames<CreateLoraOptions> = {
  inFeatures: true,
  outFeatures: true,
  rank: true,
  init: true,
  key: true,
  name: true,
  kind: true,
  geometry: true,
  factors: true,
  experts: true,
};

/**
 * New A and B. Linear: A is uniform in ±1/√inFeatures (Kaiming with a = √5, as in PEFT) or, if "gaussian", from N(0, 1/rank²); B
 * is zero. Embedding: A is zero, and B is from N(0, 1).
 *
 * Throws INVALID_RANK, INVALID_SETTING.
 *
 * @example
 * ```ts
 * import { createLora } from "@lowrank/math";
 * import "@tensorflow/tfjs-backend-cpu";
 *
 * const key = { seed: 7, path: "transformer.h.0.attn.c_attn" };
 * const lora = createLora({ inFeatures: 768, outFeatures: 2304, rank: 8, key, name: "default/h.0.attn.c_attn" });
 * lora.dispose();
 * ```
 */
export function createLora(options: CreateLoraOptions): LoraMatrices {
  refuseUnknownOptions("createLora", options, optionNames);
  const { inFeatures, outFeatures, rank, name, kind = "linear", init = "default", geometry, experts = 1 } = options;
  if (!Number.isInteger(rank) || rank < 1) throw rankError(`Adapter "${name}"`, rank);
  for (const [setting, size] of Object.entries({ inFeatures, outFeatures })) {
    if (!Number.isInteger(size) || size < 1)
      throw settingError(`Adapter "${name}"`, setting, size, "a whole number of at least 1");
  }
  const { seed, path } = options.key;
  const row = layerKinds[kind];
  const layer = { path, inFeatures, outFeatures, experts, geometry };
  const factors = options.factors ?? row.specs(layer, rank);
  const initial = ({ shape }: FactorSpec, part: string): { shape: readonly [number, number]; key: DrawKey } => {
    const [rows = 0, columns = 0] = shape;
    return { shape: [rows, columns], key: { seed, path: `${path}.${part}` } };
  };
  const [a, b] = [initial(factors[0]!, "lora_A"), initial(factors.at(-1)!, "lora_B")];
  return new LoraMatrices(
    tf.tidy(() => row.initialize(init, { a, b, rank })),
    { name, factors },
  );
}
