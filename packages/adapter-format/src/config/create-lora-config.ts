// Makes a LoraConfig from the options of a program.

import { describeValue, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { type ConfigFieldProblem, invalidAdapterConfigError } from "../errors.ts";
import type { JsonValue } from "../json.ts";
import type { LoraConfig } from "../lora-config.ts";
import { brokenRules, fieldOfKey } from "./lora-config-rules.ts";
import { type FieldName, fieldNames, loraFields } from "./lora-fields.ts";

/** The version of PEFT whose file format is written. */
const peftVersion = "0.21.2";

/**
 * Makes a configuration: the given fields, and PEFT's defaults for the rest. The checks are those of a file.
 *
 * With task type `SEQ_CLS` or `TOKEN_CLS` the modules `classifier` and `score` are saved, with `QUESTION_ANS` (question
 * answering) `qa_outputs`, as in PEFT.
 *
 * @throws INVALID_ADAPTER_CONFIG listing every invalid field; UNKNOWN_OPTION for an unknown option, such as
 * PEFT's `lora_alpha` in place of `alpha`.
 * @example
 * ```ts
 * import { createLoraConfig } from "@lowrank/adapter-format";
 *
 * const config = createLoraConfig({ rank: 8, alpha: 16, targetModules: ["q_proj", "v_proj"], taskType: "CAUSAL_LM" });
 * if (config.bias !== "none") throw new Error("unexpected default");
 * ```
 */
export function createLoraConfig(options: Partial<LoraConfig> = {}): LoraConfig {
  // A configuration that was read from a file may have unknown keys; options may not.
  const { unknown: _, ...fields } = options;
  refuseUnknownOptions("The LoRA configuration", fields, knownFields, otherNames);
  const problems: ConfigFieldProblem[] = [];
  for (const name of fieldNames) {
    const problem = checkField(name, options[name]);
    if (problem) problems.push(problem);
  }
  if (problems.length > 0) throw invalidAdapterConfigError("The LoRA options", problems);
  const defaults = Object.fromEntries(fieldNames.map((name) => [name, loraFields[name].fallback]));
  // Each row's fallback has its field's type.
  const complete = { unknown: new Map(), ...defaults, peftVersion } as unknown as LoraConfig;
  const config = withTaskModules({ ...complete, ...withoutUndefined(options), ...patternsFromObjects(options) });
  const broken = brokenRules(config).map(asOptions);
  if (broken.length > 0) throw invalidAdapterConfigError("The LoRA options", broken);
  return config;
}

const knownFields: Readonly<Record<string, true>> = Object.fromEntries(fieldNames.map((name) => [name, true]));

/** Other names of the fields: PEFT's key, the key without "use_" and "_config", and names that people guess. */
const otherNames: ReadonlyMap<string, string> = new Map<string, string>([
  ["likePeft", "rank: 8, alpha: 8, targetModules: null"],
  ...fieldNames.flatMap((name) => {
    const stem = loraFields[name].key.replace(/^use_|_config$/, "");
    return [stem, `use_${stem}`, `${stem}_config`].map((spelling) => [spelling, name] as const);
  }),
  ...fieldNames.map((name) => [loraFields[name].key, name] as const),
  ...([
    ["lora_r", "rank"],
    ["lora_rank", "rank"],
    ["lora_target_modules", "targetModules"],
    ["targets", "targetModules"],
    ["initialization", "init"],
    ["init_weights", "init"],
  ] as const),
]);

/** Modules that PEFT trains in full for a task, if the model has them. */
const taskModules: ReadonlyMap<LoraConfig["taskType"], readonly string[]> = new Map([
  ["SEQ_CLS", ["classifier", "score"]],
  ["TOKEN_CLS", ["classifier", "score"]],
  ["QUESTION_ANS", ["qa_outputs"]],
]);

/**
 * Adds the modules to save that the task implies. PEFT adds them when it makes a model (0.21.2: peft_model.py,
 * PeftModelForSequenceClassification and similar classes), and then needs their weights in the file.
 */
export function withTaskModules(config: LoraConfig): LoraConfig {
  const implied = taskModules.get(config.taskType);
  if (implied === undefined) return config;
  return { ...config, modulesToSave: [...new Set([...(config.modulesToSave ?? []), ...implied])] };
}

function checkField(name: FieldName, value: unknown): ConfigFieldProblem | null {
  const { codec } = loraFields[name];
  if (value === undefined || codec.read(asJson(value)) !== undefined) return null;
  return { key: name, got: describeValue(value), expected: codec.expected };
}

/** A rule names PEFT's keys, a program our options. */
function asOptions({ key, got, expected }: ConfigFieldProblem): ConfigFieldProblem {
  const named = expected.replaceAll(/[a-z]+(_[a-z]+)+/g, (each) => fieldOfKey.get(each) ?? each);
  return { key: fieldOfKey.get(key) ?? key, got, expected: named };
}

/** Turns the maps of options into JSON objects. */
function asJson(value: unknown): JsonValue {
  return value instanceof Map ? Object.fromEntries(value) : (value as JsonValue);
}

/** Makes maps of patterns that a JavaScript program passed as plain objects; the checks accept both. */
function patternsFromObjects(options: Partial<LoraConfig>): Partial<LoraConfig> {
  const asObjects = fieldNames.filter((name) => {
    const { fallback } = loraFields[name];
    return fallback instanceof Map && options[name] !== undefined && !(options[name] instanceof Map);
  });
  return Object.fromEntries(asObjects.map((name) => [name, loraFields[name].codec.read(asJson(options[name]))]));
}

function withoutUndefined(options: Partial<LoraConfig>): Partial<LoraConfig> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
