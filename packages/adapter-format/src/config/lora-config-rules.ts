// What must hold between fields. Source: LoraConfig.__post_init__ in PEFT 0.21.2.

import { describeValue } from "@lowrank/contracts";
import type { ConfigFieldProblem } from "../errors.ts";
import type { LoraConfig } from "../lora-config.ts";
import { type InitFacts, initFacts, initNameOf, initNames } from "../variants/inits.ts";
import type { Rule } from "../variants/variant-facts.ts";
import { variants } from "../variants/variants.ts";
import { areLayerRanges, type FieldName, fieldNames, loraFields } from "./lora-fields.ts";

const starts: readonly (InitFacts & { readonly name: string })[] = initNames.map((name) => ({
  name,
  ...initFacts[name],
}));

/** What PEFT has layers of their own for, and whether a configuration asks for it. */
const layers: readonly { readonly name: string; isAsked(config: LoraConfig): boolean }[] = [
  ...variants
    .filter(({ layer }) => layer !== undefined)
    .map(({ key, asked }) => ({ name: key, isAsked: (config: LoraConfig) => asked(config) !== null })),
  ...starts
    .filter(({ layer }) => layer !== undefined)
    .map(({ name }) => ({
      name: `init_lora_weights = "${name}"`,
      isAsked: ({ init }: LoraConfig) => initNameOf(init) === name,
    })),
];

/** PEFT's resolve_lora_variant. */
const exclusions = variants
  .filter(({ layer }) => layer === "alone")
  .map(({ key, asked }): Rule => {
    const others = layers.map(({ name }) => name).filter((name) => name !== key);
    return {
      key,
      expected: `null, because PEFT cannot combine it with ${either(others)}`,
      holds: (config) => asked(config) === null || layers.filter(({ isAsked }) => isAsked(config)).length === 1,
    };
  });

const rules: readonly Rule[] = [
  {
    key: "layers_to_transform",
    expected: "null, because target_modules is a regular expression, which decides about layers itself",
    holds: (config) => typeof config.targetModules !== "string" || config.layersToTransform === null,
  },
  {
    key: "layers_pattern",
    expected: "null, because target_modules is a regular expression, which decides about layers itself",
    holds: (config) => typeof config.targetModules !== "string" || config.layersPattern === null,
  },
  {
    key: "layers_pattern",
    expected: "layers_to_transform to be given with it",
    holds: ({ layersPattern, layersToTransform }) => !layersPattern?.length || layersToTransform !== null,
  },
  {
    key: "init_lora_weights",
    expected: either(initNames),
    holds: ({ init }) => initNameOf(init) !== undefined,
  },
  ...starts.flatMap(({ name, settings }): Rule[] => {
    if (settings === undefined) return [];
    const { key, field } = settings;
    const holds = (config: LoraConfig) =>
      initNameOf(config.init) !== name || Object.keys(config[field] ?? {}).length > 0;
    return [{ key: "init_lora_weights", expected: `${key} to be given with it`, holds }];
  }),
  {
    key: "layer_replication",
    expected: "a list of ranges [start, end), each with start below end, of 10,000 layers at most",
    holds: ({ layerReplication }) => layerReplication === null || areLayerRanges(layerReplication),
  },
  ...variants.flatMap(({ rules = [] }) => rules),
  ...exclusions,
];

/** Everything that two or more fields together get wrong. */
export function brokenRules(config: LoraConfig): readonly ConfigFieldProblem[] {
  return rules
    .filter((rule) => !rule.holds(config))
    .map(({ key, expected }) => ({ key, got: describeValue(config[fieldOfKey.get(key) ?? "unknown"]), expected }));
}

/** Our name of each of PEFT's keys. */
export const fieldOfKey: ReadonlyMap<string, FieldName> = new Map(
  fieldNames.map((name) => [loraFields[name].key, name]),
);

function either(names: readonly string[]): string {
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}
