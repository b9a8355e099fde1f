// Converts the config.json of a known family to a checked configuration: every size is present and plausible, and every key that
// changes the computation is supported or refused. A program with one family bundles only that family's tables.

import type { WarningListener } from "../../errors.ts";
import { describeValue, listed } from "../../messages.ts";
import { byName, type DropoutName, dropoutNames } from "../config-names.ts";
import type { ConfigTable, LayerKindTable } from "../config-table.ts";
import type { ConfigValues, LayerKind } from "../config-values.ts";
import { type ConfigProblem, InvalidConfigError } from "../errors.ts";
import type { Family, ModelConfig } from "../family.ts";
import type { Task } from "../task.ts";
import { ignoredKeys, mathsKeys } from "./common-keys.ts";
import { type ConfigReader, jsonObject, readerOf } from "./config-reader.ts";
import { readLabels } from "./label-config.ts";
import { readQuantization } from "./quantization-config.ts";
import { readRotations } from "./rotary-config.ts";
import { readSizes } from "./size-config.ts";
import { readStages, withStages } from "./stage-config.ts";
import { readActivation, readScalars, readSparsities, readSwitches } from "./switch-config.ts";
import { readTowers, withTowers } from "./tower-config.ts";
import { readLayerTypes, readWindows } from "./window-config.ts";

/** The file's name for errors, and a listener for warnings. */
export interface CheckOptions {
  readonly onWarning?: WarningListener | undefined;
  /** Default "config.json". */
  readonly file?: string;
}

/**
 * Checks a parsed config.json of one family, as `checkConfig` does for all families.
 *
 * @throws InvalidConfigError listing every missing, broken or unhandled key; another `model_type` is a broken one.
 * @example
 * ```ts
 * import { checkConfigOf, resolveTask } from "@lowrank/contracts/families";
 * import { gpt2 } from "@lowrank/contracts/families/rows";
 *
 * const config = checkConfigOf(gpt2, {
 *   model_type: "gpt2", vocab_size: 50257, n_embd: 768, n_layer: 12, n_head: 12, n_positions: 1024,
 * });
 * if (resolveTask(config, "causal-lm") !== "causal-lm") throw new Error("unexpected task");
 * ```
 */
export function checkConfigOf(family: Family, config: unknown, options: CheckOptions = {}): ModelConfig {
  const { file = "config.json", onWarning } = options;
  const { config: table } = family;
  const reader = readerOf(unnested(config, table), file);
  checkModelType(reader, family);

  const sizes = readSizes(reader, family);
  const windows = readWindows(reader, table.window, sizes.layers);
  const checked: ConfigValues = {
    modelType: family.modelType,
    architecture: readArchitecture(reader),
    ...sizes,
    stages: readStages(reader, table, sizes),
    towers: readTowers(reader, family, ({ family: tower, key }, values) =>
      checkConfigOf(tower, values, { onWarning, file: `${file} (${key})` }),
    ),
    activation: readActivation(reader, table),
    normEpsilon: readEpsilon(reader, table),
    ...readRotations(reader, table, sizes),
    rotatingLayers: readRotatingLayers(reader, table, windows),
    layerKinds: readLayerKinds(reader, table.layerKinds, sizes.layers),
    windows,
    sparsities: readSparsities(reader, table, windows.length),
    switches: readSwitches(reader, table),
    scalars: readScalars(reader, table),
    tiedEmbeddings: table.tiedAlways || (reader.flag("tie_word_embeddings") ?? table.tiedByDefault),
    dropouts: readDropouts(reader, table),
    ...readLabels(reader),
    ...readTokenIds(reader, table),
    quantization: readQuantization(reader, table),
    // Last, because it checks the keys that nothing else has read.
    refusedTasks: checkFixedKeys(reader, table),
  };
  checkRotatingFeatures(reader, checked, table);
  if (reader.problems.length === 0) reader.problems.push(...(table.check?.(checked) ?? []));
  if (reader.problems.length > 0) throw new InvalidConfigError(file, reader.problems);
  warnOfUnknownKeys(reader, table, { file, onWarning });
  return { ...(table.derive?.(checked) ?? withTowers(withStages(checked))), family };
}

/** Merges the inner object into the outer one. Keys in both have the outer value, as in transformers. */
function unnested(config: unknown, { inside, respell = (values) => values }: ConfigTable): unknown {
  const outer = jsonObject(config);
  if (outer === null) return config;
  const inner = inside === undefined ? null : jsonObject(outer.get(inside));
  return Object.fromEntries(respell(new Map([...(inner ?? []), ...outer])));
}

function checkModelType(reader: ConfigReader, { modelType }: Family): void {
  const named = reader.text("model_type");
  if (named === null && reader.problems.length === 0) reader.missing("model_type", `"${modelType}"`);
  else if (named !== null && named !== modelType) reader.invalid("model_type", named, `"${modelType}"`);
}

function readArchitecture(reader: ConfigReader): string | null {
  const value = reader.peek("architectures") ?? null;
  if (value === null) return null;
  if (Array.isArray(value) && value.every((name) => typeof name === "string")) return value[0] ?? null;
  reader.invalid("architectures", value, "a list of class names");
  return null;
}

function readEpsilon(reader: ConfigReader, { normEpsilon }: ConfigTable): number {
  const { key, otherKey, fallback } = normEpsilon;
  return (
    (key === undefined ? null : reader.number(reader.pick([key, otherKey ?? key]), { min: 0, max: 1 })) ?? fallback
  );
}

function readDropouts(reader: ConfigReader, { dropouts }: ConfigTable): Record<DropoutName, number> {
  return byName(dropoutNames, (dropout) => {
    const row = dropouts[dropout];
    return row ? (reader.number(reader.pick(row.keys), { min: 0, max: 1 }) ?? row.fallback) : 0;
  });
}

function readTokenIds(
  reader: ConfigReader,
  { tokenIds = {}, imageToken }: ConfigTable,
): Pick<ModelConfig, "padTokenId" | "decoderStartTokenId" | "bosTokenId" | "eosTokenIds" | "imageTokenId"> {
  // −1 means "none" in the first LLaMA files.
  const one = (key: string): number | null => {
    const id = reader.integer(key, { min: -1, max: 2 ** 31 - 1 });
    return id === -1 ? null : id;
  };
  // A key with the value null means "none".
  const idOr = (key: string, fallback: number | undefined): number | null =>
    reader.peek(key) === undefined ? (fallback ?? null) : one(key);
  return {
    padTokenId: idOr("pad_token_id", tokenIds.padding),
    decoderStartTokenId: idOr("decoder_start_token_id", tokenIds.decoderStart),
    bosTokenId: one("bos_token_id"),
    imageTokenId: imageToken === undefined ? null : (one(reader.pick(imageToken.keys)) ?? imageToken.fallback),
    eosTokenIds: readEndTokens(reader, () => idOr("eos_token_id", tokenIds.end)),
  };
}

function readEndTokens(reader: ConfigReader, one: () => number | null): readonly number[] {
  const value = reader.peek("eos_token_id");
  if (!Array.isArray(value)) {
    const id = one();
    return id === null ? [] : [id];
  }
  if (value.every((id) => Number.isInteger(id) && id >= 0 && id < 2 ** 31)) return value;
  reader.invalid("eos_token_id", value, "an integer or a list of integers");
  return [];
}

function checkRotatingFeatures(reader: ConfigReader, { rotary, headSize }: ConfigValues, table: ConfigTable): void {
  if (rotary === null || Number.isNaN(headSize) || rotary.scaling.type === "proportional") return;
  const { roundsUpOdd = false } = typeof table.rotary === "object" ? table.rotary : {};
  const features = Math.floor(headSize * rotary.share + 1e-9);
  const rotating = roundsUpOdd ? features + (features % 2) : features;
  if (rotating >= 2 && rotating <= headSize && rotating % 2 === 0) return;
  const expected = "a head size with an even number of rotated features (two halves)";
  const { headSize: own, heads } = table.sizes;
  reader.invalid(own?.keys[0] ?? heads?.keys[0] ?? "head size", headSize, expected);
}

/** Checks keys with fixed values. Returns the problems that concern only some tasks. */
function checkFixedKeys(reader: ConfigReader, { fixed = [], ignored = [] }: ConfigTable): ModelConfig["refusedTasks"] {
  const fixedKeys = new Set(fixed.map((row) => row.key));
  // A key is known if the table reads it, or lists it as ignored.
  const isKnown = (key: string) => fixedKeys.has(key) || reader.hasSeen(key) || ignored.includes(key);
  const others = mathsKeys.filter((row) => !isKnown(row.key));
  const refusedTasks = new Map<Task, ConfigProblem[]>();
  for (const { key, values, effect, task } of [...fixed, ...others]) {
    const value = reader.peek(key);
    // In Python null is as good as false.
    const isAllowed = values.some((allowed) => sameJson(allowed, value) || (allowed === false && value === null));
    if (value === undefined || isAllowed) continue;
    const expected = `${values.map(describeValue).join(" or ")} (${effect})`;
    if (task === undefined) reader.notHandled(key, value, expected);
    else {
      const problem = { kind: "not-handled", key, got: describeValue(value), expected } as const;
      refusedTasks.set(task, [...(refusedTasks.get(task) ?? []), problem]);
    }
  }
  return refusedTasks;
}

function sameJson(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function warnOfUnknownKeys(
  reader: ConfigReader,
  table: ConfigTable,
  { file, onWarning }: { readonly file: string; readonly onWarning: WarningListener | undefined },
): void {
  const ignored = new Set([...ignoredKeys, ...(table.ignored ?? [])]);
  const unknown = reader.unseenKeys().filter((key) => !ignored.has(key));
  if (unknown.length === 0) return;
  onWarning?.({
    code: "UNKNOWN_CONFIG_KEYS",
    message: `${file} has unknown keys, which are ignored: ${listed(unknown)}.`,
  });
}

/** The kind of each layer; problems go to the reader. */
function readLayerKinds(reader: ConfigReader, table: LayerKindTable | undefined, layers: number): readonly LayerKind[] {
  const count = Number.isNaN(layers) ? 0 : layers;
  if (table === undefined) return Array.from({ length: count }, () => "plain");
  // Both are read, although the types are sufficient, because files have the list as well.
  const byNumbers = byNumber(reader, table);
  const isOther =
    (table.types && readLayerTypes(reader, table.types, { layers: count, key: table.typesKey })) ?? byNumbers;
  return Array.from({ length: count }, (_, layer) => (isOther(layer) ? table.kind : "plain"));
}

function byNumber(
  reader: ConfigReader,
  { types, plain, plainEach, from, each, listed }: LayerKindTable,
): (layer: number) => boolean {
  if (listed !== undefined) {
    const numbers = reader.peek(listed.key) ?? listed.fallback;
    const isRising =
      Array.isArray(numbers) && numbers.every((one, index) => Number.isInteger(one) && !(one <= numbers[index - 1]));
    if (!isRising || numbers.length > 4096) reader.invalid(listed.key, numbers, "a rising list of layer numbers");
    return (layer) => isRising && numbers.includes(layer);
  }
  if (from !== undefined) {
    const first = reader.integer(from.key, { min: 0, max: 4096 }) ?? from.fallback;
    return (layer) => layer >= first;
  }
  if (plainEach !== undefined) {
    const period = reader.integer(plainEach.key, { min: 1, max: 4096 }) ?? plainEach.fallback;
    return (layer) => (layer + 1) % period !== 0;
  }
  const list = (plain === undefined ? undefined : reader.peek(plain)) ?? null;
  const period = (each === undefined ? null : reader.integer(each, { min: 1, max: 4096 })) ?? 1;
  if (list === null) return (layer) => types === undefined && (layer + 1) % period === 0;
  const isGood = Array.isArray(list) && list.length <= 4096 && list.every((number) => Number.isInteger(number));
  if (!isGood) reader.invalid(plain ?? "", list, "a list of layer numbers");
  return (layer) => isGood && !list.includes(layer) && (layer + 1) % period === 0;
}

/** Whether each layer rotates. Some models skip every fourth layer (Yang et al. 2025, "Rope to Nope and back again"). */
function readRotatingLayers(
  reader: ConfigReader,
  { rotary, window }: Pick<ConfigTable, "rotary" | "window">,
  windows: readonly (number | null)[],
): readonly boolean[] {
  const layers = typeof rotary === "object" ? rotary.layers : undefined;
  if (layers === undefined) return windows.map(() => rotary !== false);
  if (typeof layers === "string") {
    const isWindowless = window !== undefined && reader.peek(window.size.key) === null;
    return windows.map((size) => size !== null || (layers === "windowed-or-all" && isWindowless));
  }
  const period = reader.integer(layers.exceptEvery, { min: 1, max: 4096 }) ?? layers.fallback;
  const list = reader.peek(layers.list) ?? null;
  if (list === null) return windows.map((_, layer) => (layer + 1) % period !== 0);
  const isGood = Array.isArray(list) && list.length >= windows.length && list.every((flag) => [0, 1].includes(flag));
  if (!isGood) reader.invalid(layers.list, list, `0 or 1 for each of ${windows.length} layers`);
  return windows.map((_, layer) => isGood && list[layer] === 1);
}
