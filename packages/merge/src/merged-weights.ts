// What each changed weight will be after a merge.

import type { ParameterRef, Restore, Site } from "@lowrank/contracts";
import type { AdaptedSite, AdapterHandle, OverriddenParameter } from "@lowrank/inject";
import { pairDelta } from "@lowrank/math";
import * as tf from "@tensorflow/tfjs-core";

/** One weight's new value, not yet in place. */
export interface MergedWeight {
  /** transformers' parameter path. */
  readonly path: string;
  /** Path of the parameter that shares the old value, if one does. */
  readonly tiedWith?: string;
  /** [inFeatures, outFeatures] for a matrix. Owned by whoever replaces with it. */
  readonly value: tf.Tensor;
  replace(value: tf.Tensor): Restore;
}

/** Every weight that the adapters change; the caller owns the values. */
export function computeMergedWeights(handles: readonly AdapterHandle[]): readonly MergedWeight[] {
  const weights: MergedWeight[] = [];
  try {
    const saved = lastOfEach(handles);
    for (const [site, adapted] of groupBySite(handles)) {
      weights.push(mergeSite(site, adapted, saved.get(`${site.path}.weight`)?.variable));
    }
    const done = new Set(weights.map(({ path }) => path));
    for (const { parameter, variable } of saved.values()) {
      if (!done.has(parameter.path)) weights.push(mergeParameter(parameter, variable));
    }
    return weights;
  } catch (error) {
    for (const { value } of weights) value.dispose();
    throw error;
  }
}

function groupBySite(handles: readonly AdapterHandle[]): ReadonlyMap<Site, readonly AdaptedSite[]> {
  const groups = new Map<Site, AdaptedSite[]>();
  for (const adapted of handles.flatMap((handle) => handle.sites)) {
    const group = groups.get(adapted.site) ?? [];
    group.push(adapted);
    groups.set(adapted.site, group);
  }
  return groups;
}

/** A parameter that several adapters override has the last one's value, as in a forward pass. */
function lastOfEach(handles: readonly AdapterHandle[]): ReadonlyMap<string, OverriddenParameter> {
  const all = handles.flatMap((handle) => handle.parameters);
  return new Map(all.map((overridden) => [overridden.parameter.path, overridden]));
}

/** `saved`: the value that an adapter put in place of the site's own weight, if one did. */
function mergeSite(site: Site, adapted: readonly AdaptedSite[], saved: tf.Variable | undefined): MergedWeight {
  const value = tf.tidy(() =>
    adapted.reduce<tf.Tensor>(
      // s·A·B is [inFeatures, outFeatures] for embeddings too: their A has a row for each token.
      (weight, { pair, adaptation }) => tf.add(weight, pairDelta(pair, adaptation.scale)),
      saved ?? site.readWeight(),
    ),
  );
  return {
    path: `${site.path}.weight`,
    ...(site.tiedWith === undefined ? {} : { tiedWith: `${site.tiedWith}.weight` }),
    value,
    replace: (weight) => site.replaceWeight(weight),
  };
}

function mergeParameter(parameter: ParameterRef, variable: tf.Variable): MergedWeight {
  return {
    path: parameter.path,
    ...(parameter.tiedWith === undefined ? {} : { tiedWith: parameter.tiedWith }),
    // A value of its own: the variable stays with its handle.
    value: tf.tidy(() => tf.add(variable, 0)),
    replace: (value) => parameter.replace(value),
  };
}
