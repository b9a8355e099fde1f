// The tensors of a linear layer that each method stores, and their shapes as a function of the rank and the layer's sizes.

import type { AdapterTensor } from "../../lora-config.ts";
import { BadModule } from "../kohya/module-parts.ts";
import type { LowRankMethod } from "./methods.ts";

export type Parts = ReadonlyMap<string, AdapterTensor>;

/** A size, or the least one: layers of different sizes share the tensor. */
type Size = number | { readonly atLeast: number };
type Shapes = Readonly<Record<string, readonly Size[]>>;

export interface Layer {
  /** The module's tensors by part: "hada_w1_a". */
  readonly parts: Parts;
  /** Tensors that all modules share: "vera_A". */
  readonly shared: Parts;
  readonly rank: number;
  /** A setting of the configuration, by PEFT's key. */
  readonly setting: (key: string) => unknown;
  readonly outFeatures: number;
  readonly inFeatures: number;
}

export type LayerSizes = Pick<Layer, "outFeatures" | "inFeatures">;

interface MethodTensors {
  /** The layer's sizes by its own tensors. Absent if only the base has them. */
  readonly sizes?: (module: Omit<Layer, keyof LayerSizes>) => LayerSizes;
  readonly own: (layer: Layer) => Shapes;
  readonly shared?: (layer: Layer) => Shapes;
}

const perMethod: Readonly<Record<LowRankMethod, MethodTensors>> = {
  LOHA: {
    sizes: ({ parts }) => sizesBy(size(parts, "hada_w1_a", 0), size(parts, "hada_w1_b", 1)),
    own: ({ rank, outFeatures, inFeatures }) => ({
      ...{ hada_w1_a: [outFeatures, rank], hada_w1_b: [rank, inFeatures] },
      ...{ hada_w2_a: [outFeatures, rank], hada_w2_b: [rank, inFeatures] },
    }),
  },
  LOKR: {
    sizes: ({ parts }) => {
      const of = (side: string, axis: 0 | 1) =>
        size(parts, parts.has(side) ? side : `${side}_${axis === 0 ? "a" : "b"}`, axis);
      return sizesBy(of("lokr_w1", 0) * of("lokr_w2", 0), of("lokr_w1", 1) * of("lokr_w2", 1));
    },
    own: ({ rank, setting, outFeatures, inFeatures }) => {
      const factor = Number(setting("decompose_factor"));
      const [[out1, out2], [in1, in2]] = [factorization(outFeatures, factor), factorization(inFeatures, factor)];
      const isSplit1 = setting("decompose_both") === true && rank < Math.max(out1, in1) / 2;
      const isSplit2 = rank < Math.max(out2, in2) / 2;
      return {
        ...(isSplit1 ? { lokr_w1_a: [out1, rank], lokr_w1_b: [rank, in1] } : { lokr_w1: [out1, in1] }),
        ...(isSplit2 ? { lokr_w2_a: [out2, rank], lokr_w2_b: [rank, in2] } : { lokr_w2: [out2, in2] }),
      };
    },
  },
  VERA: {
    own: ({ rank, outFeatures }) => ({ vera_lambda_d: [rank], vera_lambda_b: [outFeatures] }),
    shared: ({ rank, outFeatures, inFeatures }) => ({
      ...{ vera_A: [rank, { atLeast: inFeatures }], vera_B: [{ atLeast: outFeatures }, rank] },
    }),
  },
  ADALORA: {
    sizes: ({ parts }) => sizesBy(size(parts, "lora_B", 0), size(parts, "lora_A", 1)),
    own: ({ rank, outFeatures, inFeatures }) => ({
      ...{ lora_A: [rank, inFeatures], lora_B: [outFeatures, rank], lora_E: [rank, 1] },
    }),
  },
  DELORA: {
    sizes: ({ parts }) => sizesBy(size(parts, "delora_B", 0), size(parts, "delora_A", 1)),
    own: ({ rank, outFeatures, inFeatures }) => ({
      ...{ delora_A: [rank, inFeatures], delora_B: [outFeatures, rank] },
      ...{ delora_lambda: [1], delora_w_norm: [inFeatures] },
    }),
  },
  MISS: {
    own: ({ rank, setting, outFeatures, inFeatures }) => {
      const columns = setting("init_weights") === "mini" ? Number(setting("mini_r")) : outFeatures;
      if (outFeatures % columns !== 0) throw new BadModule(`has ${outFeatures} outputs, which mini_r does not divide`);
      if (rank > inFeatures) throw new BadModule(`has rank ${rank}, more than its ${inFeatures} inputs`);
      return { miss_block: [rank, columns] };
    },
  },
  RANDLORA: {
    own: (layer) => ({
      randlora_lambda: [layer.rank, basesOf(layer)],
      randlora_gamma: [basesOf(layer), Math.min(layer.outFeatures, layer.inFeatures)],
    }),
    shared: (layer) => ({
      randlora_A: [layer.rank, 1, { atLeast: Math.min(layer.outFeatures, layer.inFeatures) }],
      randlora_B: [{ atLeast: Math.max(layer.outFeatures, layer.inFeatures) }, { atLeast: basesOf(layer) }, layer.rank],
    }),
  },
  VBLORA: {
    sizes: ({ parts, setting }) => {
      const length = Number(setting("vector_length"));
      const end = parts.has("vblora_logits_A_topk_indices") ? "_topk_indices" : "";
      return sizesBy(
        length * size(parts, `vblora_logits_B${end}`, 0),
        length * size(parts, `vblora_logits_A${end}`, 1),
      );
    },
    own: ({ parts, rank, setting, outFeatures, inFeatures }) => {
      const [length, vectors, topk] = [setting("vector_length"), setting("num_vectors"), setting("topk")].map(Number);
      if (topk! > vectors!) throw new BadModule(`has topk = ${topk}, more than its ${vectors} vectors`);
      const [a, b] = [
        [rank, inFeatures / length!],
        [outFeatures / length!, rank],
      ] as const;
      const isCompact = setting("save_only_topk_weights") === true && parts.has("vblora_logits_A_topk_indices");
      if (!isCompact) return { vblora_logits_A: [...a, vectors!], vblora_logits_B: [...b, vectors!] };
      return {
        ...{ vblora_logits_A_topk_indices: [...a, topk!], vblora_logits_A_topk_weights: [...a, topk! - 1] },
        ...{ vblora_logits_B_topk_indices: [...b, topk!], vblora_logits_B_topk_weights: [...b, topk! - 1] },
      };
    },
    shared: ({ setting }) => ({
      vblora_vector_bank: [Number(setting("num_vectors")), Number(setting("vector_length"))],
    }),
  },
  GRALORA: {
    sizes: ({ parts, setting }) => {
      const blocks = Number(setting("gralora_k"));
      return sizesBy(blocks * size(parts, "gralora_B", 2), blocks * size(parts, "gralora_A", 1));
    },
    own: ({ rank, setting, outFeatures, inFeatures }) => {
      const blocks = Number(setting("gralora_k"));
      if (rank % blocks !== 0) throw new BadModule(`has rank ${rank} for ${blocks} blocks`);
      return { gralora_A: [blocks, inFeatures / blocks, rank], gralora_B: [blocks, rank, outFeatures / blocks] };
    },
  },
};

/** The layer's sizes by the module's own tensors; undefined if only the base has them. */
export function sizesByTensors(method: LowRankMethod, module: Omit<Layer, keyof LayerSizes>): LayerSizes | undefined {
  return perMethod[method].sizes?.(module);
}

/** Throws BadModule for tensors that are missing, of another shape, or not of the method. */
export function checkShapes(method: LowRankMethod, layer: Layer): void {
  const { own, shared } = perMethod[method];
  const expected = own(layer);
  for (const name of layer.parts.keys())
    if (expected[name] === undefined)
      throw new BadModule(`has a ${name}, and its configuration needs ${Object.keys(expected).join(", ")}`);
  for (const [name, shape] of Object.entries(expected)) checkShape(layer.parts, name, shape);
  for (const [name, shape] of Object.entries(shared?.(layer) ?? {})) checkShape(layer.shared, name, shape);
}

function checkShape(tensors: Parts, name: string, expected: readonly Size[]): void {
  const { shape } = tensors.get(name) ?? missing(name);
  const fits = (one: Size, got = -1) => (typeof one === "number" ? got === one : got >= one.atLeast);
  if (shape.length === expected.length && expected.every((one, axis) => fits(one, shape[axis]))) return;
  const sizes = expected.map((one) => (typeof one === "number" ? one : `at least ${one.atLeast}`));
  throw new BadModule(`has a ${name} of [${shape}], expected [${sizes}] by the configuration and the layer`);
}

function missing(name: string): never {
  const isDrawn = /^(vera|randlora)_[AB]$/.test(name);
  throw new BadModule(`has no ${name}${isDrawn ? ": save the adapter with save_projection=True" : ""}`);
}

function size(parts: Parts, name: string, axis: number): number {
  return (parts.get(name) ?? missing(name)).shape[axis] ?? 0;
}

function sizesBy(outFeatures: number, inFeatures: number): LayerSizes {
  return { outFeatures, inFeatures };
}

/** RandLoRA's number of bases: together they have the layer's full rank. */
function basesOf({ rank, outFeatures, inFeatures }: Layer): number {
  return Math.ceil(Math.min(outFeatures, inFeatures) / rank);
}

/** PEFT's factorization (tuners/lokr/layer.py): `factor` if it divides, else the largest divisor up to it and the square root. */
function factorization(dimension: number, factor: number): readonly [number, number] {
  if (factor > 0 && dimension % factor === 0) return [factor, dimension / factor];
  const largest = factor === -1 ? dimension : factor;
  let divisor = 1;
  for (let next = 2; next <= largest && next * next <= dimension; next++) if (dimension % next === 0) divisor = next;
  return [divisor, dimension / divisor];
}
