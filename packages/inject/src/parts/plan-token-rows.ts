// Selects embeddings with trained rows (PEFT's `trainable_token_indices`).

import type { LoraConfig } from "@lowrank/adapter-format";
import { buildTensorKey, isSavedModule } from "@lowrank/adapter-format/internal";
import type { AdaptableModel, Site } from "@lowrank/contracts";
import { SavedModuleNotFoundError, UnsupportedSiteError } from "../errors/errors.ts";
import { nearestNames } from "../errors/nearest-names.ts";
import type { Refusals } from "../errors/refusals.ts";
import { areTied } from "../hosts/tie-modules.ts";
import { tokenTableOf } from "../hosts/token-table.ts";
import type { PlannedTokenRows } from "../planned/planned-parts.ts";

interface Chosen {
  readonly site: Site;
  readonly indices: readonly number[];
}

/** Options of `planTokenRows`. */
export interface TokenRowsOptions {
  /** Paths of layers with A and B. */
  readonly adapted: ReadonlySet<string>;
  readonly refusals: Refusals;
  /** Number of tokens to assume. Default: the rows of the model's embedding. */
  readonly vocabulary?: number | undefined;
}

/**
 * One entry for each embedding. A list means the input embedding; a head that shares it follows, unless it has its own tokens.
 * Errors are SavedModuleNotFoundError and UnsupportedSiteError.
 */
export function planTokenRows(
  model: AdaptableModel,
  config: LoraConfig,
  options: TokenRowsOptions,
): readonly PlannedTokenRows[] {
  if (config.trainableTokenIndices === null) return [];
  const sites = model.sites();
  const chosen = chooseTables(sites, config, options.refusals);
  const problems = chosen.flatMap(({ site, indices }) => {
    const reason = refusal(site, { indices, config, ...options }) ?? untiedTokens(site, chosen, config);
    return reason === null ? [] : [{ path: site.path, kind: site.kind, reason }];
  });
  if (problems.length) options.refusals.add(new UnsupportedSiteError(problems));
  const leaders = chosen.filter((one) => !chosen.some((other) => follows(one, other)));
  return leaders.flatMap(({ site, indices }) => {
    const table = tokenTableOf(site);
    if (table === null) return [];
    const shape = [indices.length, table.width] as const;
    return {
      part: "token-rows",
      path: site.path,
      tiedModules: tiedModulesOf(site, sites, leaders),
      indices,
      key: buildTensorKey({ path: site.path, part: "token_adapter" }),
      shape,
      parameters: shape[0] * shape[1],
    };
  });
}

function chooseTables(
  sites: readonly Site[],
  { trainableTokenIndices }: LoraConfig,
  refusals: Refusals,
): readonly Chosen[] {
  if (trainableTokenIndices === null) return [];
  if (Array.isArray(trainableTokenIndices)) {
    const site = sites.find(({ role }) => role === "input-embedding") ?? sites.find(endsWith("embed_tokens"));
    if (!site) refusals.add(notFound(["embed_tokens"], sites));
    return site === undefined ? [] : [{ site, indices: trainableTokenIndices }];
  }
  // Lists were handled above; the rest is by module.
  const byModule = [...(trainableTokenIndices as ReadonlyMap<string, readonly number[]>)];
  const missing = byModule.map(([name]) => name).filter((name) => !sites.some(endsWith(name)));
  if (missing.length) refusals.add(notFound(missing, sites));
  return byModule.flatMap(([name, indices]) => sites.filter(endsWith(name)).map((site) => ({ site, indices })));
}

function endsWith(name: string): (site: Site) => boolean {
  return ({ path }) => path.endsWith(name);
}

function notFound(names: readonly string[], sites: readonly Site[]): SavedModuleNotFoundError {
  const paths = sites.map(({ path }) => path);
  return new SavedModuleNotFoundError(names, [...new Set(names.flatMap((name) => nearestNames(name, paths)))]);
}

/** Whether a module shares the input embedding's weight and has the same tokens, so that both use the same rows. */
function follows(one: Chosen, other: Chosen): boolean {
  if (one === other || other.site.role !== "input-embedding" || !areTied(one.site, other.site)) return false;
  return one.indices.join() === other.indices.join();
}

/** PEFT ties a head to the trained rows of the input embedding, but not the embedding to a head's rows. */
function tiedModulesOf(site: Site, sites: readonly Site[], leaders: readonly Chosen[]): readonly string[] {
  if (site.role !== "input-embedding") return [];
  const isLeader = (path: string) => leaders.some((chosen) => chosen.site.path === path);
  return sites.filter((other) => areTied(site, other) && !isLeader(other.path)).map(({ path }) => path);
}

/** Why an embedding's rows cannot be trained; null if they can. */
function refusal(
  site: Site,
  {
    indices,
    config,
    adapted,
    vocabulary,
  }: Pick<Chosen, "indices"> & TokenRowsOptions & { readonly config: LoraConfig },
): string | null {
  const table = tokenTableOf(site);
  if (table === null) return `a ${site.kind} has no rows for tokens`;
  const rows = Math.max(table.rows, vocabulary ?? 0);
  if (adapted.has(site.path)) return "it is also a target; train its rows or adapt it, not both";
  if (isSavedModule(config, site.path)) return "modules_to_save already trains all of it";
  if (indices.length === 0) return "trainable_token_indices names no token for it";
  if (new Set(indices).size < indices.length) return "trainable_token_indices names a token twice";
  const missingRows = indices.filter((index) => index >= rows);
  if (missingRows.length === 0) return null;
  const advice = `for added tokens, resize the vocabulary first: model.withVocabulary(${Math.max(...missingRows) + 1})`;
  return `it has ${rows} rows, but trainable_token_indices names ${missingRows.join(", ")}; ${advice}`;
}

/** PEFT refuses different trained tokens for tied weights that must stay tied. */
function untiedTokens(site: Site, chosen: readonly Chosen[], { ensureWeightTying }: LoraConfig): string | null {
  const indices = chosen.find((choice) => choice.site === site)?.indices.join();
  const other = chosen.find((choice) => areTied(choice.site, site) && choice.indices.join() !== indices);
  if (!ensureWeightTying || other === undefined) return null;
  return `ensure_weight_tying needs the same tokens for it and for "${other.site.path}"`;
}
