// PEFT's `ensure_weight_tying`: modules that share the embedding's weight get the same change. The configuration then names only
// the embedding (PEFT 0.21.2: BaseTuner._check_tied_modules).

import type { LoraConfig } from "@lowrank/adapter-format";
import { firstNamedIn, loraKeys, matchesTarget } from "@lowrank/adapter-format/internal";
import type { AdaptableModel, Site, Warning } from "@lowrank/contracts";
import { lastPart } from "../errors/nearest-names.ts";

/** The modules that follow the input embedding. */
export interface Tying {
  /** The configuration, completed as in PEFT. */
  readonly config: LoraConfig;
  /** "saved": they share a fully trained copy; "targets": they share A and B; null: nothing is shared. */
  readonly kind: "saved" | "targets" | null;
  readonly embedding: string;
  readonly tiedModules: readonly string[];
  readonly warnings: readonly Warning[];
}

/** The only names by which PEFT recognizes embeddings in a configuration. */
export const embeddingNames: readonly string[] = ["embed_tokens", "lm_head"];

/**
 * Completes the configuration if it uses tying and the model shares its embedding. `stored`: names of an adapter's tensors, which
 * show what was tied: PEFT knows only those two names, and writes configurations without the tied modules.
 */
export function tieModules(model: AdaptableModel, config: LoraConfig, stored?: ReadonlySet<string>): Tying {
  if (!config.ensureWeightTying) return untied(config);
  const sites = model.sites();
  const embedding = sites.find(({ role }) => role === "input-embedding");
  const tiedModules = embedding === undefined ? [] : sites.filter((site) => areTied(site, embedding));
  if (embedding === undefined || tiedModules.length === 0)
    return warned(untied(config), "no module of the model shares the weight of its input embedding");
  const tied = { embedding: embedding.path, tiedModules: tiedModules.map(({ path }) => path), warnings: [] };
  const isStored = (keyOf: (path: string) => string) => tied.tiedModules.some((path) => stored?.has(keyOf(path)));
  const isSaved = stored ? isStored((path) => `${path}.weight`) : savesEmbedding(config);
  const isTarget = stored ? isStored((path) => loraKeys(path).a) : targetsEmbedding(config);
  if (isSaved) return { ...tied, kind: "saved", config: savingEmbedding(config, tied) };
  if (isTarget) return { ...tied, kind: "targets", config: targetingEmbedding(config, tied) };
  // Heads follow trained tokens by default; a file without a head was made without one.
  if (config.trainableTokenIndices !== null || stored !== undefined) return untied(config);
  return warned(untied(config), `neither target_modules nor modules_to_save names one of ${embeddingNames.join(", ")}`);
}

export function untied(config: LoraConfig): Tying {
  return { config, kind: null, embedding: "", tiedModules: [], warnings: [] };
}

/** Whether one of two sites shares the other's weight. */
export function areTied(one: Site, other: Site): boolean {
  return one !== other && (one.tiedWith === other.path || other.tiedWith === one.path);
}

function warned(tying: Tying, reason: string): Tying {
  const message = `ensure_weight_tying has no effect: ${reason}.`;
  return { ...tying, warnings: [{ code: "NOTHING_TIED", message }] };
}

function savesEmbedding({ modulesToSave }: LoraConfig): boolean {
  return (modulesToSave ?? []).some((name) => embeddingNames.includes(lastPart(name)));
}

function targetsEmbedding(config: LoraConfig): boolean {
  const { targetModules } = config;
  if (typeof targetModules === "string") return embeddingNames.some((name) => matchesTarget(config, name));
  return (targetModules ?? []).some((name) => embeddingNames.includes(lastPart(name)));
}

type Tied = Pick<Tying, "embedding" | "tiedModules">;

function savingEmbedding(config: LoraConfig, { embedding, tiedModules }: Tied): LoraConfig {
  const names = config.modulesToSave ?? [];
  const all = names.includes(embedding) ? names : [...names, embedding];
  return { ...config, modulesToSave: withoutTied(all, tiedModules) };
}

function targetingEmbedding(config: LoraConfig, { embedding, tiedModules }: Tied): LoraConfig {
  const { targetModules } = config;
  if (typeof targetModules === "string") {
    const escaped = embedding.replace(/[.*+?^${}()|[\]\\-]/g, "\\$&");
    return { ...config, targetModules: `(?:${targetModules}|^${escaped}$)` };
  }
  const all = [...new Set([...(targetModules ?? []), embedding])];
  return { ...config, targetModules: withoutTied(all, tiedModules) };
}

/** Removes the first name that matches each tied module. */
function withoutTied(names: readonly string[], tiedModules: readonly string[]): readonly string[] {
  return tiedModules.reduce((remaining, path) => {
    const first = firstNamedIn(remaining, path);
    return first === null ? remaining : remaining.filter((_, index) => index !== first);
  }, names);
}
