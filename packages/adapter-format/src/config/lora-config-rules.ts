// What must hold between fields. Source: LoraConfig.__post_init__ in PEFT 0.21.2.

import type { ConfigFieldProblem } from "../errors.ts";
import type { LoraConfig } from "../lora-config.ts";
import { areBlockSettings } from "../variants/block-diagonal.ts";
import { areKasaSettings } from "../variants/kasa.ts";
import { areLayerRanges } from "./layer-order.ts";

/** Initialisations that PEFT knows, besides true and false; `pissa_niter_<n>` with a number. */
const initialisations = /^(gaussian|eva|olora|pissa|pissa_niter_\d{1,4}|corda|loftq|orthogonal|mica|lora_ga)$/;

/** One rule: the fields are fine where `holds` says so. */
interface Rule {
  readonly key: string;
  readonly expected: string;
  holds(config: LoraConfig): boolean;
}

/** What PEFT has layers of their own for; whether a configuration asks for them. */
const variants = {
  use_dora: ({ useDora }) => useDora,
  alora_invocation_tokens: ({ activationTokens }) => (activationTokens?.length ?? 0) > 0,
  use_bdlora: ({ blockDiagonal }) => blockDiagonal !== null,
  kasa_config: ({ kasaConfig }) => kasaConfig !== null,
  arrow_config: ({ arrowConfig }) => arrowConfig !== null,
  velora_config: ({ veloraConfig }) => veloraConfig !== null,
  monteclora_config: ({ monteCloraConfig }) => monteCloraConfig !== null,
  'init_lora_weights = "mica"': ({ init }) => init === "mica",
} satisfies Readonly<Record<string, (config: LoraConfig) => boolean>>;

function listOthers(key: string): string {
  const others = Object.keys(variants).filter((other) => other !== key);
  return `${others.slice(0, -1).join(", ")} or ${others.at(-1)}`;
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
  {
    key: "use_bdlora",
    expected:
      "target_modules_bd_a and target_modules_bd_b with lists of names, none in both, nblocks with an integer from 1 to " +
      "4096, and match_strict with true or false",
    holds: ({ blockDiagonal }) => blockDiagonal === null || areBlockSettings(blockDiagonal),
  },
  {
    key: "kasa_config",
    expected: "beta and gamma with numbers from 0",
    holds: ({ kasaConfig }) => kasaConfig === null || areKasaSettings(kasaConfig),
  },
  ...(["use_bdlora", "kasa_config", "alora_invocation_tokens"] as const).map((key) => ({
    // PEFT's resolve_lora_variant.
    key,
    expected: `null, because PEFT has no layer that is also what ${listOthers(key)} asks for`,
    holds: (config: LoraConfig) =>
      !variants[key](config) || Object.values(variants).filter((asks) => asks(config)).length === 1,
  })),
];

/** Everything that two or more fields together get wrong. */
export function brokenRules(config: LoraConfig): readonly ConfigFieldProblem[] {
  return rules
    .filter((rule) => !rule.holds(config))
    .map(({ key, expected }) => ({ key, got: "another value", expected }));
}
