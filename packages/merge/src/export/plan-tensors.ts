// Decides for each tensor of the export whether its values come from the base's file or from the model.

import { listed } from "@lowrank/contracts";
import { familyOf, type ModelConfig } from "@lowrank/contracts/families";
import {
  matchCheckpoint,
  type Parameter,
  parametersOf,
  pathInModel,
  planBlocks,
  planQuantized,
  planSplits,
  planStacks,
} from "@lowrank/contracts/families/checkpoint";
import type { Dtype } from "@lowrank/safetensors/internal";
import { mergesOf } from "../fold/merged-handle.ts";
import { sourceFolderError } from "./errors.ts";
import { type ExportableModel, type ExportDtype, resizedParameters } from "./exportable-model.ts";
import type { PlannedMerge } from "./planned-merge.ts";

/** One tensor to write. */
export interface PlannedTensor {
  /** Name in the new file. */
  readonly key: string;
  readonly dtype: Dtype;
  /** Shape in the file. If the base's tensor is shorter, zeros are appended. */
  readonly shape: readonly number[];
  readonly from:
    | { readonly kind: "base"; readonly key: string; readonly dtype: Dtype }
    | { readonly kind: "model"; readonly path: string };
  /** Name in the base's file of the copied or replaced tensor; absent for a new one. */
  readonly baseKey?: string;
}

/** A tensor's entry in a file's header. */
export interface BaseTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** The model's weights that differ from the base's file. */
export interface Changes {
  /** Paths of parameters with changed values, or that are not in the file. */
  readonly changed: ReadonlySet<string>;
  /** Whether head and embedding no longer share a weight. */
  readonly isUntied: boolean;
}

/** The changes by active merges and a planned one, and new parameters. */
export function changesOf(model: ExportableModel, merge: PlannedMerge | undefined): Changes {
  const merges = [...mergesOf(model), ...(merge === undefined ? [] : [merge])];
  const changed = merges.flatMap((each) => each.changed);
  return {
    changed: new Set([...changed, ...model.newParameters, ...resizedParameters(model)]),
    isUntied: merges.some(({ untied }) => untied.length > 0),
  };
}

const floatTypes: ReadonlySet<Dtype> = new Set<Dtype>(["F64", "F32", "F16", "BF16"]);

/**
 * All tensors of the export. Those of the base come first, in its order.
 *
 * @throws SOURCE_FOLDER if weights of the model are missing in the file
 */
export function planTensors(
  model: ExportableModel,
  base: { readonly name: string; readonly tensors: ReadonlyMap<string, BaseTensor> },
  options: Changes & { readonly dtype: ExportDtype },
): readonly PlannedTensor[] {
  const fit = fitToBase(model, base, options);
  const renamed = options.isUntied ? untiedTensors(model) : new Map<string, Parameter>();
  const fromBase = [...base.tensors].filter(([key]) => !fit.leftOut.has(key) && !renamed.has(key));
  const usual = chosenType(commonType(new Map(fromBase)), options.dtype);
  return [
    ...fromBase.map(([key, { dtype: stored, shape }]): PlannedTensor => {
      const path = fit.pathOf(key);
      const dtype = chosenType(stored, options.dtype);
      const common = { key: fit.rename(key), baseKey: key, dtype };
      const ours = fit.fromModel(key);
      if (ours) return { ...common, shape: ours.shape, from: { kind: "model", path } };
      return { ...common, shape: fit.shapeOf(path) ?? shape, from: { kind: "base", key, dtype: stored } };
    }),
    ...fit.added.map(
      ({ path, shape }): PlannedTensor => ({ key: path, dtype: usual, shape, from: { kind: "model", path } }),
    ),
    ...[...renamed].map(
      ([key, { path, shape }]): PlannedTensor => ({ key, dtype: usual, shape, from: { kind: "model", path } }),
    ),
  ];
}

/** Weights with another name after untying the head, by the new name. transformers then reads only that name. */
function untiedTensors({ config, task }: ExportableModel): ReadonlyMap<string, Parameter> {
  return new Map(
    parametersOf(config, task).flatMap((parameter) =>
      parameter.pathIfUntied === undefined ? [] : [[parameter.pathIfUntied, parameter]],
    ),
  );
}

/** The mapping between the tensors of the base's file and the weights to write. */
interface Fit {
  /** The parameter of a tensor. Other tensors keep their own name. */
  pathOf(key: string): string;
  /** The parameter whose current value replaces a tensor, if one does. */
  fromModel(key: string): Parameter | undefined;
  /** The shape of a buffer over tokens. It differs from the base's if the vocabulary was resized. */
  shapeOf(path: string): readonly number[] | undefined;
  /** Weights that are not in the file. */
  readonly added: readonly Parameter[];
  readonly leftOut: ReadonlySet<string>;
  /** A tensor's name in the new file. */
  rename(key: string): string;
}

function fitToBase(
  model: ExportableModel,
  base: { readonly name: string; readonly tensors: ReadonlyMap<string, BaseTensor> },
  { changed, isUntied }: Changes,
): Fit {
  const keys = [...base.tensors.keys()];
  const layout = baseLayout(model.config, keys);
  const match = matchCheckpoint(model.config, model.task, new Set(keys.flatMap(layout.namesOf)));
  const paths = new Map([...match.fileKeys].map(([path, key]) => [key, path]));
  const pathsOf = (key: string) => layout.namesOf(key).map((name) => paths.get(name) ?? name);
  const pathOf = (key: string) => (layout.isWhole(key) ? (paths.get(key) ?? key) : key);
  // A tensor that is only part of a weight is copied, or replaced by the whole weights that it belongs to.
  const isReplaced = (key: string) =>
    layout.isPacked(key) || (!layout.isWhole(key) && pathsOf(key).some((path) => changed.has(path)));
  const [replaced, copied] = [keys.filter(isReplaced), keys.filter((key) => !isReplaced(key))];
  const parameters = writtenParameters(model, isUntied);
  const copiedPaths = new Set(copied.flatMap(pathsOf));
  const inPlace = new Set(replaced.flatMap(pathsOf));
  const added = [...parameters.values()].filter(({ path }) => !copiedPaths.has(path));
  const isLost = ({ path, tiedWith }: Parameter) => !changed.has(path) && !inPlace.has(path) && tiedWith === null;
  const lost = added.filter(isLost);
  if (lost.length > 0) {
    const names = listed(lost.map(({ path }) => path));
    throw sourceFolderError(base.name, `it is not the folder of this model: it has no ${names}.`);
  }
  // A model with a new head has another class than its base, so the old head would be reported as unexpected.
  const isOther = model.newParameters.length > 0 || model.resizedFrom !== undefined;
  const all = new Map(parametersOf(model.config, model.task).map((parameter) => [parameter.path, parameter]));
  // A tied head's copy in the file has the embedding's old values.
  const isStale = (key: string) => changed.has(all.get(key)?.tiedWith ?? "");
  const unneeded = match.unused.filter((key) => isOther || isStale(key));
  return {
    pathOf,
    fromModel: (key) => {
      if (!layout.isWhole(key)) return undefined;
      const isOutdated = changed.has(pathOf(key)) || (isUntied && !paths.has(key));
      return isOutdated ? parameters.get(pathOf(key)) : undefined;
    },
    shapeOf: (path) => (changed.has(path) && all.get(path)?.isBuffer ? all.get(path)?.shape : undefined),
    added,
    leftOut: new Set([...unneeded.filter((key) => !parameters.has(key)), ...replaced]),
    rename: added.length > 0 ? withoutClash(fullNames(model, paths), paths, added) : (key) => key,
  };
}

/** If the file has the embedding under the head's name, it gets its own name when the head is written too. */
function withoutClash(
  rename: (key: string) => string,
  paths: ReadonlyMap<string, string>,
  added: readonly Parameter[],
): (key: string) => string {
  const addedPaths = new Set(added.map(({ path }) => path));
  return (key) => (addedPaths.has(rename(key)) ? (paths.get(key) ?? rename(key)) : rename(key));
}

/** Parameters by path. A tied head is included only after untying. Buffers never change, so they stay as in the base's file. */
function writtenParameters({ config, task }: ExportableModel, isUntied: boolean): ReadonlyMap<string, Parameter> {
  const isWritten = ({ tiedWith, isBuffer }: Parameter) => !isBuffer && (tiedWith === null || isUntied);
  const parameters = parametersOf(config, task).filter(isWritten);
  return new Map(parameters.map((parameter) => [parameter.path, parameter]));
}

/** All tensors of a model without a base folder, from the model alone. */
export function planTensorsOf(
  model: ExportableModel,
  options: Changes & { readonly dtype: ExportDtype },
): readonly PlannedTensor[] {
  const dtype = options.dtype === "as-base" ? "F32" : options.dtype;
  return [...writtenParameters(model, options.isUntied).values()].map(({ path, pathIfUntied, shape }) => ({
    key: options.isUntied ? (pathIfUntied ?? path) : path,
    dtype,
    shape,
    from: { kind: "model", path },
  }));
}

/**
 * Names for a model with a head. transformers refuses a file that mixes names of a bare base ("wte.weight") with those of a head
 * ("score.weight"). So a head that is added to such a file adds the prefix to all names. LLaMA for question answering has another
 * prefix than LLaMA's other models.
 */
function fullNames({ config, task }: ExportableModel, pathOf: ReadonlyMap<string, string>): (key: string) => string {
  const family = familyOf(config.modelType);
  const usual = `${family.basePrefix}.`;
  const fullName = (key: string) => pathInModel(family, task, key.startsWith(usual) ? key.slice(usual.length) : key);
  const isNamedOtherwise = [...pathOf].some(([key, path]) => path !== key && path === fullName(key));
  return (key) => (task !== "feature-extraction" && isNamedOtherwise ? (pathOf.get(key) ?? fullName(key)) : key);
}

function chosenType(stored: Dtype, requested: ExportDtype): Dtype {
  return requested === "as-base" || !floatTypes.has(stored) ? stored : requested;
}

/** The type that most float tensors have. */
function commonType(tensors: ReadonlyMap<string, BaseTensor>): Dtype {
  const counts = new Map<Dtype, number>();
  for (const { dtype } of tensors.values()) if (floatTypes.has(dtype)) counts.set(dtype, (counts.get(dtype) ?? 0) + 1);
  const [max] = [...counts].sort(([, one], [, other]) => other - one);
  return max?.[0] ?? "F32";
}

// Layouts of a base's file other than one tensor for each weight: a tensor for each expert of a stack, several weights in one
// tensor, quantized blocks with their scales.

interface BaseLayout {
  /** The weights that a tensor contains or is a part of, by their current names. */
  namesOf(key: string): readonly string[];
  /** Whether a tensor is exactly one weight. */
  isWhole(key: string): boolean;
  /** Whether its numbers are in a format that a merge cannot write. Such a tensor is always replaced by the model's weight. */
  isPacked(key: string): boolean;
}

function baseLayout(config: ModelConfig, keys: readonly string[]): BaseLayout {
  const quantized = planQuantized(config, keys);
  // As loading sees the file: a quantized weight under its plain name.
  const plain = quantized.size === 0 ? keys : [...new Set([...keys, ...quantized.keys()])];
  const pieces = [...planStacks(config, plain)].flatMap(([stack, members]) =>
    members.map((piece) => [piece, [stack]] as const),
  );
  const namesOfPart = new Map<string, readonly string[]>([...pieces, ...planSplits(config, plain)]);
  const blocks = [...planBlocks(keys)].flatMap(([name, members]) => members.map((key) => [key, [name]] as const));
  const codes = [...quantized].flatMap(([name, { keys: members }]) =>
    [...members.values()].map((key) => [key, namesOfPart.get(name) ?? [name]] as const),
  );
  const packed = new Map<string, readonly string[]>([...blocks, ...codes]);
  const names = new Map([...namesOfPart, ...packed]);
  return {
    namesOf: (key) => names.get(key) ?? [key],
    isWhole: (key) => !names.has(key),
    isPacked: (key) => packed.has(key),
  };
}
