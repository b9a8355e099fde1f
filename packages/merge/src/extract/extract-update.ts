// Extracts the update of one weight from the difference of two checkpoints.

import { type ParameterRef, printable } from "@lowrank/contracts/internal";
import { rankForEnergy, type Svd, streamedSvd } from "@lowrank/math/internal";
import { factorsOf } from "../combine/factors-of.ts";
import type { ExportableModel } from "../export/exportable-model.ts";
import { takeValues } from "../export/read-as-stored.ts";
import { type FileWeights, foldRows } from "../stream/fold-rows.ts";
import { ExtractionError } from "./errors.ts";
import { differenceOf, measurePair, type PairSums, rowsOf, sideBySide, type WeightPair } from "./weight-pair.ts";

/** An update left·right, in the layout of the file's weight. */
export interface ExtractedUpdate {
  /** [rows, rank] */
  readonly left: Float32Array;
  /** [rank, columns] */
  readonly right: Float32Array;
  readonly rank: number;
  /** DoRA's magnitude of each output. */
  readonly magnitudes: Float32Array | undefined;
  readonly facts: { readonly rank: number; readonly baseNorm: number; readonly norm: number; readonly error: number };
}

interface UpdateSettings {
  readonly rank: number;
  readonly energy: number;
  readonly seed: number;
  /** Whether the file's rows are inputs. */
  readonly isTransposed: boolean;
  /** Whether to extract DoRA's magnitudes. */
  readonly hasMagnitudes: boolean;
}

/** Undefined if both weights are equal. */
export async function extractUpdate(
  path: string,
  pair: WeightPair,
  settings: UpdateSettings,
): Promise<ExtractedUpdate | undefined> {
  const outputs = settings.isTransposed ? "columns" : "rows";
  const sums = await measurePair(pair, outputs);
  if (!Number.isFinite(sums.difference + sums.base))
    throw new ExtractionError(
      "NON_FINITE_CHECKPOINT",
      `${printable(path)} has NaN or infinite values in one of the checkpoints (did its training diverge?).`,
    );
  if (sums.difference === 0) return undefined;
  const magnitudes = settings.hasMagnitudes ? Float32Array.from(sums.outputs.tuned, Math.sqrt) : undefined;
  const difference = differenceOf(pair, settings.hasMagnitudes ? stretchesOf(sums) : undefined, outputs);
  const max = Math.min(settings.rank, difference.rows, difference.columns);
  const svd = await streamedSvd(difference, { rank: max, key: { seed: settings.seed, path } });
  const rank = rankOf(svd, { settings, sums, size: difference });
  const { a, b } = factorsOf(svd, { rank, clamp: null, signs: null });
  const [left, right] = [Float32Array.from(b.values), Float32Array.from(a.values)];
  const change = { kind: "low-rank", scale: 1, rank, left, right, groups: 1, outputs } as const;
  const missed = await distance(pair, { ...change, ...(magnitudes && { magnitudes }) });
  const norm = Math.sqrt(sums.difference);
  return { left, right, rank, magnitudes, facts: { rank, baseNorm: Math.sqrt(sums.base), norm, error: missed / norm } };
}

/**
 * DoRA computes W' = m·V/‖V‖ with V = W + B·A, for any length of V. The length that is closest to W leaves the smallest B·A. An
 * output that points away from W keeps its length.
 */
function stretchesOf({ outputs: { inner, tuned } }: PairSums): Float64Array {
  return inner.map((product, output) => {
    const square = tuned[output] as number;
    return product > 0 && square > 0 ? product / square : 1;
  });
}

interface RankQuestion {
  readonly settings: UpdateSettings;
  readonly sums: PairSums;
  readonly size: { readonly rows: number; readonly columns: number };
}

/** The accuracy of singular values from float32 products, relative to the largest. */
const float32Share = 1e-6;

/**
 * The smallest rank with enough energy, counting only directions above rounding. Rounding errors of the tuned weight are a random
 * matrix; its largest singular value is about an entry's deviation times √rows + √columns.
 */
function rankOf({ s }: Svd, { settings, sums, size }: RankQuestion): number {
  const { rows, columns } = size;
  const deviation = sums.rounding * Math.sqrt(sums.tuned / (3 * rows * columns));
  const noise = deviation * (Math.sqrt(rows) + Math.sqrt(columns));
  const min = Math.max(1.5 * noise, float32Share * (s[0] ?? 0));
  const squaredNorm = settings.hasMagnitudes ? undefined : sums.difference;
  return rankForEnergy(
    s.filter((value) => value > min),
    settings.energy,
    squaredNorm,
  );
}

/** ‖W' − merged‖, computed like a merge. */
async function distance(pair: WeightPair, change: Parameters<typeof foldRows>[1][number]): Promise<number> {
  const { columns, read } = pair.tuned;
  let sum = 0;
  let first = 0;
  let room: Float32Array = new Float32Array();
  for await (const merged of foldRows(pair.base, [change])) {
    const count = merged.length / columns;
    if (room.length < merged.length) room = new Float32Array(merged.length);
    const tuned = await read(first, count, room);
    for (let index = 0; index < merged.length; index += 1)
      sum += ((tuned[index] as number) - (merged[index] as number)) ** 2;
    first += count;
  }
  return Math.sqrt(sum);
}

/** A model whose weights are in files. */
export interface ModelInFiles {
  readonly model: ExportableModel;
  readonly weights: FileWeights;
}

/** A changed weight that is not a target. */
export interface OtherChange {
  /** transformers' parameter path. */
  readonly path: string;
  /** ‖W' − W‖ / ‖W‖; NaN if it is missing in one of the models or has another shape. */
  readonly relative: number;
}

/** All changed weights that are not targets, in the order of the base's parameters. `compared` are the targets. */
export async function changedElsewhere(
  { base, tuned }: { readonly base: ModelInFiles; readonly tuned: ModelInFiles },
  compared: ReadonlySet<string>,
): Promise<readonly OtherChange[]> {
  const tunedParameters = new Map(tuned.model.parameters().map((parameter) => [parameter.path, parameter]));
  const changes: OtherChange[] = [];
  for (const parameter of base.model.parameters()) {
    const { path, tiedWith } = parameter;
    if (compared.has(path) || tiedWith !== undefined) continue; // a shared weight is already compared
    const relative = await relativeChange({ base, tuned }, parameter, tunedParameters.get(path));
    if (relative !== 0) changes.push({ path, relative });
  }
  return changes;
}

async function relativeChange(
  { base, tuned }: { readonly base: ModelInFiles; readonly tuned: ModelInFiles },
  parameter: ParameterRef,
  other: ParameterRef | undefined,
): Promise<number> {
  if (other === undefined || parameter.shape.join() !== other.shape.join()) return Number.NaN;
  const sums = { base: 0, difference: 0 };
  const add = (before: Float32Array, after: Float32Array) => {
    for (let index = 0; index < before.length; index += 1) {
      const value = before[index] as number;
      sums.base += value * value;
      sums.difference += ((after[index] as number) - value) ** 2;
    }
  };
  const [before, after] = [base.weights.weight(parameter.path), tuned.weights.weight(parameter.path)];
  if (before !== undefined && after !== undefined) {
    const pair = { base: rowsOf(before), tuned: rowsOf(after) };
    for await (const blocks of sideBySide(pair)) add(...blocks);
  } else add(await valuesOf(parameter, base), await valuesOf(other, tuned));
  return sums.difference === 0 ? 0 : Math.sqrt(sums.difference / sums.base);
}

async function valuesOf(parameter: ParameterRef, { weights }: ModelInFiles): Promise<Float32Array> {
  return takeValues(await weights.whileRead(() => parameter.read()));
}
