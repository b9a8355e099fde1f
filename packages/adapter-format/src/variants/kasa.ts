// KaSA (PEFT's `kasa_config`): the weights of its two regularizers. Source: PEFT 0.21.2, KasaConfig.

import type { JsonObject, JsonValue } from "../json.ts";
import type { LoraConfig } from "../lora-config.ts";
import type { VariantFacts } from "./variant-facts.ts";

/** The factors of KaSA's regularizers. */
export interface KasaSettings {
  /** β, factor of the sum of squares of the diagonal between A and B. PEFT's default: 1e-4. */
  readonly beta: number;
  /** γ, factor of the distance of A and B from orthonormal matrices. PEFT's default: 1e-3. */
  readonly gamma: number;
}

export const kasa = {
  key: "kasa_config",
  setting: ({ kasaConfig }) => kasaConfig,
  effect: "a diagonal between A and B",
  layer: "exclusive",
  rules: [
    {
      key: "kasa_config",
      expected: "beta and gamma with numbers from 0",
      holds: ({ kasaConfig }) => kasaConfig === null || areKasaSettings(kasaConfig),
    },
  ],
} as const satisfies VariantFacts;

/** Whether an object is a valid `kasa_config`. */
function areKasaSettings({ beta = 0, gamma = 0 }: JsonObject): boolean {
  return isCoefficient(beta) && isCoefficient(gamma);
}

/** The settings with PEFT's defaults, or null if the configuration is not KaSA's. */
export function kasaSettings({ kasaConfig }: Pick<LoraConfig, "kasaConfig">): KasaSettings | null {
  if (kasaConfig === null) return null;
  const { beta = 1e-4, gamma = 1e-3 } = kasaConfig;
  return { beta: Number(beta), gamma: Number(gamma) };
}

function isCoefficient(value: JsonValue): boolean {
  return typeof value === "number" && value >= 0 && Number.isFinite(value);
}
