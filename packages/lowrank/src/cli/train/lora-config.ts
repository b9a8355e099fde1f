// What a new adapter is to be: fields from a file, what the options say, and what the model decides.

import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { createLoraConfig, type LoraConfig, parseLoraConfig, startOf } from "@lowrank/adapter-format";
import type { PretrainedModel } from "@lowrank/models";
import { PathNotFoundError } from "../../errors/usage-errors.ts";
import { filesBeside } from "../../node/files-beside.ts";
import { typeOfTask } from "../../open/task-types.ts";
import type { Report } from "../terminal/report.ts";
import type { TrainOptions } from "./train-options.ts";

/** An adapter's configuration has 8 MB at most. */
const maxBytes = 8_000_000;

/** Reads --lora-config: an adapter_config.json, of which the options may say some fields otherwise. */
export async function readLoraConfig({ loraConfig }: TrainOptions, report: Report): Promise<LoraConfig | undefined> {
  if (loraConfig === undefined) return undefined;
  await stat(loraConfig).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
    throw new PathNotFoundError("--lora-config", loraConfig, "a JSON file of PEFT's LoraConfig");
  });
  const json = await filesBeside(loraConfig).readText(basename(loraConfig), { maxBytes });
  return parseLoraConfig(json, { file: loraConfig, onWarning: report.warn });
}

/** The configuration of a new adapter. What the file says goes before the defaults here, and the options before the file. */
export function newLoraConfig(
  options: TrainOptions,
  model: PretrainedModel,
  { file, variant }: { readonly file: LoraConfig | undefined; readonly variant: Partial<LoraConfig> },
): LoraConfig {
  const { targetModules, modulesToSave, init, bias } = options;
  const { peftVersion, ...fields } = file ?? { rank: 8, alpha: 16 };
  return createLoraConfig({
    ...fields,
    ...given({
      rank: options.rank,
      alpha: options.alpha,
      dropout: options.dropout,
      rankStabilized: options.useRslora,
      targetModules,
      modulesToSave,
      bias,
    }),
    ...variant,
    ...(init === undefined ? {} : startFields(init, file)),
    inferenceMode: false,
    taskType: typeOfTask(model.task),
    baseModel: options.model,
    fanInFanOut: model.sites().some((site) => site.fanInFanOut),
  });
}

/** PEFT's `init_lora_weights`; a start that asks for settings has PEFT's own where there are none. */
function startFields(name: string, file: LoraConfig | undefined): Partial<LoraConfig> {
  const init = name === "default" ? true : name;
  const { settings } = startOf({ init });
  if (settings === undefined || Object.keys(file?.[settings.field] ?? {}).length > 0) return { init };
  return { init, [settings.field]: settings.defaults };
}

/** Without the fields that nobody gave. */
function given(fields: { readonly [Name in keyof LoraConfig]?: LoraConfig[Name] | undefined }): Partial<LoraConfig> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
