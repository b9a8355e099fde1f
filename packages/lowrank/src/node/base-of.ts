// Finds the base model of an adapter, from the adapter's own files.

import { isAbsolute } from "node:path";
import type { LoraConfig } from "@lowrank/adapter-format";
import { BaseNeededError } from "@lowrank/adapter-format/internal";
import { BaseNotFoundError } from "../errors/model-errors.ts";
import { parseHubName } from "../open/hub-name.ts";
import type { AdapterSource } from "../open/model-source.ts";
import type { ModelInput, SourceContext } from "../platform.ts";
import { absoluteBase } from "./base-path.ts";
import { exists } from "./exists.ts";
import { nodePlatform } from "./node-platform.ts";

/** The path that lowrank saved, if it still exists, else PEFT's name and revision. Throws BaseNotFoundError. */
export async function findBase(adapter: ModelInput, context: SourceContext): Promise<string> {
  const source = await nodePlatform.findAdapter(adapter, context);
  const { basePath: remembered } = await source.setup();
  const isHere = remembered !== undefined && (isAbsolute(remembered) || source.name === adapter);
  const basePath = isHere ? await absoluteBase(remembered, source.name) : undefined;
  if (basePath !== undefined && (await exists(basePath))) return basePath;
  const { baseModel, revision } = await baseNamedBy(source);
  if (baseModel !== null && baseModel !== undefined && (await exists(baseModel))) return baseModel;
  const named = baseModel === null || baseModel === undefined ? undefined : parseHubName(baseModel);
  if (named === undefined) throw new BaseNotFoundError(source.name, [basePath, baseModel]);
  return revision === null || revision === undefined ? `${baseModel}` : `${baseModel}@${revision}`;
}

async function baseNamedBy(source: AdapterSource): Promise<Pick<LoraConfig, "baseModel" | "revision">> {
  try {
    return (await source.read({ mergeOnly: true, onWarning: () => undefined })).config; // opening it reads it again, and warns
  } catch (error) {
    if (error instanceof BaseNeededError) return error.named;
    throw error;
  }
}
