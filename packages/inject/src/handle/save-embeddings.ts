// Selects the base weights to save in an adapter file (PEFT's `save_embedding_layers`). PEFT 0.21.2: utils/save_and_load.py,
// get_peft_model_state_dict.

import { type LoraConfig, parseTensorKey } from "@lowrank/adapter-format";
import { buildTensorKey, isSavedModule, matchesTarget } from "@lowrank/adapter-format/internal";
import type { AdaptableModel, Site } from "@lowrank/contracts";
import type { ParameterRef } from "@lowrank/contracts/internal";
import { lastPart } from "../errors/nearest-names.ts";
import { embeddingNames } from "../hosts/tie-modules.ts";
import { parametersOfTable, vocabularyTables } from "../hosts/vocabulary-tables.ts";
import type { InjectionPlan } from "../planned/injection-plan.ts";
import { partsOf } from "../planned/planned-parts.ts";

/**
 * Whether input and output embeddings are saved with an adapter: `true`, `false`, or "auto": if a target is named "embed_tokens"
 * or "lm_head" and no rows are trained, or if the vocabulary was resized after loading.
 */
export type SaveEmbeddingLayers = "auto" | boolean;

/** A base weight, under its name in an adapter file. */
export interface SavedBaseWeight {
  readonly key: string;
  readonly parameter: ParameterRef;
  readonly site: Site;
}

/** The base weights to save in addition to the adapter. */
export function baseWeightsToSave(
  model: AdaptableModel,
  plan: InjectionPlan,
  choice: SaveEmbeddingLayers,
): readonly SavedBaseWeight[] {
  const tables = vocabularyTables(model);
  const isTargeted = targetsEmbeddings(plan.config, model.sites());
  if (!isChosen(choice, { isTargeted, model, plan })) return [];
  const adapted = new Set([...partsOf(plan, "site"), ...partsOf(plan, "tied-site")].map(({ path }) => path));
  const trained = new Set(partsOf(plan, "token-rows").flatMap(({ path, tiedModules }) => [path, ...tiedModules]));
  return tables.flatMap((site): readonly SavedBaseWeight[] => {
    const { path } = site;
    // With named targets PEFT saves only targets, and so loses new rows of a resized vocabulary. Here they are saved, and PEFT
    // reads them.
    const isPassedOver = isTargeted && !adapted.has(path) && model.resizedFrom === undefined;
    if (isPassedOver || isSavedModule(plan.config, path)) return [];
    const part = trained.has(path) ? "token_base_layer" : adapted.has(path) ? "base_layer" : "saved";
    const outer = part === "token_base_layer" && adapted.has(path) ? `${path}.base_layer` : path;
    return [...parametersOfTable(model, site)].map(([name, parameter]) => ({
      key: buildTensorKey({ path: outer, part, parameter: name }),
      parameter,
      site,
    }));
  });
}

/** Further names under which PEFT writes trained rows: one for each saved head that shares the embedding. */
export function repeatedRows(plan: InjectionPlan, saved: readonly SavedBaseWeight[]): ReadonlyMap<string, string> {
  const outer = new Map(saved.map(({ key, site }) => [site.path, parseTensorKey(key)?.path ?? site.path]));
  return new Map(
    partsOf(plan, "token-rows").flatMap(({ key, tiedModules }) =>
      tiedModules.flatMap((other) => {
        const path = outer.get(other);
        return path === undefined ? [] : [[buildTensorKey({ path, part: "token_adapter" }), key] as const];
      }),
    ),
  );
}

function isChosen(
  choice: SaveEmbeddingLayers,
  { isTargeted, model, plan }: { readonly isTargeted: boolean; model: AdaptableModel; plan: InjectionPlan },
): boolean {
  if (choice !== "auto") return choice;
  return (isTargeted && plan.config.trainableTokenIndices === null) || model.resizedFrom !== undefined;
}

/** PEFT searches for these exact names in a list, and applies a regular expression to every module with such a name. */
function targetsEmbeddings(config: LoraConfig, sites: readonly Site[]): boolean {
  const { targetModules } = config;
  if (typeof targetModules !== "string") return embeddingNames.some((name) => targetModules?.includes(name));
  if (targetModules === "all-linear") return false;
  const isEmbedding = ({ path }: Site) => embeddingNames.includes(lastPart(path));
  return sites.filter(isEmbedding).some(({ path }) => matchesTarget(config, path));
}
