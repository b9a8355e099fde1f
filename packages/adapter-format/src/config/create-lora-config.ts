// A LoraConfig from a program's options.

import { describeValue, refuseUnknownOptions } from "@lowrank/contracts";
import { type ConfigFieldProblem, InvalidAdapterConfigError } from "../errors.ts";
import type { JsonValue } from "../json.ts";
import type { LoraConfig } from "../lora-config.ts";
import { brokenRules, fieldOfKey } from "./lora-config-rules.ts";
import { type FieldName, fieldNames, loraFields } from "./lora-fields.ts";

/** The version of PEFT whose file format is written. */
const peftVersion = "0.21.2";

/**
 * Makes a configuration from some of its fields, the rest with PEFT's defaults, under the same checks as a file.
 *
 * A classification (`SEQ_CLS`, `TOKEN_CLS`) saves the modules `classifier` and `score`, and the finding of answers
 * (`QUESTION_ANS`) `qa_outputs`, as in PEFT.
 *
 * @throws InvalidAdapterConfigError listing every broken field; UnknownOptionError for one that there is not, such as
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
  // A configuration from a file has keys besides, which is nothing to ask for.
  const { unknown: _, ...asked } = options;
  refuseUnknownOptions("The LoRA configuration", asked, knownFields, otherNames);
  const problems: ConfigFieldProblem[] = [];
  for (const name of fieldNames) {
    const problem = checkField(name, options[name]);
    if (problem) problems.push(problem);
  }
  if (problems.length > 0) throw new InvalidAdapterConfigError("The LoRA options", problems);
  const defaults = Object.fromEntries(fieldNames.map((name) => [name, loraFields[name].fallback]));
  // Each row's fallback has its field's type.
  const complete = { unknown: new Map(), ...defaults, peftVersion } as unknown as LoraConfig;
  const config = withTaskModules({ ...complete, ...withoutUndefined(options), ...patternsFromObjects(options) });
  const broken = brokenRules(config).map(asOptions);
  if (broken.length > 0) throw new InvalidAdapterConfigError("The LoRA options", broken);
  return config;
}

const knownFields: Readonly<Record<string, true>> = Object.fromEntries(fieldNames.map((name) => [name, true]));

/** What PEFT calls each, the same with and without "use_" and "_config", and what else people call them. */
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

/** Modules that PEFT trains whole for a task, whichever of them a model has. */
const taskModules: ReadonlyMap<LoraConfig["taskType"], readonly string[]> = new Map([
  ["SEQ_CLS", ["classifier", "score"]],
  ["TOKEN_CLS", ["classifier", "score"]],
  ["QUESTION_ANS", ["qa_outputs"]],
]);

/**
 * The configuration with the modules to save that its task implies. PEFT adds them when it makes a model (0.21.2:
 * peft_model.py, PeftModelForSequenceClassification and its like), and misses their weights in a file without them.
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

/** Options hold maps where JSON holds objects. */
function asJson(value: unknown): JsonValue {
  return value instanceof Map ? Object.fromEntries(value) : (value as JsonValue);
}

/** Patterns that a program in JavaScript gave as plain objects, which the checks have let through. */
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
