// Types and checks for the tensors of one module in a file of Kohya, LyCORIS or diffusers.

import type { AdapterTensor } from "../../lora-config.ts";

export type ModuleParts = ReadonlyMap<KohyaPart, AdapterTensor>;

/** A and B, and the scale of their product. */
export interface PlainLora {
  /** [rank, inFeatures], of a convolution [rank, channels, height, width] */
  readonly a: AdapterTensor;
  /** [outFeatures, rank], of a convolution [outFeatures, rank, 1, 1] */
  readonly b: AdapterTensor;
  readonly scale: number;
}

/** Thrown if no A and B can be made from a module's tensors. */
export class BadModule {
  constructor(readonly problem: string) {}
}

/** The largest rank that an adapter may have. */
const maxRank = 4096;
/** Maximum number of values in A or B. A small file must not fill the memory. */
const maxNumbers = 2 ** 26;

/** α/rank. A missing α, or 0, means α = rank. */
export function scaleOf(parts: ModuleParts, rank: number): number {
  const alpha = parts.get("alpha")?.values[0] ?? 0;
  return alpha === 0 ? 1 : alpha / rank;
}

/** Two matrices of the module that are multiplied. */
export function factorsIn(
  parts: ModuleParts,
  names: { readonly a: KohyaPart; readonly b: KohyaPart },
): Omit<PlainLora, "scale"> {
  const [a, b] = [parts.get(names.a), parts.get(names.b)];
  if (a === undefined || b === undefined) throw new BadModule(`has no ${a === undefined ? names.a : names.b}`);
  if (a.shape.length !== 2 || b.shape.length !== 2 || a.shape[0] !== b.shape[1])
    throw new BadModule(`has a ${names.a} and a ${names.b} that are not two matrices of the same rank`);
  return { a, b };
}

/** Throws BadModule if A or B would be too large. */
export function checkSize(rank: number, features: number): void {
  if (rank > maxRank) throw new BadModule(`would have rank ${rank} as plain LoRA, more than ${maxRank}`);
  if (rank * features > maxNumbers) throw new BadModule("would have too many values as plain LoRA");
}

/** [rows, columns] of a matrix. */
export function sizesOf({ shape: [rows = 0, columns = 0] }: AdapterTensor): readonly [number, number] {
  return [rows, columns];
}

/** The part that a tensor is of its module. LyCORIS writes "mid", "hada_…" and "lokr_…". */
export type KohyaPart = "a" | "b" | "mid" | "alpha" | "magnitude" | `hada_${string}` | `lokr_${string}`;

interface KohyaKey {
  readonly path: string;
  readonly part: KohyaPart;
}

const hadamard = ["hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b", "hada_t1", "hada_t2"] as const;
const kronecker = ["lokr_w1", "lokr_w1_a", "lokr_w1_b", "lokr_w2", "lokr_w2_a", "lokr_w2_b", "lokr_t2"] as const;

const ends: ReadonlyMap<string, KohyaPart> = new Map<string, KohyaPart>([
  ["lora_down.weight", "a"],
  ["lora_up.weight", "b"],
  ["lora_mid.weight", "mid"],
  ["lora_A.weight", "a"],
  ["lora_B.weight", "b"],
  ["lora.down.weight", "a"],
  ["lora.up.weight", "b"],
  ["lora_linear_layer.down.weight", "a"],
  ["lora_linear_layer.up.weight", "b"],
  ["alpha", "alpha"],
  ["dora_scale", "magnitude"],
  ["lora_magnitude_vector", "magnitude"],
  ["lora_magnitude_vector.weight", "magnitude"],
  ...[...hadamard, ...kronecker].map((name) => [name, name] as const),
]);

/** Diffusers before 0.22 stored LoRA weights in a processor next to the layers: "attn1.processor.to_q_lora.down.weight". */
const ofProcessor = /^(.+)\.processor\.((?:to|add)_\w+)_lora\.(down|up)\.weight$/;

/** Parses a key; undefined if none of these programs writes it. */
export function parseKohyaKey(key: string): KohyaKey | undefined {
  const [, block, layer = "", matrix] = ofProcessor.exec(key) ?? [];
  if (block !== undefined) {
    // "to_out" is a list of two layers; the linear one is the first.
    const path = `${block}.${layer === "to_out" ? "to_out.0" : layer}`;
    return isPath(path) ? { path, part: matrix === "down" ? "a" : "b" } : undefined;
  }
  const dots = [...key.matchAll(/\./g)].slice(-3).map(({ index }) => index);
  for (const dot of dots) {
    const part = ends.get(key.slice(dot + 1));
    const path = key.slice(0, dot);
    if (part !== undefined) return isPath(path) ? { path, part } : undefined;
  }
  return undefined;
}

function isPath(path: string): boolean {
  return /^\w[\w.-]*$/.test(path);
}
