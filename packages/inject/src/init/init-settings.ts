// Reads settings of initializations from PEFT's nested configuration.

import type { LoraConfig } from "@lowrank/adapter-format";
import { invalidAdapterConfigError, type JsonObject, type JsonValue } from "@lowrank/adapter-format/internal";
import type { GradientDirection, GradientScale, InitSettings } from "@lowrank/math/internal";

const directions: readonly GradientDirection[] = ["ArBr", "A2rBr", "ArB2r", "random"];
const scales: readonly GradientScale[] = ["stable", "weight_svd", "gd_scale", "unit"];

/** @throws INVALID_ADAPTER_CONFIG */
export function initSettings({ evaConfig, cordaConfig, loraGaConfig, loftqConfig }: LoraConfig): InitSettings {
  return {
    whiten: read(evaConfig, "eva_config.whiten", false, isFlag, "true or false"),
    corda: read(cordaConfig, "corda_config.corda_method", "ipm", isOneOf(["ipm", "kpm"] as const), '"ipm" or "kpm"'),
    direction: read(loraGaConfig, "lora_ga_config.direction", "ArB2r", isOneOf(directions), directions.join(", ")),
    scale: read(loraGaConfig, "lora_ga_config.scale", "stable", isOneOf(scales), scales.join(", ")),
    stableGamma: read(loraGaConfig, "lora_ga_config.stable_gamma", 16, isPositive, "a number above 0"),
    loftqBits: read(loftqConfig, "loftq_config.loftq_bits", 4, isOneOf([4, 8] as const), "4 or 8"),
    loftqIterations: read(loftqConfig, "loftq_config.loftq_iter", 1, isCount, "a whole number of at least 1"),
  };
}

/** How EVA redistributes ranks between layers. */
export interface RankSettings {
  /** No layer gets more than this many times its rank. */
  readonly rho: number;
  /** Whether alpha changes with the rank, so that s is constant. */
  readonly adjustsAlpha: boolean;
}

/** @throws INVALID_ADAPTER_CONFIG */
export function rankSettings({ evaConfig }: LoraConfig): RankSettings {
  const isRho = (value: JsonValue): value is number => typeof value === "number" && value >= 1;
  return {
    rho: read(evaConfig, "eva_config.rho", 2, isRho, "a number of at least 1"),
    adjustsAlpha: read(evaConfig, "eva_config.adjust_scaling_factors", true, isFlag, "true or false"),
  };
}

function read<Value extends JsonValue>(
  config: JsonObject | null,
  key: string,
  fallback: Value,
  isRight: (value: JsonValue) => value is Value,
  expected: string,
): Value {
  const value = config?.[key.slice(key.indexOf(".") + 1)] ?? null;
  if (value === null) return fallback;
  if (isRight(value)) return value;
  throw invalidAdapterConfigError("The LoRA options", [{ key, got: JSON.stringify(value), expected }]);
}

function isFlag(value: JsonValue): value is boolean {
  return typeof value === "boolean";
}

function isPositive(value: JsonValue): value is number {
  return typeof value === "number" && value > 0;
}

function isCount(value: JsonValue): value is number {
  return isPositive(value) && Number.isInteger(value);
}

function isOneOf<Name extends string | number>(names: readonly Name[]) {
  return (value: JsonValue): value is Name => names.some((name) => name === value);
}
