// Initializes the A and B of an adapter, including initializations that depend on the model's weights.

import type { LoraConfig } from "@lowrank/adapter-format";
import { type Feature, initFeatures, initOf } from "@lowrank/adapter-format/internal";
import type { Site } from "@lowrank/contracts";
import { createLora, initializeMatrices, LoraMatrices } from "@lowrank/math";
import { type BaseChange, type Measured, type RandomInit, takeMatrix } from "@lowrank/math/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { PlannedSite } from "../planned/planned-parts.ts";
import { factorSpecs } from "../variants/factor-specs.ts";
import { variantsOf } from "../variants/variants.ts";
import { initSettings } from "./init-settings.ts";

export interface InitOptions {
  readonly config: LoraConfig;
  readonly seed: number;
  /** Prefix of the variables' names. */
  readonly name: string;
  /** Measurements by path. */
  readonly measured?: ReadonlyMap<string, Measured> | undefined;
}

/** New A and B for a layer. The caller owns them. */
export function freshMatrices(entry: PlannedSite, site: Site, options: InitOptions): LoraMatrices {
  const { config, seed, name } = options;
  const { inFeatures, outFeatures, rank, kind, scaling, path } = entry;
  if (entry.sharedBy !== undefined) return freshShared(entry, options);
  const measured = options.measured?.get(path);
  const weight = () => readMatrix(site);
  const initializePlain = (prefix: string): LoraMatrices =>
    initializeMatrices({
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
  const init = randomInit(config);
  const layer = { path, inFeatures, outFeatures, rank, factors: factorSpecs(site, entry, config), init, seed, weight };
  const initialize = variantsOf(config).reduce(
    (make, row) => (prefix: string) => row.initialize?.({ ...layer, name: prefix }, make) ?? make(prefix),
    initializePlain,
  );
  return initialize(name);
}

/** A and B that a head shares are initialized for the head, as in PEFT: the head's A is random, B zero. */
function freshShared(
  { path, inFeatures, outFeatures, rank }: PlannedSite,
  { config, seed, name }: InitOptions,
): LoraMatrices {
  const head = createLora({
    inFeatures: outFeatures,
    outFeatures: inFeatures,
    rank,
    init: randomInit(config),
    key: { seed, path },
    name: `${name}/head`,
  });
  const [a, b] = tf.tidy(() => [tf.transpose<tf.Tensor2D>(head.b), tf.transpose<tf.Tensor2D>(head.a)] as const);
  head.dispose();
  return LoraMatrices.fromTensors({ a, b, name, kind: "embedding" });
}

/** The random initialization for PEFT's `init_lora_weights`. */
export function randomInit({ init }: LoraConfig): RandomInit {
  return init === false ? "random" : init === "gaussian" ? "gaussian" : "default";
}

/** Initializations that an adapter from a file may have: they are computed again from the base, as in PEFT. */
export function initsForStored(config: LoraConfig): readonly Feature[] {
  const { base, feature } = initOf(config);
  return base === "computed again" ? initFeatures.filter((one) => one === feature) : [];
}

/** The base change that stored A and B were trained with, computed again; null if there is none. The caller owns it. */
export function storedBaseChange(entry: PlannedSite, site: Site, config: LoraConfig, name: string): BaseChange | null {
  for (const { baseChange } of variantsOf(config)) if (baseChange) return baseChange(readMatrix(site), entry.rank);
  if (initOf(config).base !== "computed again" || entry.kind !== "linear") return null;
  const { factors, baseChange } = freshMatrices(entry, site, { config, seed: 0, name: `${name}/start` });
  for (const { variable } of factors) variable.dispose();
  return baseChange;
}

/** [inFeatures, outFeatures]; convolutions do not get here. */
function readMatrix(site: Site) {
  return takeMatrix(site.readWeight() as tf.Tensor2D);
}
