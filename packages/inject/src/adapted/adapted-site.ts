// A layer with a pair: LoRA, perhaps decomposed as DoRA does or with a bias on B.

import type { Detach, ParameterRef, Site } from "@lowrank/contracts";
import {
  BiasedAdaptation,
  DoraAdaptation,
  LoraAdaptation,
  type LoraPair,
  type LowRankAdaptation,
  plainLayout,
  reshapedLayout,
  siteKinds,
} from "@lowrank/math";
import * as tf from "@tensorflow/tfjs-core";
import type { PlannedSite } from "../planned/planned-parts.ts";
import { ActivatedAdaptation } from "../variants/activated-lora/activated-adaptation.ts";
import { factorKey, inFileOrder } from "../variants/pair-factors.ts";
import type { AdapterPart, AdapterVariable, WeightChange } from "./adapter-part.ts";
import { withCallsChecked } from "./checked-calls.ts";
import { openDoors } from "./open-doors.ts";

/** What an adapter has at one site. */
export interface AdaptedSite extends AdapterPart {
  readonly part: "site";
  readonly site: Site;
  /** A [inFeatures, rank] and B [rank, outFeatures]; owned by the handle. */
  readonly pair: LoraPair;
  /** Names in an adapter file, without "base_model.model.". */
  readonly keys: PlannedSite["keys"];
  /** The scaling s that the configuration gives. */
  readonly scaling: number;
  readonly adaptation: LowRankAdaptation;
}

/** What a site's adaptation is made of. */
export interface SiteVariables {
  readonly pair: LoraPair;
  /** DoRA's, [outFeatures]. */
  readonly magnitude?: tf.Variable;
  /** B's, [outFeatures]. */
  readonly bias?: tf.Variable;
}

/** What else decides about it. */
export interface AdaptOptions {
  readonly adapterName: string;
  readonly dropout: number;
  /** The tokens from which on the pair acts; null: everywhere. */
  readonly invocation: readonly number[] | null;
  /** The site's own bias, for folding B's into it. */
  readonly siteBias?: ParameterRef | undefined;
  /** The site's own weight, for a pair that goes with another one (LoftQ, KaSA). */
  readonly siteWeight?: ParameterRef | undefined;
}

/** Puts a site's variables together; nothing is attached yet. */
export function adaptSite(
  entry: PlannedSite,
  site: Site,
  variables: SiteVariables,
  options: AdaptOptions,
): AdaptedSite {
  const { pair, magnitude, bias } = variables;
  const { keys, scaling } = entry;
  const adaptation = buildAdaptation(entry, site, variables, options);
  return {
    part: "site",
    site,
    pair,
    keys,
    scaling,
    adaptation,
    tensors: tensorsOf(entry, variables),
    changes: [
      ...standInChanges(pair, options.siteWeight),
      weightChange(entry, site, adaptation),
      ...biasChanges(site, adaptation, options.siteBias),
    ],
    open: (opener) =>
      openDoors(opener, [
        { open: ({ name }) => openStandIn(name, pair, options.siteWeight) },
        { open: ({ name }) => site.attach(name, withCallsChecked(adaptation, opener)) },
      ]),
    setScale: (factor) => {
      adaptation.scale = scaling * factor;
    },
    dispose: () => {
      pair.dispose();
      magnitude?.dispose();
      bias?.dispose();
    },
  };
}

function buildAdaptation(
  entry: PlannedSite,
  site: Site,
  { pair, magnitude, bias }: SiteVariables,
  { adapterName, dropout, invocation }: AdaptOptions,
): LowRankAdaptation {
  const common = { pair, site, scale: entry.scaling, adapterName };
  if (magnitude) return new DoraAdaptation({ inner: new LoraAdaptation(common), magnitude, dropout, adapterName });
  const plain = new LoraAdaptation({ ...common, dropout });
  const whole = bias ? new BiasedAdaptation(plain, bias) : plain;
  return invocation === null ? whole : new ActivatedAdaptation(whole, invocation);
}

/** In the order of files: both halves, then what else the layer has. */
function tensorsOf(
  { path, keys, fileShapes }: PlannedSite,
  { pair, magnitude, bias }: SiteVariables,
): AdapterVariable[] {
  const [a, b, ...between] = inFileOrder(pair.chain).map((factor): AdapterVariable => {
    const { variable, layout, isTrained = true } = factor;
    return { key: factorKey(path, factor), variable, layout, isTrained };
  });
  const tensors = [a!, b!];
  if (magnitude && keys.magnitude !== undefined) {
    const layout = reshapedLayout(magnitude.shape, fileShapes.get(keys.magnitude) ?? magnitude.shape);
    tensors.push({ key: keys.magnitude, variable: magnitude, layout, isTrained: true });
  }
  if (bias && keys.bias !== undefined)
    tensors.push({ key: keys.bias, variable: bias, layout: plainLayout, isTrained: true });
  tensors.push(...between);
  return tensors;
}

/** Computes with what stands in for the frozen weight, if the pair has that. */
function openStandIn(adapterName: string, { beside }: LoraPair, weight: ParameterRef | undefined): Detach {
  if (beside?.kind !== "stand-in") return () => {};
  return weight?.override(adapterName, () => beside.weight) ?? missingWeight();
}

function standInChanges({ beside }: LoraPair, weight: ParameterRef | undefined): readonly WeightChange[] {
  if (beside?.kind !== "stand-in") return [];
  const { path, tiedWith } = weight ?? missingWeight();
  return [
    {
      path,
      kind: "replacement",
      ...(tiedWith === undefined ? {} : { tiedWith }),
      read: () => weight?.read() ?? missingWeight(),
      fold: () => tf.clone(beside.weight),
      replace: (value) => weight?.replace(value) ?? missingWeight(),
    },
  ];
}

/** Planning refuses sites without one. */
function missingWeight(): never {
  throw new TypeError("The site's weight is no parameter of the model.");
}

function weightChange({ sharedBy, keys }: PlannedSite, site: Site, adaptation: LowRankAdaptation): WeightChange {
  const { path } = site;
  // Heads that share the pair get the same change, unless each has magnitudes of its own.
  const tiedWith = sharedBy === undefined || keys.magnitude !== undefined ? site.tiedWith : undefined;
  return {
    path: `${path}.weight`,
    kind: "update",
    ...(tiedWith === undefined ? {} : { tiedWith: `${tiedWith}.weight` }),
    ...problemOf(site, adaptation),
    read: () => site.readWeight(),
    fold: (weight, base) => adaptation.fold(weight, base),
    replace: (value) => site.replaceWeight(value),
  };
}

function problemOf(site: Site, adaptation: LowRankAdaptation): Pick<WeightChange, "problem"> {
  if (adaptation instanceof ActivatedAdaptation)
    return { problem: "its update is for the tokens from alora_invocation_tokens on alone, and a weight is for all" };
  const problem = siteKinds[site.kind].problemOfMerging(site);
  return problem === null ? {} : { problem };
}

/** What becomes of the site's bias: B's is added to it, and DoRA stretches what an earlier adapter added. */
function biasChanges(
  { path }: Site,
  adaptation: LowRankAdaptation,
  bias: ParameterRef | undefined,
): readonly WeightChange[] {
  const isDora = adaptation instanceof DoraAdaptation;
  if (adaptation.foldBias === undefined || (isDora && bias === undefined)) return [];
  const missing = (): never => {
    throw new TypeError(`"${path}" has no bias.`);
  };
  return [
    {
      path: bias?.path ?? `${path}.bias`,
      kind: "update",
      onlyAfterOthers: isDora,
      ...(bias ? {} : { problem: "the layer has no bias that the bias on B (lora_bias) could be added to" }),
      read: () => bias?.read() ?? missing(),
      fold: (value, base, baseOf) =>
        adaptation.foldBias?.(value, { bias: base, weight: () => baseOf(`${path}.weight`) }) ?? missing(),
      replace: (value) => bias?.replace(value) ?? missing(),
    },
  ];
}
