// Reads the configuration of one of PEFT's other methods, field by field.

import type { WarningListener } from "@lowrank/contracts";
import { describeValue } from "@lowrank/contracts/internal";
import { brokenRules } from "../../config/lora-config-rules.ts";
import { loraFields } from "../../config/lora-fields.ts";
import { type ConfigFieldProblem, invalidAdapterConfigError } from "../../errors.ts";
import type { LoraConfig } from "../../lora-config.ts";
import { alphaOf, rankOf } from "../../targets/scaling.ts";
import { variants } from "../../variants/variants.ts";
import { warnAboutKeys } from "../peft/parse-lora-config.ts";
import { keptFields, methodFields } from "./method-fields.ts";
import type { MethodConfig } from "./methods.ts";

/** A method's configuration, with all fields checked. */
interface ReadConfig {
  /** Fields of the LoRA with the same update. */
  readonly kept: Partial<LoraConfig>;
  readonly setting: (key: string) => unknown;
  readonly scaleOf: (path: string) => { readonly rank: number; readonly fullRank: number; readonly alpha: number };
}

/** Throws INVALID_ADAPTER_CONFIG listing every field of a wrong type. PEFT's defaults apply where a key is absent. */
export function readMethodConfig(
  { method, values }: MethodConfig,
  { file, onWarning }: { readonly file: string; readonly onWarning: WarningListener | undefined },
): ReadConfig {
  const rows = methodFields[method];
  const problems: ConfigFieldProblem[] = [];
  const read = Object.fromEntries(
    Object.entries(rows).map(([name, { key, fallback, codec }]) => {
      const json = values.get(key);
      const value = json === undefined ? fallback : codec.read(json);
      if (value === undefined) problems.push({ key, got: describeValue(json), expected: codec.expected });
      return [name, value];
    }),
  );
  if (problems.length > 0) throw invalidAdapterConfigError(file, problems);
  const kept = Object.fromEntries(keptFields.filter((name) => name in read).map((name) => [name, read[name]]));
  const defaults = Object.fromEntries(Object.entries(loraFields).map(([name, { fallback }]) => [name, fallback]));
  const masks = method === "ADALORA" ? masksIn(read, file) : undefined;
  const patterns = masks && { rankPattern: new Map(), alphaPattern: new Map() };
  // Every field was read by its own row above.
  const settings = { ...defaults, alpha: 1, ...read, ...patterns, init: true } as unknown as LoraConfig;
  const broken = [...brokenRules(settings), ...usedVariants(settings, method)];
  if (broken.length > 0) throw invalidAdapterConfigError(file, broken);
  const known = new Set(["peft_type", ...Object.values(rows).map(({ key }) => key)]);
  warnAboutKeys(values, known, { file, onWarning });
  return {
    kept,
    setting: (key) => read[key],
    scaleOf: (path) => {
      const fullRank = rankOf(settings, path);
      return { rank: masks?.get(path) ?? fullRank, fullRank, alpha: alphaOf(settings, path) };
    },
  };
}

/** Variants of LoRA, which no other method has. AdaLoRA's configuration has their fields. */
function usedVariants(settings: LoraConfig, method: string): readonly ConfigFieldProblem[] {
  return variants.flatMap(({ key, setting }) => {
    const value = setting(settings);
    return value === null ? [] : [{ key, got: describeValue(value), expected: `no such variant of ${method}` }];
  });
}

/** AdaLoRA's ranks by module: each pattern says which of the full rank's directions are left. */
function masksIn({ rank, rankPattern }: Readonly<Record<string, unknown>>, file: string): ReadonlyMap<string, number> {
  const masks = (rankPattern ?? new Map()) as ReadonlyMap<string, readonly boolean[]>;
  const wrong = [...masks].filter(([, mask]) => mask.length !== rank);
  const expected = `lists of ${rank} (init_r) flags`;
  const problems = wrong.map(([key, mask]) => ({
    key: `rank_pattern of ${key}`,
    got: `${mask.length} flags`,
    expected,
  }));
  if (problems.length > 0) throw invalidAdapterConfigError(file, problems);
  return new Map(
    [...masks].map(([key, mask]) => [key.replace(/\.lora_E(\.[^.]+)?$/, ""), mask.filter(Boolean).length]),
  );
}
