// Reads adapter_config.json into a new LoraConfig, field by field.

import { listed, type WarningListener } from "@lowrank/contracts";
import { describeValue, type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { brokenRules } from "../../config/lora-config-rules.ts";
import { type FieldName, fieldNames, loraFields } from "../../config/lora-fields.ts";
import { type ConfigFieldProblem, invalidAdapterConfigError, unsupportedPeftTypeError } from "../../errors.ts";
import { type JsonValue, parseJsonObject } from "../../json.ts";
import type { LoraConfig } from "../../lora-config.ts";
import { refusalOf } from "../peft-methods/methods.ts";
import { refuseForeign } from "../refuse-foreign.ts";

/** Options of `parseLoraConfig`. */
export interface ParseConfigOptions {
  /** The file's name in messages. */
  readonly file?: string;
  readonly onWarning?: WarningListener;
}

const optionNames: OptionNames<ParseConfigOptions> = { file: true, onWarning: true };

/** Keys that PEFT drops when it reads a file. */
const droppedKeys: ReadonlySet<string> = new Set(["runtime_config"]);

/**
 * Reads an adapter_config.json. Absent fields get PEFT's defaults; unknown keys are kept and give one warning.
 *
 * @throws INVALID_ADAPTER_CONFIG listing every invalid field.
 * @throws UNSUPPORTED_PEFT_TYPE for an adapter that is not LoRA; ForeignAdapterError for a file of MLX's.
 * @example
 * ```ts
 * import { parseLoraConfig } from "@lowrank/adapter-format";
 *
 * const config = parseLoraConfig('{"peft_type": "LORA", "r": 4, "target_modules": ["q_proj"]}');
 * if (config.rank !== 4 || config.alpha !== 8) throw new Error("unexpected");
 * ```
 */
export function parseLoraConfig(json: string, options: ParseConfigOptions = {}): LoraConfig {
  refuseUnknownOptions("parseLoraConfig", options, optionNames);
  const { file = "adapter_config.json" } = options;
  return loraConfigOf(parseJsonObject(json, file), { ...options, file });
}

/** Like `parseLoraConfig`, for a file that was parsed already. */
export function loraConfigOf(
  values: ReadonlyMap<string, JsonValue>,
  { file, onWarning }: ParseConfigOptions & { readonly file: string },
): LoraConfig {
  checkPeftType(values, file);

  const problems: ConfigFieldProblem[] = [];
  const fields = Object.fromEntries(fieldNames.map((name) => [name, readField(name, values, problems)]));
  if (problems.length > 0) throw invalidAdapterConfigError(file, problems);
  // Every field was read by its own row above.
  const config = { ...fields, unknown: unknownEntries(values) } as LoraConfig;
  const broken = brokenRules(config);
  if (broken.length > 0) throw invalidAdapterConfigError(file, broken);
  warnAboutKeys(values, knownKeys, { file, onWarning });
  return config;
}

function checkPeftType(values: ReadonlyMap<string, JsonValue>, file: string): void {
  const type = values.get("peft_type");
  if (type === "LORA") return;
  if (type === undefined) refuseForeign(file, "configKey", values.keys());
  if (typeof type === "string") throw unsupportedPeftTypeError(file, type, refusalOf(type));
  const problem = { key: "peft_type", got: describeValue(type), expected: '"LORA"' };
  throw invalidAdapterConfigError(file, [problem]);
}

function readField(
  name: FieldName,
  values: ReadonlyMap<string, JsonValue>,
  problems: ConfigFieldProblem[],
): LoraConfig[FieldName] {
  const { key, fallback, codec } = loraFields[name];
  const json = values.get(key);
  if (json === undefined) return fallback;
  const value = codec.read(json);
  if (value === undefined) problems.push({ key, got: describeValue(json), expected: codec.expected });
  return value === undefined ? fallback : value;
}

const knownKeys: ReadonlySet<string> = new Set(["peft_type", ...fieldNames.map((name) => loraFields[name].key)]);

function unknownEntries(values: ReadonlyMap<string, JsonValue>): ReadonlyMap<string, JsonValue> {
  return new Map([...values].filter(([key]) => !knownKeys.has(key) && !droppedKeys.has(key)));
}

/** Warns about keys that the program does not know, and those that PEFT drops. */
export function warnAboutKeys(
  values: ReadonlyMap<string, JsonValue>,
  known: ReadonlySet<string>,
  { file, onWarning }: { readonly file: string; readonly onWarning: WarningListener | undefined },
): void {
  const dropped = [...droppedKeys].filter((key) => values.has(key));
  const unknown = [...values.keys()].filter((key) => !known.has(key) && !droppedKeys.has(key));
  if (unknown.length > 0)
    onWarning?.({
      code: "UNKNOWN_ADAPTER_CONFIG_KEYS",
      message: `${file} has keys that are not known here; they are kept but have no effect: ${listed(unknown.sort())}. It may come from a newer PEFT.`,
    });
  if (dropped.length > 0)
    onWarning?.({
      code: "RUNTIME_CONFIG_IGNORED",
      message: `${file} has ${dropped.join(", ")}, which is valid at run time only and is ignored.`,
    });
}
