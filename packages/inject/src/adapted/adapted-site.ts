// A layer with A and B, and the additional vectors of variants.

import type { LoraConfig } from "@lowrank/adapter-format";
import type { Site } from "@lowrank/contracts";
import type { Detach, ParameterRef } from "@lowrank/contracts/internal";
import type { LoraMatrices } from "@lowrank/math";
import {
  type LowRankAdaptation,
  plainLayout,
  readStored,
  reshapedLayout,
  siteKinds,
  transposedLayout,
} from "@lowrank/math/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { PlannedSite } from "../planned/planned-parts.ts";
import { adaptationOf, type VariantVectors } from "../variants/adaptation-of.ts";
import { factorKey, inFileOrder } from "../variants/factor-specs.ts";
import type { Wrapping } from "../variants/variant.ts";
import { variantsOf } from "../variants/variants.ts";
import type { AdapterPart, AdapterVariable, WeightChange } from "./adapter-part.ts";
import { attachAll, withChecks } from "./attach-all.ts";

/** An adapter's part at one site. */
export interface AdaptedSite extends AdapterPart {
  readonly part: "site";
  readonly site: Site;
  /** A [inFeatures, rank] and B [rank, outFeatures]; owned by the handle. */
  readonly lora: LoraMatrices;
  /** Names in an adapter file, without "base_model.model.". */
  readonly keys: PlannedSite["keys"];
  /** The configuration's scaling s. */
  readonly scaling: number;
  readonly adaptation: LowRankAdaptation;
}

export interface SiteVariables {
  readonly lora: LoraMatrices;
  readonly vectors: VariantVectors;
}

export interface AdaptOptions extends Omit<Wrapping, "vector"> {
  /** The site's bias, for merging a change of it. */
  readonly siteBias?: ParameterRef | undefined;
  /** The site's weight, if the adapter replaces it. */
  readonly siteWeight?: ParameterRef | undefined;
}

/** Joins a site's variables to a part. Nothing is attached yet. */
export function adaptSite(
  entry: PlannedSite,
  site: Site,
  { lora, vectors }: SiteVariables,
  options: AdaptOptions,
): AdaptedSite {
  const { keys, scaling } = entry;
  const { siteWeight } = options;
  const adaptation = adaptationOf({ lora, site, scale: scaling }, vectors, options);
  return {
    part: "site",
    site,
    lora,
    keys,
    scaling,
    adaptation,
    tensors: tensorsOf(entry, { lora, vectors }),
    changes: [
      ...replacementChanges(lora, siteWeight),
      weightChange(entry, { site, adaptation, config: options.config }),
      ...biasChanges(site, adaptation, options),
    ],
    attach: (adapter) =>
      attachAll(adapter, [
        { attach: ({ name }) => attachReplacement(name, lora, siteWeight) },
        { attach: ({ name }) => site.attach(name, withChecks(adaptation, adapter)) },
      ]),
    setScale: (factor) => {
      adaptation.scale = scaling * factor;
    },
    dispose: () => {
      adaptation.release?.();
      lora.dispose();
      for (const variable of vectors.values()) variable.dispose();
    },
  };
}

/** In file order: A, B, then further vectors. */
function tensorsOf(entry: PlannedSite, { lora, vectors }: SiteVariables): AdapterVariable[] {
  const [a, b, ...between] = inFileOrder(lora.factors).map((factor): AdapterVariable => {
    const { variable, layout, isTrained = true } = factor;
    return { key: factorKey(entry.path, factor), variable, layout, isTrained };
  });
  return [a!, b!, ...vectorTensors(entry, vectors), ...between];
}

/** Replaces the frozen weight in forward passes, if the adapter has a replacement. */
function attachReplacement(name: string, { baseChange }: LoraMatrices, weight: ParameterRef | undefined): Detach {
  if (baseChange?.kind !== "replacement") return () => {};
  return weight?.override(name, () => baseChange.weight) ?? missingWeight();
}

function replacementChanges({ baseChange }: LoraMatrices, weight: ParameterRef | undefined): readonly WeightChange[] {
  if (baseChange?.kind !== "replacement") return [];
  const { path, tiedWith } = weight ?? missingWeight();
  return [
    {
      path,
      kind: "replacement",
      ...(tiedWith === undefined ? {} : { tiedWith }),
      read: () => weight?.read() ?? missingWeight(),
      fold: () => tf.clone(baseChange.weight),
      inRows: async () => {
        const layout = weight?.transposedInFile ? transposedLayout : plainLayout;
        return { kind: "whole", values: (await readStored(baseChange.weight, layout)).values };
      },
      replace: (value) => weight?.replace(value) ?? missingWeight(),
    },
  ];
}

/** Planning refuses sites without one. */
function missingWeight(): never {
  throw new TypeError("The site's weight is not a parameter of the model.");
}

interface Adapted {
  readonly site: Site;
  readonly adaptation: LowRankAdaptation;
  readonly config: LoraConfig;
}

function weightChange({ sharedBy, vectors }: PlannedSite, { site, adaptation, config }: Adapted): WeightChange {
  const { path } = site;
  // Heads that share A and B get the same change, unless they have their own vectors.
  const tiedWith = sharedBy === undefined || vectors.size > 0 ? site.tiedWith : undefined;
  const ofVariants = variantsOf(config).flatMap(({ problemOfMerging }) => problemOfMerging ?? []);
  const problem = ofVariants[0] ?? siteKinds[site.kind].problemOfMerging(site);
  return {
    path: `${path}.weight`,
    kind: "update",
    ...(tiedWith === undefined ? {} : { tiedWith: `${tiedWith}.weight` }),
    ...(problem === null ? {} : { problem }),
    read: () => site.readWeight(),
    fold: (weight, base) => adaptation.fold(weight, base),
    inRows: async () => ({ kind: "low-rank", ...(await adaptation.rows()) }),
    replace: (value) => site.replaceWeight(value),
  };
}

/** The changes of the site's bias: an addition, or magnitudes scale what an earlier adapter added. */
function biasChanges(
  { path }: Site,
  adaptation: LowRankAdaptation,
  { siteBias: bias, config }: AdaptOptions,
): readonly WeightChange[] {
  const { foldsOnlyAdded: onlyAfterOthers = false } = adaptation;
  if (adaptation.foldBias === undefined || (onlyAfterOthers && bias === undefined)) return [];
  const missing = (): never => {
    throw new TypeError(`"${path}" has no bias.`);
  };
  const needs = variantsOf(config).flatMap(({ needsBias }) => needsBias ?? []);
  return [
    {
      path: bias?.path ?? `${path}.bias`,
      kind: "update",
      onlyAfterOthers,
      ...(bias ? {} : { problem: `the layer has no bias that ${needs.join(" and ")} could be added to` }),
      read: () => bias?.read() ?? missing(),
      fold: (value, base, baseOf) =>
        adaptation.foldBias?.(value, { bias: base, weight: () => baseOf(`${path}.weight`) }) ?? missing(),
      replace: (value) => bias?.replace(value) ?? missing(),
    },
  ];
}

/** One for each vector of a layer, in file order. */
export function vectorTensors(
  { vectors, fileShapes }: Pick<PlannedSite, "vectors" | "fileShapes">,
  variables: VariantVectors,
): readonly AdapterVariable[] {
  return [...vectors].flatMap(([variant, key]): AdapterVariable[] => {
    const variable = variables.get(variant);
    if (variable === undefined) return [];
    const layout = reshapedLayout(variable.shape, fileShapes.get(key) ?? variable.shape);
    return [{ key, variable, layout, isTrained: true }];
  });
}
