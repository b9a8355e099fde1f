// Frozen base weights in an adapter file: PEFT's `save_embedding_layers`. They are used if they differ from the model's.

import { type Adapter, parseTensorKey } from "@lowrank/adapter-format";
import type { AdapterTensor, TensorKey } from "@lowrank/adapter-format/internal";
import type { AdaptableModel } from "@lowrank/contracts";
import type { ParameterRef } from "@lowrank/contracts/internal";
import { sharedNames } from "../hosts/count-parameters.ts";
import { parametersOfTable, vocabularyTables } from "../hosts/vocabulary-tables.ts";
import { plannedParameter } from "../parts/saved-parameters.ts";
import type { InjectionPlan } from "../planned/injection-plan.ts";
import { type PlannedParameter, type PlannedTokenRows, partsOf } from "../planned/planned-parts.ts";

/** Adds the base weights of the file to the plan: of adapted layers, and embeddings. */
export function withBaseLayers(plan: InjectionPlan, model: AdaptableModel, { tensors }: Adapter): InjectionPlan {
  const wholes = partsOf(plan, "whole-parameter");
  const planned = new Set(
    wholes.flatMap(({ key, tiedParameters = [], copyKeys = [] }) => [
      key,
      ...tiedParameters.flatMap((one) => one.key ?? []),
      ...copyKeys,
    ]),
  );
  // A bias may have two names in a file (BERT's output): a value trained under one must not be reset under the other.
  const trained = new Set(
    wholes.flatMap(({ path, tiedParameters = [] }) => [path, ...tiedParameters.map((one) => one.path)]),
  );
  const find = parameterFinder(plan, model);
  const found = [...tensors.keys()].flatMap((key): PlannedParameter[] => {
    const parsed = planned.has(key) ? null : parseTensorKey(key);
    const parameter = parsed === null ? undefined : find(parsed);
    if (parameter === undefined || trained.has(parameter.path)) return [];
    return [plannedParameter(parameter, key, "base-layer")];
  });
  const parts = plan.parts.map((part) => (part.part === "token-rows" ? withCopies(part, tensors) : part));
  return { ...plan, parts: [...parts, ...together(found, { model, tensors, trained })] };
}

/** The parameter of a base tensor, if the adapter has a part for it. */
function parameterFinder(plan: InjectionPlan, model: AdaptableModel): (key: TensorKey) => ParameterRef | undefined {
  const sites = new Map(model.sites().map((site) => [site.path, site]));
  const adapted = new Set([...partsOf(plan, "site"), ...partsOf(plan, "tied-site")].map(({ path }) => path));
  const trained = new Set(partsOf(plan, "token-rows").flatMap(({ path, tiedModules }) => [path, ...tiedModules]));
  // transformers uses the encoder's embedding as Marian's input embedding, one of the names of the shared weight.
  const sharedName = sharedNames(model);
  const tables = new Set(vocabularyTables(model).map(({ path }) => sharedName(`${path}.weight`)));
  // transformers uses the patch embedding as an image model's input embedding.
  const isTable = (path: string) => tables.has(sharedName(`${path}.weight`)) || sites.get(path)?.kind === "convolution";
  const hasParameter = (part: TensorKey["part"], path: string) =>
    (part === "base_layer" && adapted.has(path)) ||
    (part === "token_base_layer" && trained.has(path)) ||
    (part === "saved" && isTable(path) && !adapted.has(path) && !trained.has(path));
  return (key) => {
    const path = key.part === "token_base_layer" ? withoutWrapper(key.path) : key.path;
    const site = hasParameter(key.part, path) ? sites.get(path) : undefined;
    return site && parametersOfTable(model, site).get(key.parameter ?? "");
  };
}

interface Together {
  readonly model: AdaptableModel;
  readonly tensors: Adapter["tensors"];
  /** Paths of the parameters that the adapter has trained copies of. */
  readonly trained: ReadonlySet<string>;
}

/**
 * Modules that share a weight still share it, as in PEFT, which writes the file's values to the one parameter. Only modules with
 * other values in the file, or a trained copy, use those.
 */
function together(
  found: readonly PlannedParameter[],
  { model, tensors, trained }: Together,
): readonly PlannedParameter[] {
  const sharedName = sharedNames(model);
  const isOneWeight = (one: { path: string }, other: { path: string }) =>
    sharedName(one.path) === sharedName(other.path);
  const isSame = (one: PlannedParameter, other: PlannedParameter) =>
    isOneWeight(one, other) && haveSameValues(tensors.get(one.key), tensors.get(other.key));
  const parameters = model.parameters();
  const ordered = parameters.flatMap(({ path }) => found.filter((one) => one.path === path));
  const isFirst = (one: PlannedParameter, among: readonly PlannedParameter[], isAlike: typeof isSame) =>
    among.find((other) => isAlike(other, one)) === one;
  const leaders = ordered.filter((one) => isFirst(one, ordered, isSame));
  const unnamed = parameters.filter(({ path }) => !trained.has(path) && !found.some((one) => one.path === path));
  return leaders.map((leader) => {
    const named = ordered
      .filter((one) => one !== leader && isSame(one, leader))
      .map(({ path, key }) => ({ path, key }));
    const others = isFirst(leader, leaders, isOneWeight) ? unnamed.filter((one) => isOneWeight(one, leader)) : [];
    const tiedParameters = [...named, ...others.map(({ path }) => ({ path }))];
    return tiedParameters.length === 0 ? leader : { ...leader, tiedParameters };
  });
}

/** Further names of the rows in the file: those of heads that share the embedding. */
function withCopies(rows: PlannedTokenRows, tensors: Adapter["tensors"]): PlannedTokenRows {
  const copyKeys = [...tensors.keys()].filter((key) => {
    const parsed = parseTensorKey(key);
    const isOfTied = parsed?.part === "token_adapter" && rows.tiedModules.includes(withoutWrapper(parsed.path));
    return isOfTied && haveSameValues(tensors.get(key), tensors.get(rows.key));
  });
  return copyKeys.length === 0 ? rows : { ...rows, copyKeys };
}

/** The path of a head that also gets A and B: PEFT puts the module that trains rows inside the adapted one. */
function withoutWrapper(path: string): string {
  return path.replace(/\.base_layer$/, "");
}

function haveSameValues(one: AdapterTensor | undefined, other: AdapterTensor | undefined): boolean {
  if (one === undefined || one.values.length !== other?.values.length) return false;
  return one.values.every((value, index) => value === other.values[index]);
}
