// Which tables train the rows of added tokens: all that have a row a token, unless the options adapt or save them whole.

import { isSavedModule, type LoraConfig } from "@lowrank/adapter-format";
import type { Site } from "@lowrank/contracts";
import { partsOf, planInjection } from "@lowrank/inject";
import type { PretrainedModel } from "@lowrank/models";

/** The configuration with PEFT's `trainable_token_indices` for these tokens. */
export function trainingTokens(model: PretrainedModel, config: LoraConfig, ids: readonly number[]): LoraConfig {
  const adapted = new Set(partsOf(planInjection(model, config), "site").map(({ path }) => path));
  const isLeft = ({ path }: Site) => !adapted.has(path) && !isSavedModule(config, path);
  const { input, head } = tablesOf(model);
  const tables = [input, head].filter((table) => table !== undefined).filter(isLeft);
  if (tables.length === 0) return config;
  // PEFT's list means the input embedding, and a head that shares its table.
  if (tables.every((table) => table === input)) return { ...config, trainableTokenIndices: ids };
  return { ...config, trainableTokenIndices: new Map(tables.map(({ path }) => [lastPart(path), ids])) };
}

/**
 * The input embedding and, where it has a table of its own, the head that gives a score to each token: it would else know
 * new tokens only as what they began as.
 */
function tablesOf(model: PretrainedModel): { readonly input: Site | undefined; readonly head: Site | undefined } {
  const sites = model.sites();
  const input = sites.find(({ role }) => role === "input-embedding");
  const head = sites.find(({ role, outFeatures }) => {
    return role === "output-head" && outFeatures === model.config.vocabularySize;
  });
  const isTied = head !== undefined && (head.tiedWith === input?.path || input?.tiedWith === head.path);
  return { input, head: isTied ? undefined : head };
}

/** PEFT matches modules by the end of their names. */
function lastPart(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}
