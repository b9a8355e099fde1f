// Makes config.json of the exported model from the base's, with the changes of the export.

import { checkConfig, InvalidConfigError, type Task } from "@lowrank/contracts/families";
import { architectureOf } from "@lowrank/contracts/families/internal";
import { repeatedLayersError } from "./errors.ts";
import type { ExportableModel, ExportDtype } from "./exportable-model.ts";

export interface ConfigChanges {
  readonly dtype: ExportDtype;
  readonly isUntied: boolean;
  /** Names of a classifier's classes, if the base has others. */
  readonly labelNames?: readonly string[] | undefined;
}

const torchNames = { F32: "float32", F16: "float16", BF16: "bfloat16" } as const;

/** The configuration to write. Other fields of the base are kept. */
export function exportConfig(
  base: Readonly<Record<string, unknown>>,
  model: ExportableModel,
  changes: ConfigChanges,
): Readonly<Record<string, unknown>> {
  // Weights are written as plain numbers, even if the base's were quantized (MXFP4).
  const { quantization_config: _, ...plain } = base;
  return {
    ...withFields(plain, model, {
      ...(changes.isUntied ? { tie_word_embeddings: false } : {}),
      // All families have this key.
      ...(model.resizedFrom === undefined ? {} : { vocab_size: model.config.vocabularySize }),
    }),
    ...typeFields(base, changes.dtype),
    ...(model.newParameters.length > 0 || changes.labelNames !== undefined || isForAnotherProblem(base, model)
      ? headFields(model, changes)
      : {}),
  };
}

/** Sets fields of the configuration: in the text model's inner object if there is one (Gemma 3), and outside it if the key exists there. */
function withFields(
  base: Readonly<Record<string, unknown>>,
  { config }: ExportableModel,
  fields: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { section, key } = configSection(base, config);
  if (key === undefined) return { ...base, ...fields };
  const twice = Object.entries(fields).filter(([name]) => Object.hasOwn(base, name));
  return { ...base, ...Object.fromEntries(twice), [key]: { ...section, ...fields } };
}

/** The object with the text model's fields, and its key if it is an inner object. */
function configSection(
  base: Readonly<Record<string, unknown>>,
  { family }: ExportableModel["config"],
): { readonly section: Readonly<Record<string, unknown>>; readonly key?: string } {
  const { inside: key } = family.config;
  const inner = key === undefined ? undefined : base[key];
  if (key === undefined || typeof inner !== "object" || inner === null) return { section: base };
  return { section: inner as Readonly<Record<string, unknown>>, key }; // an object was asked for
}

/** Names of the number of layers in different families. */
const layerCounts = ["num_hidden_layers", "n_layer", "n_layers", "num_layers"];

/**
 * The base's configuration with the number of layers after layer replication.
 *
 * @throws REPEATED_LAYERS if the file cannot describe each layer
 */
export function repeatLayers(
  base: Readonly<Record<string, unknown>>,
  model: ExportableModel,
): Readonly<Record<string, unknown>> {
  const { config, layerOrder = [] } = model;
  const { section } = configSection(base, config);
  const counts = layerCounts.filter((key) => Object.hasOwn(section, key));
  const { layer_types: types, no_rope_layers: rotating } = section;
  const repeated = withFields(base, model, {
    ...Object.fromEntries((counts.length > 0 ? counts : ["num_hidden_layers"]).map((key) => [key, config.layers])),
    ...(Array.isArray(types) ? { layer_types: typesOf(layerOrder, types) } : {}),
    // A repeated layer keeps its flag for rotary embeddings.
    ...(Array.isArray(rotating) ? { no_rope_layers: layerOrder.map((layer) => rotating[layer]) } : {}),
  });
  if (!describesSameModel(repeated, config)) throw repeatedLayersError(config.modelType, layerOrder);
  return repeated;
}

/** Types of the layers, as in `withLayers`: by position, or all by the repeated layer if the model gets longer. */
function typesOf(order: readonly number[], types: readonly unknown[]): readonly unknown[] {
  return order.map((layer, position) => types[order.length > types.length ? layer : position]);
}

/** Whether config.json would be read as a model with these layers. */
function describesSameModel(file: Readonly<Record<string, unknown>>, target: ExportableModel["config"]): boolean {
  try {
    const read = checkConfig(file);
    const isRotationSame = read.rotatingLayers.join() === target.rotatingLayers.join();
    const areKindsSame = read.layerKinds.join() === target.layerKinds.join();
    return (
      isRotationSame && areKindsSame && read.layers === target.layers && read.windows.join() === target.windows.join()
    );
  } catch (error) {
    if (error instanceof InvalidConfigError) return false;
    throw error;
  }
}

/** transformers 4 writes `torch_dtype`. Version 5 writes `dtype` and reads both. */
function typeFields(base: Readonly<Record<string, unknown>>, dtype: ExportDtype): Readonly<Record<string, unknown>> {
  if (dtype === "as-base") return {};
  const name = torchNames[dtype];
  const keys = ["dtype", "torch_dtype"].filter((key) => Object.hasOwn(base, key));
  return Object.fromEntries((keys.length > 0 ? keys : ["torch_dtype"]).map((key) => [key, name]));
}

/** Tasks whose head has one output for each label of the configuration. Question answering calls its two scores labels. */
const labelled: ReadonlySet<Task> = new Set<Task>([
  "sequence-classification",
  "token-classification",
  "question-answering",
  "image-classification",
  "distilled-image-classification",
]);

/** Whether the base's own classifier was trained for regression or multi-label classification, which its file does not store. */
function isForAnotherProblem(base: Readonly<Record<string, unknown>>, { config, task }: ExportableModel): boolean {
  return labelled.has(task) && config.problemType !== null && config.problemType !== base.problem_type;
}

function headFields(
  { config, task }: ExportableModel,
  { labelNames: names = config.labelNames }: Pick<ConfigChanges, "labelNames">,
): Readonly<Record<string, unknown>> {
  const architectures = [architectureOf(config.modelType, task)];
  if (!labelled.has(task)) return { architectures };
  return {
    architectures,
    id2label: Object.fromEntries(names.map((name, index) => [String(index), name])),
    label2id: Object.fromEntries(names.map((name, index) => [name, index])),
    ...(config.problemType === null ? {} : { problem_type: config.problemType }),
  };
}
