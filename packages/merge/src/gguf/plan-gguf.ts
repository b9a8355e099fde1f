// Decides name, type and source of each tensor of a merged GGUF file.

import type { ModelConfig } from "@lowrank/contracts/families";
import { parametersOf, pathInModel } from "@lowrank/contracts/families/checkpoint";
import { type GgufTable, ggufNameOf, ggufParameterOf } from "@lowrank/contracts/families/gguf";
import { unwritableArchitectureError } from "@lowrank/contracts/families/internal";
import type { GgufFile } from "@lowrank/gguf";
import { type EncodableType, encodableTypes } from "@lowrank/gguf/internal";
import type { ExportableModel } from "../export/exportable-model.ts";
import type { Changes } from "../export/plan-tensors.ts";
import { fitting, type GgufFileType, tensorTypeIn, unnamedWeightsError } from "./file-types.ts";
import { storedShape, type WeightOrder } from "./stored-order.ts";

/** One tensor to write. */
export interface PlannedGgufTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: string;
  /** "base": the bytes of the base's file; "model": the model's weight, encoded. */
  readonly from:
    | { readonly kind: "base" }
    | { readonly kind: "model"; readonly path: string; readonly type: EncodableType; readonly order: WeightOrder };
}

export interface GgufPlanFacts extends Changes {
  readonly table: GgufTable;
}

/** All tensors of a file in one of llama.cpp's file types. Throws UNNAMED_WEIGHTS. */
export function planGguf(
  model: ExportableModel,
  type: GgufFileType,
  facts: GgufPlanFacts,
): readonly PlannedGgufTensor[] {
  const { table } = facts;
  const weights = namedWeights(model, facts);
  const context = {
    architecture: table.architecture,
    layers: model.config.layers,
    hasOutput: weights.some(({ name }) => name === "output.weight"),
  };
  return weights.map(({ name, path, order }) => {
    const shape = storedShape(order);
    const ggufType = tensorTypeIn(type, { name, shape }, context);
    return { name, shape, type: ggufType, from: { kind: "model", path, type: ggufType, order } };
  });
}

/** The base's tensors in their order and types. Changed tensors get the nearest type that can be written. */
export function planLikeBase(
  model: ExportableModel,
  base: Pick<GgufFile, "tensors">,
  facts: GgufPlanFacts,
): readonly PlannedGgufTensor[] {
  const weights = new Map(namedWeights(model, facts).map((weight) => [weight.name, weight]));
  const planned = [...base.tensors.values()].map(({ name, type, shape }): PlannedGgufTensor => {
    const weight = weights.get(name);
    if (weight === undefined || !facts.changed.has(weight.path)) return { name, shape, type, from: { kind: "base" } };
    return fromModel(weight, type);
  });
  const added = [...weights.values()].filter(({ name }) => !base.tensors.has(name));
  const embeddingType = base.tensors.get("token_embd.weight")?.type ?? "F32";
  return [...planned, ...added.map((weight) => fromModel(weight, embeddingType))];
}

function fromModel({ name, path, order }: NamedWeight, type: string): PlannedGgufTensor {
  const shape = storedShape(order);
  const ggufType = fitting(writable(type), shape);
  return { name, shape, type: ggufType, from: { kind: "model", path, type: ggufType, order } };
}

/** Types with fewer bits than can be written become 4-bit types; other types that cannot be written become 8-bit. */
function writable(type: string): EncodableType {
  const sameType = encodableTypes.find((candidate) => candidate === type);
  if (sameType !== undefined) return sameType;
  return /^(Q[23]|IQ|TQ|MXFP4|NVFP4|Q1)/.test(type) ? "Q4_K" : "Q8_0";
}

interface NamedWeight {
  readonly name: string;
  readonly path: string;
  readonly order: WeightOrder;
}

function namedWeights({ config, task }: ExportableModel, { table, isUntied }: GgufPlanFacts): readonly NamedWeight[] {
  const isUnread = (path: string) => table.unread?.some((module) => path.startsWith(`${module}.`)) ?? false;
  const isWritten = (tiedWith: string | null) => tiedWith === null || isUntied || table.needsHead === true;
  const parameters = parametersOf(config, task).filter(
    ({ path, tiedWith, isBuffer }) => !isBuffer && isWritten(tiedWith) && !isUnread(path),
  );
  // Decoders without a head lack the prefix of the names with one.
  const tablePath = (path: string) =>
    task === "feature-extraction" ? pathInModel(config.family, table.task ?? "causal-lm", path) : path;
  const unnamed: string[] = [];
  const weights = parameters.flatMap(({ path: named, shape, tiedWith }): NamedWeight[] => {
    const name = ggufNameOf(table, tablePath(named));
    const path = isUntied ? named : (tiedWith ?? named);
    if (name !== null) return [{ name, path, order: { shape, change: ggufParameterOf(table, name)?.change, config } }];
    const names = stackNames(path, config, table);
    if (names.length === 0) unnamed.push(path);
    return names.map((each, index) => {
      return { name: each, path, order: { shape, change: undefined, config, part: { index, count: names.length } } };
    });
  });
  if (unnamed.length > 0) throw unnamedWeightsError(table.architecture, unnamed);
  if (table.needsHead === true && !weights.some(({ name }) => name === "output.weight"))
    throw unwritableArchitectureError(config.modelType, [
      { what: "the task", reason: `llama.cpp loads ${table.architecture} only with a head, and this model has none` },
    ]);
  return weights;
}

/** The tensors of an expert's matrices, which a stack has one below the other; empty for other parameters. */
function stackNames(path: string, { family }: ModelConfig, table: GgufTable): readonly string[] {
  const layer = /\.layers\.(\d+)\./.exec(path)?.[1] ?? "";
  const row = family.stackedFileKeys?.find((each) => path.endsWith(each.path.replace("{n}", layer)));
  const pieces = (row?.pieces ?? []).map((piece) => `${family.basePrefix}.${piece.replace("{n}", layer)}`);
  return pieces.flatMap((piece) => ggufNameOf(table, piece) ?? []);
}
