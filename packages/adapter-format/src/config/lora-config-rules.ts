// Rules that involve more than one field.

import { describeValue } from "@lowrank/contracts/internal";
import type { ConfigFieldProblem } from "../errors.ts";
import type { LoraConfig } from "../lora-config.ts";
import { type InitFacts, initFacts, initNameOf, initNames } from "../variants/inits.ts";
import type { Rule } from "../variants/variant-facts.ts";
import { variants } from "../variants/variants.ts";
import { areLayerRanges, type FieldName, fieldNames, loraFields } from "./lora-fields.ts";

const inits: readonly (InitFacts & { readonly name: string })[] = initNames.map((name) => ({
  name,
  ...initFacts[name],
}));

/** Variants and initializations for which PEFT has a layer class of its own. A module can have only one of them. */
const layers: readonly { readonly name: string; isUsed(config: LoraConfig): boolean }[] = [
  ...variants
    .filter(({ layer }) => layer !== undefined)
    .map(({ key, setting }) => ({ name: key, isUsed: (config: LoraConfig) => setting(config) !== null })),
  ...inits
    .filter(({ layer }) => layer !== undefined)
    .map(({ name }) => ({
      name: `init_lora_weights = "${name}"`,
      isUsed: ({ init }: LoraConfig) => initNameOf(init) === name,
    })),
];

/** Variants that exclude all others, as in PEFT's resolve_lora_variant. */
const exclusions = variants
  .filter(({ layer }) => layer === "exclusive")
  .map(({ key, setting }): Rule => {
    const others = layers.map(({ name }) => name).filter((name) => name !== key);
    return {
      key,
      expected: `null, because PEFT cannot combine it with ${either(others)}`,
      holds: (config) => setting(config) === null || layers.filter(({ isUsed }) => isUsed(config)).length === 1,
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
  ...inits.flatMap(({ name, settings }): Rule[] => {
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

/** All rules between fields that the configuration breaks. */
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
