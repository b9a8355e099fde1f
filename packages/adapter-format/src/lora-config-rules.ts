// What must hold between fields. Source: LoraConfig.__post_init__ in PEFT 0.21.2.

import type { ConfigFieldProblem } from "./errors.ts";
import { areLayerRanges } from "./layer-order.ts";
import type { LoraConfig } from "./lora-config.ts";

/** Initialisations that PEFT knows, besides true and false; `pissa_niter_<n>` with a number. */
const initialisations = /^(gaussian|eva|olora|pissa|pissa_niter_\d{1,4}|corda|loftq|orthogonal|mica|lora_ga)$/;

/** One rule: the fields are fine where `holds` says so. */
interface Rule {
  readonly key: string;
  readonly expected: string;
  holds(config: LoraConfig): boolean;
}

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
    expected: "true, false, gaussian, eva, olora, pissa, pissa_niter_<n>, corda, loftq, orthogonal, mica or lora_ga",
    holds: ({ init }) => typeof init === "boolean" || initialisations.test(init),
  },
  {
    key: "init_lora_weights",
    expected: "loftq_config to be given with it",
    holds: ({ init, loftqConfig }) => init !== "loftq" || Object.keys(loftqConfig ?? {}).length > 0,
  },
  {
    key: "lora_bias",
    expected: "false unless init_lora_weights is true or false and use_dora is false",
    holds: ({ loraBias, init, useDora }) => !loraBias || (typeof init === "boolean" && !useDora),
  },
  {
    key: "layer_replication",
    expected: "a list of ranges [start, end), each with start below end, of 10,000 layers at most",
    holds: ({ layerReplication }) => layerReplication === null || areLayerRanges(layerReplication),
  },
  {
    key: "use_dora",
    expected: "false, because megatron_config is given",
    holds: ({ useDora, megatronConfig }) => !useDora || megatronConfig === null,
  },
];

/** Everything that two or more fields together get wrong. */
export function brokenRules(config: LoraConfig): readonly ConfigFieldProblem[] {
  return rules
    .filter((rule) => !rule.holds(config))
    .map(({ key, expected }) => ({ key, got: "another value", expected }));
}
