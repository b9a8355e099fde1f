// The configuration of a new adapter, from a file, the options, and the model.

import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { type LoraConfig, parseLoraConfig } from "@lowrank/adapter-format";
import { named } from "../../errors/named-option.ts";
import { PathNotFoundError, UsageError } from "../../errors/usage-errors.ts";
import { filesNextTo } from "../../node/files-next-to.ts";
import { omitUndefined } from "../../omit-undefined.ts";
import { variantOptions } from "../../options/adapter-options.ts";
import type { SourceContext } from "../../platform.ts";
import type { InitialSettings } from "../../run-folder.ts";
import type { CompleteRecipe } from "../recipe.ts";

/** Maximum size of an adapter's configuration: 8 MB. */
const maxBytes = 8_000_000;

/** Reads `loraConfig`: an adapter_config.json, whose fields options can replace. */
export async function readLoraConfig(
  { loraConfig }: CompleteRecipe,
  { notices }: SourceContext,
): Promise<LoraConfig | undefined> {
  if (loraConfig === undefined) return undefined;
  await stat(loraConfig).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
    throw new PathNotFoundError(named("loraConfig"), loraConfig, "a JSON file of PEFT's LoraConfig");
  });
  const json = await filesNextTo(loraConfig).readText(basename(loraConfig), { maxBytes });
  return parseLoraConfig(json, { file: loraConfig, onWarning: notices.warn });
}

/** The effect of `likePeft` on an adapter: rank and alpha 8, and PEFT's own table of modules. */
const likePeft: Partial<LoraConfig> = { rank: 8, alpha: 8, targetModules: null };

/** Settings of a new adapter: options come before the file, the file before the settings of the run to resume. */
export function requestedConfig(
  options: CompleteRecipe,
  {
    file,
    variant,
    initial,
  }: {
    readonly file: LoraConfig | undefined;
    readonly variant: Partial<LoraConfig>;
    readonly initial: InitialSettings["adapter"];
  },
): Partial<LoraConfig> {
  const {
    rank,
    alpha,
    dropout,
    useRslora: rankStabilized,
    targetModules,
    modulesToSave,
    bias,
    init,
    baseName,
  } = options;
  const { peftVersion, baseModel, ...fields } = file ?? {};
  return {
    ...(options.likePeft === true ? likePeft : {}),
    ...initial,
    ...fields,
    ...omitUndefined({ baseModel: baseName, rank, alpha, dropout, rankStabilized, targetModules, modulesToSave, bias }),
    ...variant,
    ...(init === undefined ? {} : { init: init === "default" ? true : init }),
  };
}

type VariantSettings = Pick<CompleteRecipe, (typeof variantOptions)[number]["name"]>;

export function hasInvocation(options: VariantSettings): boolean {
  return variantOptions.some(({ name, kind }) => kind === "tokens" && options[name] !== undefined);
}

/** The fields that were set, with texts as ids from `encode`. Throws UsageError for a text without tokens. */
export function variantFields(
  options: VariantSettings,
  encode: ((text: string) => readonly number[]) | undefined,
): Partial<LoraConfig> {
  const fields = variantOptions.flatMap(({ name, field }): [keyof LoraConfig, unknown][] => {
    const value = options[name];
    if (value === undefined || (typeof value === "string" && encode === undefined)) return [];
    if (typeof value === "boolean") return [[field, value]];
    const ids = encode?.(value) ?? [];
    if (ids.length > 0) return [[field, ids]];
    throw new UsageError(`\`${name}\` has no tokens. Pass at least one word or special token.`);
  });
  return Object.fromEntries(fields);
}
