// The frozen weights of the base that an adapter file brings along: PEFT's `save_embedding_layers`. They act where they
// differ from the model's own.

import { type Adapter, type AdapterTensor, parseTensorKey, type TensorKey } from "@lowrank/adapter-format";
import type { AdaptableModel, ParameterRef } from "@lowrank/contracts";
import { sharedNames } from "../hosts/count-parameters.ts";
import { parametersOfTable, vocabularyTables } from "../hosts/vocabulary-tables.ts";
import { plannedParameter } from "../parts/saved-parameters.ts";
import type { InjectionPlan } from "../planned/injection-plan.ts";
import { type PlannedParameter, type PlannedTokenRows, partsOf } from "../planned/planned-parts.ts";

/** The plan with every weight of the base that the file has and that has its place: adapted layers, and tables. */
export function withBaseLayers(plan: InjectionPlan, model: AdaptableModel, { tensors }: Adapter): InjectionPlan {
  const whole = partsOf(plan, "whole-parameter");
  const planned = new Set(
    whole.flatMap(({ key, followers = [], copies = [] }) => [
      key,
      ...followers.flatMap((one) => one.key ?? []),
      ...copies,
    ]),
  );
  // A bias may have two names in a file (BERT's output): what is trained under one is not set back under the other.
  const trained = new Set(whole.flatMap(({ path, followers = [] }) => [path, ...followers.map((one) => one.path)]));
  const places = placesFor(plan, model);
  const found = [...tensors.keys()].flatMap((key): PlannedParameter[] => {
    const parsed = planned.has(key) ? null : parseTensorKey(key);
    const parameter = parsed === null ? undefined : places(parsed);
    if (parameter === undefined || trained.has(parameter.path)) return [];
    return [plannedParameter(parameter, key, "base-layer")];
  });
  const parts = plan.parts.map((part) => (part.part === "token-rows" ? withCopies(part, tensors) : part));
  return { ...plan, parts: [...parts, ...together(found, { model, tensors, trained })] };
}

/** Which parameter a tensor of the base is, if the adapter has a place for it. */
function placesFor(plan: InjectionPlan, model: AdaptableModel): (key: TensorKey) => ParameterRef | undefined {
  const sites = new Map(model.sites().map((site) => [site.path, site]));
  const adapted = new Set([...partsOf(plan, "site"), ...partsOf(plan, "tied-site")].map(({ path }) => path));
  const trained = new Set(partsOf(plan, "token-rows").flatMap(({ path, followers }) => [path, ...followers]));
  // Marian's input embedding is to transformers the encoder's, one of the names of the shared table.
  const sharedName = sharedNames(model);
  const tables = new Set(vocabularyTables(model).map(({ path }) => sharedName(`${path}.weight`)));
  // To transformers, what cuts an image into patches is its input embedding.
  const isTable = (path: string) => tables.has(sharedName(`${path}.weight`)) || sites.get(path)?.kind === "convolution";
  const hasPlace = (part: TensorKey["part"], path: string) =>
    (part === "base_layer" && adapted.has(path)) ||
    (part === "token_base_layer" && trained.has(path)) ||
    (part === "saved" && isTable(path) && !adapted.has(path) && !trained.has(path));
  return (key) => {
    const path = key.part === "token_base_layer" ? insideOfPair(key.path) : key.path;
    const site = hasPlace(key.part, path) ? sites.get(path) : undefined;
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
 * What shares a weight goes on sharing it: as in PEFT, which puts the file's values into the one parameter, they reach every
 * module that computes with it. Only a module for which the file has other values, or a trained copy, computes with those.
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
    const followers = [...named, ...others.map(({ path }) => ({ path }))];
    return followers.length === 0 ? leader : { ...leader, followers };
  });
}

/** The names under which the file has the rows once more: heads that share the table. */
function withCopies(rows: PlannedTokenRows, tensors: Adapter["tensors"]): PlannedTokenRows {
  const copies = [...tensors.keys()].filter((key) => {
    const parsed = parseTensorKey(key);
    const isOfFollower = parsed?.part === "token_adapter" && rows.followers.includes(insideOfPair(parsed.path));
    return isOfFollower && haveSameValues(tensors.get(key), tensors.get(rows.key));
  });
  return copies.length === 0 ? rows : { ...rows, copies };
}

/** The path of a head that gets pairs, too: PEFT wraps what trains rows of it in what adapts it. */
function insideOfPair(path: string): string {
  return path.replace(/\.base_layer$/, "");
}

function haveSameValues(one: AdapterTensor | undefined, other: AdapterTensor | undefined): boolean {
  if (one === undefined || one.values.length !== other?.values.length) return false;
  return one.values.every((value, index) => value === other.values[index]);
}
