// Lists the changes of an adapter by module, in torch's layout.

import { type Adapter, loraMatricesIn, parseTensorKey, scalingOf, toPlainLora } from "@lowrank/adapter-format";
import {
  type AdapterTensor,
  buildTensorKey,
  type Feature,
  trainingOnlyFeatures,
  unsupportedFeatures,
} from "@lowrank/adapter-format/internal";
import type { Misfit } from "./errors.ts";

/** The end of a joined module's path, and the names of the two modules whose outputs it joins. */
const joined = /(^|\.)gate_up_proj$/;
const partNames = ["gate_proj", "up_proj"];

/** Paths of the modules that a joined module may be split into; none for other modules. */
export function partPaths(path: string): readonly string[] {
  return joined.test(path) ? partNames.map((name) => path.replace(/gate_up_proj$/, name)) : [];
}

/** Splits a joined module's A and B: all parts share A; B and DoRA's magnitudes are cut. */
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

/** The parts of a joined module, if the model has a part but not the whole; else the whole module. */
export function partsIfAbsent<One>(
  module: One,
  partsOf: (module: One) => readonly One[],
  isThere: (module: One) => boolean,
): readonly One[] {
  const parts = isThere(module) ? [] : partsOf(module);
  return parts.some(isThere) ? parts : [module];
}

/** A and B of one module. */
export interface LoraChange {
  readonly path: string;
  readonly isEmbedding: boolean;
  /** [rank, inFeatures, ...kernel] */
  readonly a: AdapterTensor;
  /** [outFeatures, rank, ...] */
  readonly b: AdapterTensor;
  readonly scale: number;
  /** DoRA's magnitude of each output. */
  readonly magnitude: Float32Array | undefined;
}

/** A base weight that is replaced: of a saved module, or a bias. */
export interface WholeChange {
  readonly path: string;
  /** "weight" or "bias" */
  readonly parameter: string;
  readonly value: AdapterTensor;
}

export interface AdapterChanges {
  readonly loras: readonly LoraChange[];
  readonly wholes: readonly WholeChange[];
  readonly problems: readonly Misfit[];
}

/** Features that can be merged into a weight. Initializations do not matter after training. */
const possible: ReadonlySet<Feature> = new Set<Feature>([...trainingOnlyFeatures, "bias", "use_dora"]);

/** Sorts an adapter's tensors. */
export function adapterChanges(adapter: Adapter): AdapterChanges {
  const { config, tensors } = toPlainLora(adapter);
  const problems: Misfit[] = unsupportedFeatures(config, possible).map(({ key, got, effect }) => ({
    what: `${key} = ${got}`,
    reason: `${effect}; merge the adapter into its base model and export that`,
  }));
  const used = new Set<string>();
  const loras = loraMatricesIn(tensors).flatMap(({ path, partOfA, keys, a, b }): LoraChange[] => {
    used.add(keys.a).add(keys.b);
    if (b === undefined) {
      problems.push({ what: path, reason: "its B is missing" });
      return [];
    }
    const magnitudeKey = buildTensorKey({ path, part: "lora_magnitude_vector" });
    used.add(magnitudeKey);
    const isEmbedding = partOfA === "lora_embedding_A";
    const magnitude = tensors.get(magnitudeKey)?.values;
    return [{ path, isEmbedding, a, b, scale: scalingOf(config, path), magnitude }];
  });
  const wholes: WholeChange[] = [];
  for (const [key, value] of tensors) {
    if (used.has(key)) continue;
    const { path, part, parameter } = parseTensorKey(key) ?? {};
    // The base weight of an adapted embedding is saved with it, unchanged.
    if (part === "base_layer" && parameter === "weight") continue;
    if (path !== undefined && parameter !== undefined && (part === "saved" || part === "base_layer"))
      wholes.push({ path, parameter, value });
    else problems.push({ what: key, reason: "expected A and B, a weight or a bias" });
  }
  return { loras, wholes, problems };
}
