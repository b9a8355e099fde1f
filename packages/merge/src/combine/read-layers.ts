// Reads A and B of all adapters, layer by layer. All reasons against combining are checked first.

import { type Adapter, loraMatricesIn, parseTensorKey } from "@lowrank/adapter-format";
import {
  type AdapterTensor,
  buildTensorKey,
  type Feature,
  rankAxisOf,
  type TensorPart,
  trainingOnlyFeatures,
  unsupportedFeatures,
  type VariantFacts,
  variants,
} from "@lowrank/adapter-format/internal";
import { createMatrix, type Matrix } from "@lowrank/math";
import { maxBiases } from "./combined-config.ts";
import { combinationShapeError, sharedSavedWeightError, uncombinableAdapterError } from "./errors.ts";

/** One of the adapters to combine. */
export interface WeightedAdapter {
  readonly adapter: Adapter;
  /** May be negative, to subtract an adapter's effect. */
  readonly weight: number;
  /** Name in messages. Default: its position. */
  readonly name?: string;
}

interface AdapterLora {
  /** Index in the caller's list. */
  readonly adapter: number;
  /** [rank, inFeatures]; a convolution's kernel is flattened. */
  readonly a: Matrix;
  /** [outFeatures, rank] */
  readonly b: Matrix;
}

/** A layer that at least one adapter changes. */
export interface CombinedLayer {
  readonly path: string;
  readonly keys: { readonly a: string; readonly b: string };
  /** Further axes of A and B in files: [] or those of a kernel. */
  readonly kernels: { readonly a: readonly number[]; readonly b: readonly number[] };
  readonly loras: readonly AdapterLora[];
}

/** Layers in the order of their first appearance, and full weights that are copied unchanged. */
export interface ReadAdapters {
  readonly layers: readonly CombinedLayer[];
  readonly saved: ReadonlyMap<string, AdapterTensor>;
}

/** Features that do not change how a trained adapter computes. */
const harmless: ReadonlySet<Feature> = new Set(["bias", ...trainingOnlyFeatures]);

/** Parts that are full weights and are copied. */
const wholeParts: ReadonlySet<TensorPart> = new Set(["base_layer", "token_base_layer", "saved"]);

/** @throws UNCOMBINABLE_ADAPTER, SHARED_SAVED_WEIGHT, COMBINATION_SHAPE */
export function readLayers(sources: readonly WeightedAdapter[]): ReadAdapters {
  const supported = supportedIn(sources);
  const problems = sources.flatMap(({ adapter }, index) =>
    problemsOf(adapter, supported).map((problem) => ({ adapter: nameOf(sources, index), problem })),
  );
  if (problems.length) throw uncombinableAdapterError(problems);
  const layers = new Map<string, CombinedLayer>();
  sources.forEach(({ adapter }, index) => {
    for (const layer of layersOf(adapter, index)) {
      const earlier = layers.get(layer.path);
      layers.set(layer.path, earlier ? { ...earlier, loras: [...earlier.loras, ...layer.loras] } : layer);
    }
  });
  checkShapes([...layers.values()]);
  checkBiases([...layers.values()], sources);
  return { layers: [...layers.values()], saved: collectSaved(sources, layers) };
}

/** An adapter's name in messages. */
export function nameOf(sources: readonly WeightedAdapter[], index: number): string {
  return sources[index]?.name ?? `adapter ${index + 1}`;
}

/** Some variants are supported if all adapters have the same setting. */
function supportedIn(sources: readonly WeightedAdapter[]): ReadonlySet<Feature> {
  const isAgreed = ({ setting }: VariantFacts) =>
    new Set(sources.map(({ adapter }) => JSON.stringify(setting(adapter.config)))).size === 1;
  const agreed = variants.filter((row) => row.isCombinable && isAgreed(row)).map(({ key }) => key);
  return new Set([...harmless, ...agreed]);
}

function problemsOf({ config, tensors }: Adapter, supported: ReadonlySet<Feature>): readonly string[] {
  const features = unsupportedFeatures(config, supported).map(({ key, got, effect }) => `${key} = ${got}: ${effect}`);
  const foreign = [...tensors.keys()].filter((key) => {
    const part = parseTensorKey(key)?.part;
    return part === undefined || !(rankAxisOf(part) !== null || wholeParts.has(part));
  });
  const broken = [...tensors].filter(([, { values }]) => !values.every(Number.isFinite));
  return [
    // A feature that is already listed need not be listed by its tensors too.
    ...(features.length ? features : foreign.map((key) => `${key} is not a part of plain LoRA`)),
    ...broken.map(([key]) => `${key} has NaN or infinite values; its training diverged`),
  ];
}

function* layersOf({ tensors }: Adapter, index: number): Generator<CombinedLayer> {
  for (const { path, keys, a, b } of loraMatricesIn(tensors)) {
    if (!b) continue; // readers and writers of adapters refuse an A without B
    yield {
      path,
      keys,
      kernels: { a: a.shape.slice(2), b: b.shape.slice(2) },
      loras: [{ adapter: index, a: flattened(a), b: flattened(b) }],
    };
  }
}

function flattened({ shape, values }: AdapterTensor): Matrix {
  const rows = shape[0] ?? 0;
  return createMatrix(rows, rows === 0 ? 0 : values.length / rows, values);
}

function checkShapes(layers: readonly CombinedLayer[]): void {
  const grouped = layers.filter(({ loras }) => loras.some(({ a, b }) => a.rows !== b.columns));
  if (grouped.length)
    throw uncombinableAdapterError(
      grouped.map(({ path }) => ({
        adapter: path,
        problem: "A and B have different ranks, as in a grouped convolution",
      })),
    );
  const mismatches = layers.flatMap(({ path, loras }) => {
    const shapes = [...new Set(loras.map(({ a, b }) => `[${b.rows}, ${a.columns}]`))];
    return shapes.length > 1 ? [{ path, shapes }] : [];
  });
  if (mismatches.length) throw combinationShapeError(mismatches);
}

/** With bias "lora_only" the biases of layers that only other adapters adapt are in no file. */
function checkBiases(layers: readonly CombinedLayer[], sources: readonly WeightedAdapter[]): void {
  const configs = sources.map(({ adapter }) => adapter.config);
  if (maxBiases(configs) !== "lora_only") return;
  const without = layers.filter(({ loras }) => loras.every(({ adapter }) => configs[adapter]?.bias === "none"));
  if (without.length === 0) return;
  const problem = `it has no bias for ${without[0]!.path}, which only it adapts, and others have one (bias = "lora_only")`;
  const adapters = new Set(without.flatMap(({ loras }) => loras.map(({ adapter }) => adapter)));
  throw uncombinableAdapterError([...adapters].map((index) => ({ adapter: nameOf(sources, index), problem })));
}

/** Full weights: either one adapter has them, or all have the same values, such as embeddings that PEFT saves unchanged. */
function collectSaved(
  sources: readonly WeightedAdapter[],
  layers: ReadonlyMap<string, CombinedLayer>,
): ReadonlyMap<string, AdapterTensor> {
  const saved = new Map<string, AdapterTensor>();
  const shared: string[] = [];
  for (const { adapter } of sources) {
    for (const [stored, tensor] of adapter.tensors) {
      const part = parseTensorKey(stored)?.part;
      if (part !== "saved" && part !== "base_layer") continue;
      const key = savedKey(stored, layers);
      const earlier = saved.get(key);
      if (earlier && !isEqual(earlier, tensor)) shared.push(key);
      saved.set(key, tensor);
    }
  }
  if (shared.length) throw sharedSavedWeightError([...new Set(shared)]);
  return saved;
}

/** PEFT saves the bias of an adapted layer under "base_layer". In the combination this is any layer that one of the adapters adapts. */
function savedKey(key: string, layers: ReadonlyMap<string, CombinedLayer>): string {
  const { path, parameter } = parseTensorKey(key) ?? {};
  if (path === undefined || parameter !== "bias") return key;
  return buildTensorKey({ path, part: layers.has(path) ? "base_layer" : "saved", parameter });
}

function isEqual(one: AdapterTensor, other: AdapterTensor): boolean {
  return one.shape.join() === other.shape.join() && one.values.every((value, index) => value === other.values[index]);
}
