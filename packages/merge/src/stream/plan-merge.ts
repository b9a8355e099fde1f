// Plans a merge that is computed while its result is written. The base's weights stay in their files and are read a few rows at a
// time.

import type { Adapter } from "@lowrank/adapter-format";
import { firstNonFinite } from "@lowrank/adapter-format/internal";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import type { AdapterHandle } from "@lowrank/inject";
import type { RowChange } from "@lowrank/inject/internal";
import { type Edit, editsOf } from "../edit/edits-of.ts";
import { type ExportableModel, resizedParameters } from "../export/exportable-model.ts";
import type { PlainType, PlannedMerge } from "../export/planned-merge.ts";
import { readAsStored, storedLayout, takeValues } from "../export/read-as-stored.ts";
import { checkMergeable } from "../fold/check-mergeable.ts";
import { nonFiniteMergeError, tiedWeightError } from "../fold/errors.ts";
import { type WeightToMerge, weightsToMerge } from "../fold/merged-weights.ts";
import { type FileWeight, type FileWeights, foldRows } from "./fold-rows.ts";
import { type RoundedRows, roundedRows } from "./rounded-rows.ts";

/** Options of `planMerge`. */
interface PlanMergeOptions {
  /** The base's weights. */
  readonly weights: FileWeights;
  /** As in the options of `mergeAdapter`. */
  readonly tied?: "refuse" | "untie";
}

const optionNames: OptionNames<PlanMergeOptions> = { weights: true, tied: true };

/** A planned merge that can also read the weights before it. */
export interface MergeInFiles extends PlannedMerge {
  /** A weight before the merge, like `values` after it. The pieces may have other lengths. */
  before(path: string): AsyncIterable<Float32Array>;
}

/**
 * Plans the merge of adapters into a model whose weights are in files (`WeightsInFiles` of `@lowrank/models`). The model is not
 * changed. `exportFiles` and `writeModelFolder` accept the plan. An adapter that can only be merged
 * (`Adapter.mergeOnly`) is given as it was read.
 *
 * @throws the errors of `mergeAdapter` that come before computing; AdapterMismatchError for such an adapter
 */
export function planMerge(
  model: ExportableModel,
  adapters: AdapterHandle | readonly AdapterHandle[] | Adapter,
  options: PlanMergeOptions,
): MergeInFiles {
  refuseUnknownOptions("planMerge", options, optionNames);
  const { weights, tied = "refuse" } = options;
  if ("tensors" in adapters) return planEdits(model, editsOf(model, adapters), { weights, tied });
  const handles = "length" in adapters ? [...adapters] : [adapters];
  checkMergeable(model, handles, tied);
  const changes = new Map(weightsToMerge(handles).map((weight) => [weight.path, weight]));
  const inFile = fileWeightsOf(model, weights);
  return {
    changed: [...changes.keys()],
    untied: [...changes.values()].filter(({ tiedWith }) => tiedWith !== undefined).map(({ path }) => path),
    before: (path) => valuesOf(path, { model, weights, inFile, change: undefined }),
    values: (path) => finiteValues(path, valuesOf(path, { model, weights, inFile, change: changes.get(path) })),
    roundedValues: (path, dtype) => roundedValuesOf(path, dtype, { model, weights, inFile, change: changes.get(path) }),
  };
}

function planEdits(
  model: ExportableModel,
  edits: readonly Edit[],
  { weights, tied }: Required<PlanMergeOptions>,
): MergeInFiles {
  const ties = edits.flatMap(({ path, tiedWith }) => (tiedWith === undefined ? [] : [{ path, tiedWith }]));
  if (tied === "refuse" && ties.length > 0) throw tiedWeightError(ties);
  const byPath = new Map(edits.map((edit) => [edit.path, edit]));
  const inFile = fileWeightsOf(model, weights);
  const before = (path: string) => valuesOf(path, { model, weights, inFile, change: undefined });
  return {
    changed: [...byPath.keys()],
    untied: ties.map(({ path }) => path),
    before,
    values: (path) => finiteValues(path, edited(before(path), byPath.get(path))),
  };
}

async function* edited(pieces: AsyncIterable<Float32Array>, edit: Edit | undefined): AsyncGenerator<Float32Array> {
  let start = 0;
  for await (const piece of pieces) {
    const first = start;
    yield edit === undefined ? piece : piece.map((value, index) => edit.change(value, first + index));
    start += piece.length;
  }
}

/** Finds a weight in the base's files, if the model has it unchanged. */
function fileWeightsOf(model: ExportableModel, weights: FileWeights): (path: string) => FileWeight | undefined {
  if (model.layerOrder !== undefined) return () => undefined;
  const resized = new Set(resizedParameters(model));
  const sharers = new Map(
    model
      .sites()
      .flatMap(({ path, tiedWith }) => (tiedWith === undefined ? [] : [[`${path}.weight`, `${tiedWith}.weight`]])),
  );
  return (path) => (resized.has(path) ? undefined : (weights.weight(path) ?? weights.weight(sharers.get(path) ?? "")));
}

interface WeightTask {
  readonly model: ExportableModel;
  readonly weights: FileWeights;
  readonly inFile: (path: string) => FileWeight | undefined;
  readonly change: WeightToMerge | undefined;
}

async function* valuesOf(path: string, task: WeightTask): AsyncGenerator<Float32Array> {
  const { model, weights, change } = task;
  const file = task.inFile(path);
  const inRows = change?.changes.map((each) => each.inRows);
  if (file !== undefined && inRows?.every((read) => read !== undefined) !== false) {
    const rowChanges: RowChange[] = [];
    for (const read of inRows ?? []) if (read !== undefined) rowChanges.push(await read());
    yield* foldRows(rowsOf(file, rowChanges), rowChanges);
    return;
  }
  // Small weights, and weights that differ from the file's, are read as a whole.
  const value = await weights.whileRead(() => (change === undefined ? undefined : change.compute().value));
  const stored = value === undefined ? undefined : storedLayout(model, path).toFile(value);
  value?.dispose();
  yield await takeValues(stored ?? (await weights.whileRead(() => readAsStored(model, path))));
}

/** If one A and B changes a weight of plain numbers, the file's bytes are converted directly to the new bytes. */
async function* roundedValuesOf(
  path: string,
  dtype: PlainType,
  task: WeightTask,
): AsyncGenerator<Float32Array | RoundedRows> {
  for await (const block of (await atOnce(path, dtype, task)) ?? valuesOf(path, task)) {
    if (!("bytes" in block) && firstNonFinite(block) >= 0) throw nonFiniteMergeError([path]);
    yield block;
  }
}

/** Undefined for all other weights. */
async function atOnce(path: string, dtype: PlainType, { inFile, change }: WeightTask) {
  const file = inFile(path);
  const [first, ...others] = change?.changes ?? [];
  const stored = file?.stored;
  if (file === undefined || stored === undefined || others.length > 0) return undefined;
  const update = await first?.inRows?.();
  if (update?.kind !== "low-rank") return undefined;
  const { rows, columns } = rowsOf(file, [update]);
  const readBytes = (from: number, count: number) => stored.readBytes(from * columns, count * columns);
  return roundedRows({ rows, columns, dtype: stored.dtype, readBytes }, update, dtype);
}

/** A weight as a matrix with the changes' number of columns. */
function rowsOf({ shape, read }: FileWeight, changes: readonly RowChange[]) {
  const size = shape.reduce((product, length) => product * length, 1);
  const wide = changes.find((change) => change.kind === "low-rank");
  const columns = wide === undefined ? (shape.at(-1) ?? 1) : wide.right.length / (wide.groups * wide.rank);
  return {
    rows: size / columns,
    columns,
    read: (first: number, count: number, into: Float32Array) => read(first * columns, count * columns, into),
  };
}

async function* finiteValues(path: string, blocks: AsyncIterable<Float32Array>): AsyncGenerator<Float32Array> {
  for await (const block of blocks) {
    if (firstNonFinite(block) >= 0) throw nonFiniteMergeError([path]);
    yield block;
  }
}
