// How the pairs of one adapter start, where that depends on the weights of the model they are attached to.

import { type Feature, initFeatures, initOf, type LoraConfig } from "@lowrank/adapter-format";
import type { Site } from "@lowrank/contracts";
import {
  type Beside,
  createPair,
  initializePair,
  LoraPair,
  type Measured,
  matrixOfTensor,
  type PairInitialization,
} from "@lowrank/math";
import * as tf from "@tensorflow/tfjs-core";
import type { PlannedSite } from "../planned/planned-parts.ts";
import { pairFactors } from "../variants/pair-factors.ts";
import { variantsOf } from "../variants/variants.ts";
import { initSettings } from "./init-settings.ts";

export interface StartOptions {
  readonly config: LoraConfig;
  readonly seed: number;
  /** Prefix of the variables' names. */
  readonly name: string;
  /** What was measured, by path. */
  readonly measured?: ReadonlyMap<string, Measured> | undefined;
}

/** A new pair for a layer; the caller owns it. */
export function freshPair(entry: PlannedSite, site: Site, options: StartOptions): LoraPair {
  const { config, seed, name } = options;
  const { inFeatures, outFeatures, rank, kind, scaling, path } = entry;
  if (entry.sharedBy !== undefined) return freshShared(entry, options);
  const measured = options.measured?.get(path);
  const weight = () => readMatrix(site);
  const usual = (prefix: string): LoraPair =>
    initializePair({
      inFeatures,
      outFeatures,
      rank,
      kind,
      geometry: site.geometry,
      fanInFanOut: site.fanInFanOut,
      scaling,
      init: config.init,
      key: { seed, path },
      name: prefix,
      weight,
      settings: initSettings(config),
      ...(measured && { measured }),
    });
  const init = pairInitialization(config);
  const pair = { path, inFeatures, outFeatures, rank, factors: pairFactors(site, entry, config), init, seed, weight };
  const start = variantsOf(config).reduce(
    (make, row) => (prefix: string) => row.start?.({ ...pair, name: prefix }, make) ?? make(prefix),
    usual,
  );
  return start(name);
}

/** A pair that a head shares starts as the head's would, as in PEFT: A of the head random, B zero. */
function freshShared(
  { path, inFeatures, outFeatures, rank }: PlannedSite,
  { config, seed, name }: StartOptions,
): LoraPair {
  const head = createPair({
    inFeatures: outFeatures,
    outFeatures: inFeatures,
    rank,
    init: pairInitialization(config),
    key: { seed, path },
    name: `${name}/head`,
  });
  const [a, b] = tf.tidy(() => [tf.transpose<tf.Tensor2D>(head.b), tf.transpose<tf.Tensor2D>(head.a)] as const);
  head.dispose();
  return LoraPair.fromTensors({ a, b, name, kind: "embedding" });
}

/** PEFT's `init_lora_weights` where the weight is not looked at. */
export function pairInitialization({ init }: LoraConfig): PairInitialization {
  return init === false ? "random" : init === "gaussian" ? "gaussian" : "default";
}

/** The starts that an adapter from a file may name: PEFT computes them again from the base, and so do we. */
export function initsForStored(config: LoraConfig): readonly Feature[] {
  const { base, feature } = initOf(config);
  return base === "computed again" ? initFeatures.filter((one) => one === feature) : [];
}

/** What a stored pair was trained beside, where that is not the base as it is, computed again. The caller owns it. */
export function storedBeside(entry: PlannedSite, site: Site, config: LoraConfig, name: string): Beside | null {
  for (const { beside } of variantsOf(config)) if (beside) return beside(readMatrix(site), entry.rank);
  if (initOf(config).base !== "computed again" || entry.kind !== "linear") return null;
  const { chain, beside } = freshPair(entry, site, { config, seed: 0, name: `${name}/start` });
  for (const { variable } of chain) variable.dispose();
  return beside;
}

function readMatrix(site: Site) {
  const weight = site.readWeight() as tf.Tensor2D; // [inFeatures, outFeatures]; convolutions do not get here
  try {
    return matrixOfTensor(weight);
  } finally {
    weight.dispose();
  }
}
