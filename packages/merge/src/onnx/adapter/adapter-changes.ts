// What an adapter does, module by module, in torch's layout.

import {
  type Adapter,
  type AdapterTensor,
  buildTensorKey,
  type Feature,
  loraMatricesIn,
  parseTensorKey,
  scalingOf,
  toPlainLora,
  trainingOnlyFeatures,
  unsupportedFeatures,
} from "@lowrank/adapter-format";
import type { Misfit } from "./errors.ts";

/** What a path ends with, and what the halves of its outputs are called. */
const joined = /(^|\.)gate_up_proj$/;
const partNames = ["gate_proj", "up_proj"];

/** Paths of the modules that a path may have become; none where it is no such. */
export function partPaths(path: string): readonly string[] {
  return joined.test(path) ? partNames.map((name) => path.replace(/gate_up_proj$/, name)) : [];
}

/** The pair's parts: A is each one's; B, and the magnitudes of outputs, are cut. */
export function partsOf(lora: LoraChange): readonly LoraChange[] {
  const paths = partPaths(lora.path);
  const [outputs = 0, ...rest] = lora.b.shape;
  if (outputs % partNames.length !== 0) return [];
  const cut = (values: Float32Array, index: number) =>
    values.subarray((values.length / partNames.length) * index, (values.length / partNames.length) * (index + 1));
  return paths.map((path, index) => ({
    ...lora,
    path,
    b: { shape: [outputs / partNames.length, ...rest], values: cut(lora.b.values, index) },
    magnitude: lora.magnitude && cut(lora.magnitude, index),
  }));
}

/** The parts of what a model lacks as a whole, where it has one of them; otherwise the whole, there or not. */
export function inParts<One>(
  whole: One,
  partsOf: (whole: One) => readonly One[],
  isThere: (one: One) => boolean,
): readonly One[] {
  const parts = isThere(whole) ? [] : partsOf(whole);
  return parts.some(isThere) ? parts : [whole];
}

/** A pair on one module. */
export interface LoraChange {
  readonly path: string;
  readonly isEmbedding: boolean;
  /** [rank, inFeatures, ...kernel] */
  readonly a: AdapterTensor;
  /** [outFeatures, rank, ...] */
  readonly b: AdapterTensor;
  readonly scale: number;
  /** DoRA's lengths, of each output. */
  readonly magnitude: Float32Array | undefined;
}

/** A weight of the base that is another one altogether: of a saved module, or a bias. */
export interface WholeChange {
  readonly path: string;
  /** "weight" or "bias" */
  readonly parameter: string;
  readonly value: AdapterTensor;
}

/** All of an adapter. */
export interface AdapterChanges {
  readonly loras: readonly LoraChange[];
  readonly wholes: readonly WholeChange[];
  readonly problems: readonly Misfit[];
}

/** What a weight can hold beside plain LoRA: starts are past when an adapter is used. */
const possible: ReadonlySet<Feature> = new Set<Feature>([...trainingOnlyFeatures, "bias", "use_dora"]);

/** Sorts an adapter's tensors. */
export function adapterChanges(given: Adapter): AdapterChanges {
  const { config, tensors } = toPlainLora(given);
  const problems: Misfit[] = unsupportedFeatures(config, possible).map(({ key, got, effect }) => ({
    what: `${key} = ${got}`,
    reason: `${effect}; merge the adapter into its base model and export that`,
  }));
  const used = new Set<string>();
  const loras = loraMatricesIn(tensors).flatMap(({ path, partOfA, keys, a, b }): LoraChange[] => {
    used.add(keys.a).add(keys.b);
    if (b === undefined) {
      problems.push({ what: path, reason: "its other half is missing" });
      return [];
    }
    const length = buildTensorKey({ path, part: "lora_magnitude_vector" });
    used.add(length);
    const isEmbedding = partOfA === "lora_embedding_A";
    return [{ path, isEmbedding, a, b, scale: scalingOf(config, path), magnitude: tensors.get(length)?.values }];
  });
  const wholes: WholeChange[] = [];
  for (const [key, value] of tensors) {
    if (used.has(key)) continue;
    const { path, part, parameter } = parseTensorKey(key) ?? {};
    // A base layer's own weight comes along with an adapted table and is the base's.
    if (part === "base_layer" && parameter === "weight") continue;
    if (path !== undefined && parameter !== undefined && (part === "saved" || part === "base_layer"))
      wholes.push({ path, parameter, value });
    else problems.push({ what: key, reason: "expected A and B, a weight or a bias" });
  }
  return { loras, wholes, problems };
}
