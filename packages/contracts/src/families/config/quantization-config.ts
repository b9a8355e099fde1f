// The quantization of a folder's linear layers, as `quantization_config` of its config.json names it. Sizes, types and blocks are
// in the tensors; the configuration only has to name a method that is read, and the version of GPTQ's zero points.

import { type ConfigReader, jsonObject } from "./config-reader.ts";

/** Methods whose files are read. */
export type QuantizationMethod = "bitsandbytes" | "gptq" | "awq" | "compressed-tensors";

/** How linear layers are quantized in the files. */
export interface QuantizationConfig {
  readonly method: QuantizationMethod;
  /** GPTQ's first format ("gptq", not "gptq_v2") stores zero points minus one. */
  readonly storesZeroMinusOne: boolean;
  /** Whether each weight has zero points (`symmetric: false` of compressed-tensors); absent if the method does not say it. */
  readonly hasZeroPoints?: boolean | undefined;
  /** Settings that also quantize numbers of a pass, such as inputs of linear layers; these stay in float32 here. */
  readonly unusedSettings: readonly string[];
}

interface FixedSetting {
  readonly key: string;
  readonly values: readonly unknown[];
}

const formats = ["pack-quantized", "int-quantized", "naive-quantized"];
const groupSizes = [-1, 16, 32, 64, 128, 256, 512, 1024];

/** Settings that change how the tensors are read, with the values that are supported. */
const settings: Readonly<Record<QuantizationMethod, readonly FixedSetting[]>> = {
  bitsandbytes: [],
  gptq: [
    { key: "bits", values: [4] },
    { key: "group_size", values: groupSizes },
    { key: "checkpoint_format", values: [undefined, null, "gptq", "gptq_v2"] },
    { key: "is_marlin_format", values: [undefined, null, false] },
  ],
  awq: [
    { key: "bits", values: [4] },
    { key: "group_size", values: groupSizes },
    { key: "version", values: [undefined, null, "gemm", "GEMM"] },
  ],
  "compressed-tensors": [
    { key: "format", values: [undefined, null, ...formats] },
    { key: "sparsity_config", values: [undefined, null] },
    { key: "transform_config", values: [undefined, null] },
  ],
};

const remedy = "load and dequantize() any other in transformers, and save_pretrained it";

/** Problems go to the reader. Null for weights that are plain numbers. */
export function readQuantization(
  reader: ConfigReader,
  { ignored = [] }: { readonly ignored?: readonly string[] },
): QuantizationConfig | null {
  const key = reader.pick(["quantization_config", "compression_config"]);
  const value = reader.peek(key) ?? null;
  if (value === null || ignored.includes(key)) return null;
  const values = jsonObject(value);
  if (values === null) {
    reader.invalid(key, value, "an object");
    return null;
  }
  const named = values.get("quant_method") ?? (isEarlyBitsandbytes(values) ? "bitsandbytes" : undefined);
  const method = methods.find((candidate) => candidate === named);
  const quantizationReader = reader.inside(values, key);
  if (method === undefined)
    quantizationReader.notHandled("quant_method", named, `${methods.map((one) => `"${one}"`).join(", ")} (${remedy})`);
  for (const { key: setting, values: supported } of method === undefined ? [] : settingsOf(method, values)) {
    const got = settingOf(values, setting);
    if (!supported.includes(got)) quantizationReader.notHandled(setting, got, `${listOf(supported)} (${remedy})`);
  }
  const groups = method === "compressed-tensors" ? groupsOf(values) : [];
  const symmetries = new Set(groups.map((group) => settingOf(values, `${group}.weights.symmetric`) !== false));
  if (symmetries.size > 1)
    quantizationReader.notHandled("config_groups.*.weights.symmetric", [...symmetries], `one value (${remedy})`);
  reader.problems.push(...quantizationReader.problems);
  if (method === undefined) return null;
  return {
    method,
    storesZeroMinusOne: method === "gptq" && values.get("checkpoint_format") !== "gptq_v2",
    hasZeroPoints: symmetries.size === 1 ? symmetries.has(false) : undefined,
    unusedSettings: [
      ...groups.flatMap((group) => [`${group}.input_activations`, `${group}.output_activations`]),
      ...(groups.length > 0 ? ["kv_cache_scheme"] : []),
    ].filter((setting) => (settingOf(values, setting) ?? null) !== null),
  };
}

// The compiler checks that the table has every method.
const methods = Object.keys(settings) as QuantizationMethod[];

/** transformers before 4.35 did not name the method. */
function isEarlyBitsandbytes(values: ReadonlyMap<string, unknown>): boolean {
  return values.get("load_in_4bit") === true || values.get("load_in_8bit") === true;
}

/** With compressed-tensors each group of layers has settings of its own. */
function settingsOf(method: QuantizationMethod, values: ReadonlyMap<string, unknown>): readonly FixedSetting[] {
  if (method !== "compressed-tensors") return settings[method];
  const ofGroups = groupsOf(values).flatMap((group) => [
    { key: `${group}.weights.type`, values: ["int"] },
    { key: `${group}.weights.num_bits`, values: [4, 8] },
    { key: `${group}.weights.strategy`, values: ["group", "channel", "tensor"] },
    { key: `${group}.weights.symmetric`, values: [undefined, true, false] },
    { key: `${group}.format`, values: [undefined, null, ...formats] },
  ]);
  return [...settings[method], ...ofGroups];
}

/** The path of each group of layers in compressed-tensors' settings. */
function groupsOf(values: ReadonlyMap<string, unknown>): readonly string[] {
  return [...(jsonObject(values.get("config_groups")) ?? new Map<string, unknown>()).keys()].map(
    (group) => `config_groups.${group}`,
  );
}

function settingOf(values: ReadonlyMap<string, unknown>, path: string): unknown {
  const keys = path.split(".");
  return keys.reduce<unknown>((inner, key) => jsonObject(inner)?.get(key), Object.fromEntries(values));
}

function listOf(values: readonly unknown[]): string {
  const shown = values.filter((value) => value !== undefined && value !== null);
  return shown.length === 0 ? "nothing" : shown.map((value) => JSON.stringify(value)).join(" or ");
}
