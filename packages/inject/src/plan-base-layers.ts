// The frozen weights of the base that an adapter file brings along: PEFT's `save_embedding_layers`. They act where they
// differ from the model's own.

import { type Adapter, type AdapterTensor, parseTensorKey, type TensorKey } from "@lowrank/adapter-format";
import type { AdaptableModel, ParameterRef, Site } from "@lowrank/contracts";
import type { InjectionPlan, PlannedParameter } from "./injection-plan.ts";
import { plannedParameter } from "./saved-parameters.ts";
import { areTwins } from "./tie-modules.ts";
import { parametersOfTable, vocabularyTables } from "./vocabulary-tables.ts";

/** The plan with every weight of the base that the file has and that has its place: adapted layers, and tables. */
export function withBaseLayers(plan: InjectionPlan, model: AdaptableModel, { tensors }: Adapter): InjectionPlan {
  const planned = new Set(
    plan.savedParameters.flatMap(({ key, followers = [], copies = [] }) => [
      key,
      ...followers.map((one) => one.key),
      ...copies,
    ]),
  );
  // A bias may have two names in a file (BERT's output): what is trained under one is not set back under the other.
  const trained = new Set(plan.savedParameters.map(({ path }) => path));
  const places = placesFor(plan, model);
  const found = [...tensors.keys()].flatMap((key): PlannedParameter[] => {
    const parsed = planned.has(key) ? null : parseTensorKey(key);
    const parameter = parsed === null ? undefined : places(parsed);
    if (parameter === undefined || trained.has(parameter.path)) return [];
    return [plannedParameter(parameter, key, "base-layer")];
  });
  const savedParameters = [...plan.savedParameters, ...together(found, model, tensors)];
  return { ...plan, savedParameters, tokenRows: plan.tokenRows.map((rows) => withCopies(rows, tensors)) };
}

/** Which parameter a tensor of the base is, if the adapter has a place for it. */
function placesFor(plan: InjectionPlan, model: AdaptableModel): (key: TensorKey) => ParameterRef | undefined {
  const sites = new Map(model.sites().map((site) => [site.path, site]));
  const adapted = new Set([...plan.entries, ...plan.tiedSites].map(({ path }) => path));
  const trained = new Set(plan.tokenRows.flatMap(({ path, followers }) => [path, ...followers]));
  const tables = new Set(vocabularyTables(model).map(({ path }) => path));
  const hasPlace = ({ path, part }: TensorKey) =>
    (part === "base_layer" && adapted.has(path)) ||
    (part === "token_base_layer" && trained.has(path)) ||
    (part === "saved" && tables.has(path) && !adapted.has(path) && !trained.has(path));
  return (key) => {
    const site = hasPlace(key) ? sites.get(key.path) : undefined;
    return site && parametersOfTable(model, site).get(key.parameter ?? "");
  };
}

/** A table and the head that shares it stay one where the file has the same values for both. */
function together(
  found: readonly PlannedParameter[],
  model: AdaptableModel,
  tensors: Adapter["tensors"],
): readonly PlannedParameter[] {
  const siteOf = new Map(model.sites().map((site): [string, Site] => [`${site.path}.weight`, site]));
  const isFollower = (one: PlannedParameter, other: PlannedParameter) =>
    isTable(siteOf.get(other.path)) &&
    areTwinsAt(siteOf.get(one.path), siteOf.get(other.path)) &&
    haveSameValues(tensors.get(one.key), tensors.get(other.key));
  const leaders = found.filter((one) => !found.some((other) => isFollower(one, other)));
  return leaders.map((leader) => {
    const followers = found.filter((one) => isFollower(one, leader)).map(({ path, key }) => ({ path, key }));
    return followers.length === 0 ? leader : { ...leader, followers };
  });
}

function isTable(site: Site | undefined): boolean {
  return site?.role === "input-embedding";
}

function areTwinsAt(one: Site | undefined, other: Site | undefined): boolean {
  return one !== undefined && other !== undefined && one.kind !== other.kind && areTwins(one, other);
}

/** The names under which the file has the rows once more: heads that share the table. */
function withCopies(
  rows: InjectionPlan["tokenRows"][number],
  tensors: Adapter["tensors"],
): InjectionPlan["tokenRows"][number] {
  const copies = [...tensors.keys()].filter((key) => {
    const parsed = parseTensorKey(key);
    const isOfFollower = parsed?.part === "token_adapter" && rows.followers.includes(parsed.path);
    return isOfFollower && haveSameValues(tensors.get(key), tensors.get(rows.key));
  });
  return copies.length === 0 ? rows : { ...rows, copies };
}

function haveSameValues(one: AdapterTensor | undefined, other: AdapterTensor | undefined): boolean {
  if (one === undefined || one.values.length !== other?.values.length) return false;
  return one.values.every((value, index) => value === other.values[index]);
}
