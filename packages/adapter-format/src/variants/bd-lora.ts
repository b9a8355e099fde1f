// BD-LoRA (PEFT's `use_bdlora`): in the modules of its two lists, A or B is block diagonal. A file stores only the blocks, one
// below the other. Source: PEFT 0.21.2, BdLoraConfig and BdLoraLinearVariant.

import { describeValue } from "@lowrank/contracts/internal";
import { invalidAdapterTensorsError, type TensorProblem } from "../errors.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import type { Adapter, AdapterTensor, LoraConfig } from "../lora-config.ts";
import { parseTensorKey, type TensorKey } from "../tensor-keys.ts";
import type { VariantFacts } from "./variant-facts.ts";

/** How `use_bdlora` changes a module's A and B. */
export type BlockVerdict =
  /** A and B are full matrices, as in plain LoRA. */
  | { readonly kind: "whole" }
  /** One matrix is a diagonal of `count` blocks: A [rank, inFeatures/count] in files, or B [outFeatures, rank/count]. */
  | { readonly kind: "blocks"; readonly matrix: "a" | "b"; readonly count: number }
  | { readonly kind: "refused"; readonly reason: string };

/** Blocks divide a rank, and this is the largest rank. */
const maxBlocks = 4096;

/** Maximum number of values of a matrix with its zeros. */
const maxNumbers = 2 ** 30;

export const bdLora = {
  key: "use_bdlora",
  setting: ({ blockDiagonal }) => blockDiagonal,
  effect: "block-diagonal factors",
  layer: "exclusive",
  columnsPerStored: blocksIn,
  toPlain: spreadBlocks,
  rules: [
    {
      key: "use_bdlora",
      expected:
        "target_modules_bd_a and target_modules_bd_b with lists of names, none in both, nblocks with an integer from 1 to " +
        "4096, and match_strict with true or false",
      holds: ({ blockDiagonal }) => blockDiagonal === null || areBlockSettings(blockDiagonal),
    },
  ],
} as const satisfies VariantFacts;

/** Whether an object is a valid `use_bdlora`: right types, and no name in both lists. Unknown keys are kept. */
function areBlockSettings(settings: JsonObject): boolean {
  const { nblocks = 1, match_strict: isStrict = true } = settings;
  const [forA, forB] = [settings.target_modules_bd_a ?? [], settings.target_modules_bd_b ?? []];
  if (!isNames(forA) || !isNames(forB) || typeof isStrict !== "boolean") return false;
  if (!Number.isInteger(nblocks) || Number(nblocks) < 1 || Number(nblocks) > maxBlocks) return false;
  const names = new Set(forA);
  return !forB.some((name) => names.has(name));
}

/** How A and B of the module at `path` are stored. PEFT searches each name anywhere in the path, as plain text. */
export function blockVerdict({ blockDiagonal }: Pick<LoraConfig, "blockDiagonal">, path: string): BlockVerdict {
  if (blockDiagonal === null) return { kind: "whole" };
  const nameIn = (list: JsonValue | undefined) =>
    isNames(list) ? list.find((name) => path.includes(name)) : undefined;
  const [forA, forB] = [nameIn(blockDiagonal.target_modules_bd_a), nameIn(blockDiagonal.target_modules_bd_b)];
  if (forA !== undefined && forB !== undefined)
    return {
      kind: "refused",
      reason: `use_bdlora names it twice: ${describeValue(forA)} for A, ${describeValue(forB)} for B`,
    };
  const count = Number(blockDiagonal.nblocks ?? 1);
  if (forA !== undefined) return { kind: "blocks", matrix: "a", count };
  if (forB !== undefined) return { kind: "blocks", matrix: "b", count };
  if (blockDiagonal.match_strict === false) return { kind: "whole" };
  return {
    kind: "refused",
    reason: "use_bdlora names it neither for A nor for B; with match_strict: false it gets plain LoRA",
  };
}

/**
 * The same adapter as plain LoRA, for programs without BD-LoRA: blocks are written on the diagonal of a zero matrix. An adapter
 * without blocks is returned unchanged.
 *
 * @throws INVALID_ADAPTER_TENSORS for matrices whose rows the blocks do not divide, or with more than 2³⁰ values
 */
export function spreadBlocks(adapter: Adapter): Adapter {
  const { config, tensors } = adapter;
  if (config.blockDiagonal === null) return adapter;
  const problems: TensorProblem[] = [];
  const spread = new Map<string, AdapterTensor>();
  for (const [key, tensor] of tensors) {
    const parsed = parseTensorKey(key);
    const count = parsed === null ? 1 : blocksIn(config, parsed);
    const problem = count === 1 ? null : spreadProblem(tensor, count);
    if (problem !== null) problems.push({ key, problem });
    else spread.set(key, count === 1 ? tensor : onDiagonal(tensor, count));
  }
  if (problems.length > 0) throw invalidAdapterTensorsError("The adapter", problems);
  return { ...adapter, config: { ...config, blockDiagonal: null }, tensors: spread };
}

/** Number of blocks of a stored tensor; 1 for a full matrix. */
function blocksIn(config: Pick<LoraConfig, "blockDiagonal">, { path, part }: TensorKey): number {
  if (config.blockDiagonal === null || (part !== "lora_A" && part !== "lora_B")) return 1;
  const verdict = blockVerdict(config, path);
  return verdict.kind === "blocks" && part === `lora_${verdict.matrix.toUpperCase()}` ? verdict.count : 1;
}

function spreadProblem({ shape }: AdapterTensor, count: number): string | null {
  const [rows = 0, columns = 0] = shape;
  const text = `has the shape [${shape.join(", ")}]`;
  if (shape.length !== 2 || rows % count !== 0) return `${text}, whose rows are not ${count} equal blocks (use_bdlora)`;
  return rows * columns * count > maxNumbers ? `${text}, which is too large with all ${count} blocks` : null;
}

/** [rows, columns] → [rows, columns · count] */
function onDiagonal({ shape, values }: AdapterTensor, count: number): AdapterTensor {
  const [rows = 0, columns = 0] = shape;
  const whole = new Float32Array(rows * columns * count);
  for (let row = 0; row < rows; row++) {
    const block = Math.floor(row / (rows / count));
    whole.set(values.subarray(row * columns, (row + 1) * columns), (row * count + block) * columns);
  }
  return { shape: [rows, columns * count], values: whole };
}

function isNames(value: JsonValue | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === "string");
}
