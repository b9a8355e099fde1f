// What a new adapter is to be: fields from a file, what the options say, and what the model decides.

import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { type LoraConfig, parseLoraConfig } from "@lowrank/adapter-format";
import { PathNotFoundError } from "../../errors/usage-errors.ts";
import { given } from "../../given.ts";
import { filesBeside } from "../../node/files-beside.ts";
import type { SourceContext } from "../../platform.ts";
import type { BegunRun } from "../../run-folder.ts";
import { likePeft } from "../like-peft.ts";
import { namedChoice } from "../named-choice.ts";
import type { RunChoices } from "../recipe.ts";

/** An adapter's configuration has 8 MB at most. */
const maxBytes = 8_000_000;

/** Reads `loraConfig`: an adapter_config.json, of which the options may say some fields otherwise. */
export async function readLoraConfig(
  { loraConfig }: RunChoices,
  { notices }: SourceContext,
): Promise<LoraConfig | undefined> {
  if (loraConfig === undefined) return undefined;
  await stat(loraConfig).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
    throw new PathNotFoundError(namedChoice("loraConfig"), loraConfig, "a JSON file of PEFT's LoraConfig");
  });
  const json = await filesBeside(loraConfig).readText(basename(loraConfig), { maxBytes });
  return parseLoraConfig(json, { file: loraConfig, onWarning: notices.warn });
}

/** What was asked of a new adapter: options go before the file, the file before what the run to go on with had. */
export function askedConfig(
  options: RunChoices,
  {
    file,
    variant,
    begun,
  }: {
    readonly file: LoraConfig | undefined;
    readonly variant: Partial<LoraConfig>;
    readonly begun: BegunRun["adapter"];
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
    ...begun,
    ...fields,
    ...given({ baseModel: baseName, rank, alpha, dropout, rankStabilized, targetModules, modulesToSave, bias }),
    ...variant,
    ...(init === undefined ? {} : { init: init === "default" ? true : init }),
  };
}
