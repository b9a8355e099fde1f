// Decides for every tensor of the export where its values come from: the base's file as it is, or the model.

import { listed } from "@lowrank/contracts";
import { familyOf, type ModelConfig } from "@lowrank/contracts/families";
import {
  matchCheckpoint,
  type Parameter,
  parametersOf,
  pathInModel,
  planBlocks,
  planSplits,
  planStacks,
} from "@lowrank/contracts/families/checkpoint";
import type { Dtype } from "@lowrank/safetensors";
import { mergesOf } from "../fold/merged-handle.ts";
import { SourceFolderError } from "./errors.ts";
import { type ExportableModel, type ExportDtype, resizedParameters } from "./exportable-model.ts";
import type { PlannedMerge } from "./planned-merge.ts";

/** One tensor to write. */
export interface PlannedTensor {
  /** Name in the new file. */
  readonly key: string;
  readonly dtype: Dtype;
  /** As files store it; zeros follow what the base's tensor has too few of. */
  readonly shape: readonly number[];
  readonly from:
    | { readonly kind: "base"; readonly key: string; readonly dtype: Dtype }
    | { readonly kind: "model"; readonly path: string };
  /** Name in the base's file of the tensor that this one is or replaces; absent for an added one. */
  readonly baseKey?: string;
}

/** What a file's header says of a tensor. */
export interface BaseTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** Which of the model's weights differ from the base's file. */
export interface Changes {
  /** Parameter paths with other values than the file's, or that the file lacks. */
  readonly changed: ReadonlySet<string>;
  /** Whether head and embedding have weights of their own now. */
  readonly isUntied: boolean;
}

/** What merges that are in effect, and a planned one, change; and what was made new. */
export function changesOf(model: ExportableModel, merge: PlannedMerge | undefined): Changes {
  const merges = [...mergesOf(model), ...(merge === undefined ? [] : [merge])];
  const changed = merges.flatMap((one) => one.changed);
  return {
    changed: new Set([...changed, ...model.newParameters, ...resizedParameters(model)]),
    isUntied: merges.some(({ untied }) => untied.length > 0),
  };
}

const floatTypes: ReadonlySet<Dtype> = new Set<Dtype>(["F64", "F32", "F16", "BF16"]);

/**
 * All tensors of the export, those of the base first and in its order.
 *
 * @throws SourceFolderError if the file lacks weights of the model
 */
export function planTensors(
  model: ExportableModel,
  base: { readonly name: string; readonly tensors: ReadonlyMap<string, BaseTensor> },
  options: Changes & { readonly dtype: ExportDtype },
): readonly PlannedTensor[] {
  const fit = fitToBase(model, base, options);
  const renamed = options.isUntied ? untiedTensors(model) : new Map<string, Parameter>();
  const kept = [...base.tensors].filter(([key]) => !fit.leftOut.has(key) && !renamed.has(key));
  const usual = chosenType(commonType(base.tensors), options.dtype);
  return [
    ...kept.map(([key, { dtype: stored, shape }]): PlannedTensor => {
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

/** Weights that have another name once the head is untied, by that name: transformers then reads them there alone. */
function untiedTensors({ config, task }: ExportableModel): ReadonlyMap<string, Parameter> {
  return new Map(
    parametersOf(config, task).flatMap((parameter) =>
      parameter.pathIfUntied === undefined ? [] : [[parameter.pathIfUntied, parameter]],
    ),
  );
}

/** How the tensors of the base's file and the weights to be written belong together. */
interface Fit {
  /** The parameter that a tensor holds; a tensor that holds none keeps its own name. */
  pathOf(key: string): string;
  /** The parameter whose present value takes a tensor's place, if one does. */
  fromModel(key: string): Parameter | undefined;
  /** Of a buffer over tokens: its shape, which the base's tensor need not have if the vocabulary was resized. */
  shapeOf(path: string): readonly number[] | undefined;
  /** Weights that the file lacks. */
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
  // What is not whole stays, or gives way to the whole weights that it belongs to.
  const isReplaced = (key: string) =>
    layout.isPacked(key) || (!layout.isWhole(key) && pathsOf(key).some((path) => changed.has(path)));
  const [replaced, left] = [keys.filter(isReplaced), keys.filter((key) => !isReplaced(key))];
  const parameters = writtenParameters(model, isUntied);
  const held = new Set(left.flatMap(pathsOf));
  const inPlace = new Set(replaced.flatMap(pathsOf));
  const added = [...parameters.values()].filter(({ path }) => !held.has(path));
  const isLost = ({ path, tiedWith }: Parameter) => !changed.has(path) && !inPlace.has(path) && tiedWith === null;
  const lost = added.filter(isLost);
  if (lost.length > 0) {
    const names = listed(lost.map(({ path }) => path));
    throw new SourceFolderError(base.name, `it is not the folder of this model: it has no ${names}.`);
  }
  // With a head made new the model is of another class than its base: the old head would only be reported as unexpected.
  // With a vocabulary of another size, tied copies and other heads would keep the old one.
  const isOther = model.newParameters.length > 0 || model.resizedFrom !== undefined;
  const all = new Map(parametersOf(model.config, model.task).map((parameter) => [parameter.path, parameter]));
  // A tied head's own copy in the file has the table's old values.
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

/** A table that the file has under its head's name gets its own once the head is written as well. */
function withoutClash(
  rename: (key: string) => string,
  paths: ReadonlyMap<string, string>,
  added: readonly Parameter[],
): (key: string) => string {
  const taken = new Set(added.map(({ path }) => path));
  return (key) => (taken.has(rename(key)) ? (paths.get(key) ?? rename(key)) : rename(key));
}

/** Parameters by path; a tied head only once it is untied. Buffers never change: they stay as the base's file has them. */
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
 * Names as a model with a head has them. transformers refuses a file that mixes the names of a bare base ("wte.weight")
 * with those of a head ("score.weight"), so a head added to such a file lengthens all names. LLaMA's answers to questions
 * have the base under another name than LLaMA's other models.
 */
function fullNames({ config, task }: ExportableModel, pathOf: ReadonlyMap<string, string>): (key: string) => string {
  const family = familyOf(config.modelType);
  const usual = `${family.basePrefix}.`;
  const fullName = (key: string) => pathInModel(family, task, key.startsWith(usual) ? key.slice(usual.length) : key);
  const isNamedOtherwise = [...pathOf].some(([key, path]) => path !== key && path === fullName(key));
  return (key) => (task !== "feature-extraction" && isNamedOtherwise ? (pathOf.get(key) ?? fullName(key)) : key);
}

function chosenType(stored: Dtype, wanted: ExportDtype): Dtype {
  return wanted === "as-base" || !floatTypes.has(stored) ? stored : wanted;
}

/** The type that most float tensors have. */
function commonType(tensors: ReadonlyMap<string, BaseTensor>): Dtype {
  const counts = new Map<Dtype, number>();
  for (const { dtype } of tensors.values()) if (floatTypes.has(dtype)) counts.set(dtype, (counts.get(dtype) ?? 0) + 1);
  const [max] = [...counts].sort(([, one], [, other]) => other - one);
  return max?.[0] ?? "F32";
}

// How a base's file may hold a model's weights otherwise than one by one: a tensor for each expert of a stack, several weights in
// one tensor, blocks of few bits with their scales.

interface BaseLayout {
  /** The weights that a tensor is or holds, or is a piece of, by the keys that they have in files of today. */
  namesOf(key: string): readonly string[];
  /** Whether a tensor is one weight by itself. */
  isWhole(key: string): boolean;
  /** Whether its numbers have a form that a merge cannot write: it always gives way to what the model computes with. */
  isPacked(key: string): boolean;
}

function baseLayout(config: ModelConfig, keys: readonly string[]): BaseLayout {
  const pieces = [...planStacks(config, keys)].flatMap(([stack, own]) => own.map((piece) => [piece, [stack]] as const));
  const packed = new Map([...planBlocks(keys)].flatMap(([name, own]) => own.map((key) => [key, [name]] as const)));
  const names = new Map<string, readonly string[]>([...pieces, ...planSplits(config, keys), ...packed]);
  return {
    namesOf: (key) => names.get(key) ?? [key],
    isWhole: (key) => !names.has(key),
    isPacked: (key) => packed.has(key),
  };
}
