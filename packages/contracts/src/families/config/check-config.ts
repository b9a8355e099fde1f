// Checks a config.json of any family. Its `model_type` selects the family's tables.

import type { WarningListener } from "../../errors.ts";
import { InvalidConfigError, unsupportedModelError } from "../errors.ts";
import { familyOf, supportedModelTypes } from "../families.ts";
import type { Family, ModelConfig } from "../family.ts";
import { checkConfigOf } from "./check-config-of.ts";
import { type ConfigReader, jsonObject, readerOf } from "./config-reader.ts";

/**
 * Checks a parsed config.json and returns it under this library's names.
 *
 * Unsupported keys that change the computation are errors. Keys that are known to change nothing are ignored. All other unknown
 * keys give one warning, UNKNOWN_CONFIG_KEYS.
 *
 * @throws UNSUPPORTED_MODEL for a `model_type` without a family.
 * @throws InvalidConfigError listing every missing, broken or unhandled key.
 * @example
 * ```ts
 * import { checkConfig } from "@lowrank/contracts/families";
 *
 * const config = checkConfig({
 *   model_type: "gpt2", vocab_size: 50257, n_embd: 768, n_layer: 12, n_head: 12, n_positions: 1024,
 * });
 * if (config.intermediateSize !== 3072) throw new Error("four times the hidden size");
 * ```
 */
export function checkConfig(config: unknown, onWarning?: WarningListener, file = "config.json"): ModelConfig {
  return checkConfigOf(familyNamedIn(config, file), config, { onWarning, file });
}

function familyNamedIn(config: unknown, file: string): Family {
  const reader = readerOf(config, file);
  const modelType = reader.text("model_type");
  if (modelType !== null) return familyAround(modelType, reader);
  if (reader.problems.length === 0) reader.missing("model_type", "a string");
  throw new InvalidConfigError(file, reader.problems);
}

/** For a model of several parts (images, audio): throws an error that names the text model inside, if that one is supported. */
function familyAround(modelType: string, reader: ConfigReader): Family {
  if (supportedModelTypes.includes(modelType)) return familyOf(modelType);
  const inner = jsonObject(reader.peek("text_config") ?? null)?.get("model_type");
  const text = supportedModelTypes.find((known) => known === inner || `${known}_text` === inner);
  throw unsupportedModelError(modelType, supportedModelTypes, text);
}
