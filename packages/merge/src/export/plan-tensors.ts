// Decides for every tensor of the export where its values come from: the base's file as it is, or the model.

import { familyOf, matchCheckpoint, parametersOf } from "@lowrank/families";
import type { Dtype } from "@lowrank/safetensors";
import { SourceFolderError } from "../errors.ts";
import type { ExportableModel, ExportDtype } from "./exportable-model.ts";

/** One tensor to write. */
export interface PlannedTensor {
  /** Name in the new file. */
  readonly key: string;
  readonly dtype: Dtype;
  /** As files store it. */
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
  const { config, task } = model;
  const match = matchCheckpoint(config, task, base.tensors.keys());
  const pathOf = new Map([...match.fileKeys].map(([path, key]) => [key, path]));
  const parameters = parametersOf(config, task).filter(({ tiedWith }) => tiedWith === null || options.isUntied);
  const shapeOf = new Map(parameters.map(({ path, shape }) => [path, shape]));
  const written = new Set<string>();
  for (const [key] of base.tensors) written.add(pathOf.get(key) ?? key);
  const added = parameters.filter(({ path }) => !written.has(path));
  const lost = added.filter(({ path, tiedWith }) => !options.changed.has(path) && tiedWith === null);
  if (lost.length) {
    const names = lost.map(({ path }) => path).join(", ");
    throw new SourceFolderError(base.name, `it is not the folder of this model: it lacks ${names}.`);
  }
  const rename = added.length > 0 ? fullNames(model, pathOf) : (key: string) => key;
  const planned = [...base.tensors].map(([key, tensor]): PlannedTensor => {
    const path = pathOf.get(key) ?? key;
    const isOurs = shapeOf.has(path) && (options.changed.has(path) || (options.isUntied && !pathOf.has(key)));
    const dtype = chosenType(tensor.dtype, options.dtype);
    const common = { key: rename(key), baseKey: key, dtype };
    if (isOurs) return { ...common, shape: shapeOf.get(path)!, from: { kind: "model", path } };
    return { ...common, shape: tensor.shape, from: { kind: "base", key, dtype: tensor.dtype } };
  });
  const usual = chosenType(commonType(base.tensors), options.dtype);
  return [
    ...planned,
    ...added.map(
      ({ path, shape }): PlannedTensor => ({ key: path, dtype: usual, shape, from: { kind: "model", path } }),
    ),
  ];
}

/** All tensors of a model without a base folder, from the model alone. */
export function planTensorsOf(
  model: ExportableModel,
  options: Changes & { readonly dtype: ExportDtype },
): readonly PlannedTensor[] {
  const dtype = options.dtype === "as-base" ? "F32" : options.dtype;
  return parametersOf(model.config, model.task)
    .filter(({ tiedWith }) => tiedWith === null || options.isUntied)
    .map(({ path, shape }) => ({ key: path, dtype, shape, from: { kind: "model", path } }));
}

/**
 * Names as a model with a head has them. transformers refuses a file that mixes the names of a bare base ("wte.weight")
 * with those of a head ("score.weight"), so a head added to such a file lengthens all names.
 */
function fullNames({ config, task }: ExportableModel, pathOf: ReadonlyMap<string, string>): (key: string) => string {
  const prefix = `${familyOf(config.modelType).basePrefix}.`;
  const isBare = task !== "feature-extraction" && [...pathOf].some(([key, path]) => path === prefix + key);
  return (key) => (isBare ? (pathOf.get(key) ?? prefix + key) : key);
}

function chosenType(stored: Dtype, wanted: ExportDtype): Dtype {
  return wanted === "as-base" || !floatTypes.has(stored) ? stored : wanted;
}

/** The type that most float tensors have. */
function commonType(tensors: ReadonlyMap<string, BaseTensor>): Dtype {
  const counts = new Map<Dtype, number>();
  for (const { dtype } of tensors.values()) if (floatTypes.has(dtype)) counts.set(dtype, (counts.get(dtype) ?? 0) + 1);
  const [most] = [...counts].sort(([, one], [, other]) => other - one);
  return most?.[0] ?? "F32";
}
