// Reads rotary positions (Su et al. 2021). transformers 5 writes `rope_parameters`, older versions `rope_theta` and `rope_scaling`.

import type { ConfigTable, RotaryTable } from "../config-table.ts";
import type { RotaryConfig, RotaryScaling } from "../rotary.ts";
import { type ConfigReader, jsonObject } from "./config-reader.ts";

const thetaBounds = { min: 1, max: 1e12 };
const shareBounds = { min: 0, max: 1 };

/** Rotary positions of all layers, and of layers with a window if these differ. */
export interface Rotations {
  readonly rotary: RotaryConfig | null;
  readonly localRotary: RotaryConfig | null;
}

/** Reads old and new keys; problems go to the reader. transformers prefers `rope_scaling` if both are present. */
export function readRotations(
  reader: ConfigReader,
  { rotary: given }: Pick<ConfigTable, "rotary">,
  { headSize, maxPositions }: { readonly headSize: number; readonly maxPositions: number },
): Rotations {
  if (given === false) return { rotary: null, localRotary: null };
  const table = given === true ? {} : given;
  const original = reader.integer("original_max_position_embeddings", positionBounds) ?? table.originalFallback ?? null;
  const lengths = { maxPositions, originalAtTop: original };
  const defaults = { ...readDefaults(reader, table, headSize), headSize, ...lengths };
  const inParameters = readObject(reader, "rope_parameters");
  const inScaling = readObject(reader, "rope_scaling");
  const isGiven = (reader.peek("rope_parameters") ?? null) !== null;
  const standard = isGiven ? null : reader.inside(new Map(Object.entries(table.standard ?? {})), "rope_parameters");
  if (!table.local)
    return { rotary: readOne(reader, inScaling ?? inParameters ?? standard, { table, defaults }), localRotary: null };

  // One set for each kind of layer. Older files have both at the top level, and scale only layers without a window.
  const { key: localKey, fallback } = table.local;
  const localTheta = (localKey === undefined ? null : reader.number(localKey, thetaBounds)) ?? fallback;
  const whole = inParameters && readObject(inParameters, "full_attention");
  const local = inParameters && readObject(inParameters, "sliding_attention");
  if (inParameters) finish(reader, inParameters);
  return {
    rotary: readOne(reader, inScaling ?? whole ?? standard, { table, defaults }),
    localRotary: readOne(reader, local, { table, defaults: { ...defaults, theta: localTheta } }),
  };
}

interface Defaults extends Omit<RotaryConfig, "scaling"> {
  readonly headSize: number;
  readonly maxPositions: number;
  readonly originalAtTop: number | null;
}

function readDefaults(
  reader: ConfigReader,
  table: RotaryTable,
  headSize: number,
): Pick<RotaryConfig, "theta" | "share"> {
  const theta =
    reader.number(reader.pick(table.thetaKeys ?? ["rope_theta"]), thetaBounds) ?? table.thetaFallback ?? 10_000;
  if (table.features) {
    const features = reader.integer(table.features.key, { min: 2, max: headSize || 2 }) ?? table.features.fallback;
    return { theta, share: features / headSize };
  }
  return { theta, share: (table.share && reader.number(table.share.key, shareBounds)) ?? table.share?.fallback ?? 1 };
}

function readOne(
  reader: ConfigReader,
  nested: ConfigReader | null,
  { table, defaults }: { readonly table: RotaryTable; readonly defaults: Defaults },
): RotaryConfig {
  const sections = table.sections && { sections: readSections(nested, table.sections) };
  if (!nested) return { theta: defaults.theta, share: defaults.share, scaling: { type: "none" }, ...sections };
  const theta = nested.number("rope_theta", thetaBounds) ?? defaults.theta;
  const share = nested.number("partial_rotary_factor", shareBounds) ?? defaults.share;
  const { headSize, maxPositions, originalAtTop } = defaults;
  const features = Math.floor(headSize * share + 1e-9);
  const scaling = readScaling(nested, { table, features, maxPositions, originalAtTop });
  if (!table.share && share !== defaults.share)
    nested.notHandled("partial_rotary_factor", share, `${defaults.share} (the rotated share of a head)`);
  finish(reader, nested, table.ignored);
  return { theta, share, scaling, ...sections };
}

function readSections(nested: ConfigReader | null, fallback: readonly number[]): readonly number[] {
  const value = nested?.peek("mrope_section") ?? fallback;
  const isCount = (pairs: unknown) => Number.isInteger(pairs) && Number(pairs) >= 0;
  if (Array.isArray(value) && value.length === 3 && value.every(isCount)) return value;
  nested?.invalid("mrope_section", value, "three numbers of pairs, which rotate by time, row and column");
  return fallback;
}

/** Every key inside changes the rotation, so a key that was not read is an error. */
function finish(reader: ConfigReader, nested: ConfigReader, ignored: readonly string[] = []): void {
  const unread = nested.unseenKeys().filter((key) => !ignored.includes(key));
  for (const key of unread) nested.notHandled(key, nested.peek(key), "no such key");
  reader.problems.push(...nested.problems);
}

function readObject(reader: ConfigReader, key: string): ConfigReader | null {
  const value = reader.peek(key) ?? null;
  if (value === null) return null;
  const object = jsonObject(value);
  if (!object) reader.invalid(key, value, "an object or null");
  return object && object.size > 0 ? reader.inside(object, key) : null;
}

interface ScalingContext {
  readonly table: RotaryTable;
  /** How many features of a head rotate. */
  readonly features: number;
  readonly maxPositions: number;
  /** `original_max_position_embeddings` at the top level of the file, which has precedence over the inner one. */
  readonly originalAtTop: number | null;
}

const positionBounds = { min: 1, max: 2 ** 31 };
const factorBounds = { min: 1e-6, max: 1e6 };
const handled = '"default", "linear", "dynamic", "yarn", "longrope" or "llama3"';
const originalKey = "original_max_position_embeddings";

/** Reads `rope_type` and its settings; problems go to the reader. */
function readScaling(nested: ConfigReader, context: ScalingContext): RotaryScaling {
  const key = nested.pick(["rope_type", "type"]);
  const name = nested.text(key) ?? "default";
  const type = new Map(Object.entries(context.table.scalingAliases ?? {})).get(name) ?? name;
  if (type === "default") return { type: "none" };
  if (type === "linear") return { type, factor: required(nested, "factor") };
  if (type === "proportional" && context.table.standard?.rope_type === type)
    return { type, factor: nested.number("factor", factorBounds) ?? 1 };
  if (type === "dynamic") {
    required(nested, "factor");
    return { type, maxPositions: context.maxPositions };
  }
  if (type === "llama3") return readLlama3(nested, context);
  if (type === "yarn") return readYarn(nested, context);
  if (type === "longrope") return readLongrope(nested, context);
  nested.notHandled(key, name, handled);
  // The other keys belong to the unsupported type, so they give no further problems.
  for (const other of nested.unseenKeys()) nested.peek(other);
  return { type: "none" };
}

function readLlama3(nested: ConfigReader, { originalAtTop }: ScalingContext): RotaryScaling {
  const low = required(nested, "low_freq_factor");
  const high = required(nested, "high_freq_factor");
  if (high <= low) nested.invalid("high_freq_factor", high, `more than low_freq_factor (${low})`);
  const inside = nested.integer(originalKey, positionBounds);
  if (inside === null && originalAtTop === null) nested.missing(originalKey, "an integer");
  return {
    type: "llama3",
    factor: required(nested, "factor"),
    lowFrequencyFactor: low,
    highFrequencyFactor: high,
    originalMaxPositions: originalAtTop ?? inside ?? Number.NaN,
  };
}

function readYarn(nested: ConfigReader, context: ScalingContext): RotaryScaling {
  const originalMaxPositions = originalOf(nested, context);
  const factor = nested.number("factor", factorBounds) ?? context.maxPositions / originalMaxPositions;
  const top = nested.number("mscale", factorBounds);
  const bottom = nested.number("mscale_all_dim", factorBounds);
  const queryGrowth = context.table.growingQueries
    ? (nested.number("llama_4_scaling_beta", { min: 0, max: 1e6 }) ?? 0)
    : 0;
  const suggested = top !== null && bottom !== null ? growth(factor, top) / growth(factor, bottom) : growth(factor, 1);
  return {
    type: "yarn",
    factor,
    magnitude: nested.number("attention_factor", factorBounds) ?? suggested,
    betaFast: nested.number("beta_fast", factorBounds) ?? 32,
    betaSlow: nested.number("beta_slow", factorBounds) ?? 1,
    // transformers reads `truncate` next to the types of layers, where no file has it, and not inside them.
    wholePairs: (nested.flag("truncate") ?? true) || context.table.local !== undefined,
    originalMaxPositions,
    ...(context.table.scalesScores && bottom ? { scoreScale: growth(factor, bottom) ** 2 } : {}),
    ...(queryGrowth > 0 ? { growsQueries: true } : {}),
  };
}

function growth(factor: number, strength: number): number {
  return factor <= 1 ? 1 : 0.1 * strength * Math.log(factor) + 1;
}

function readLongrope(nested: ConfigReader, context: ScalingContext): RotaryScaling {
  const originalMaxPositions = originalOf(nested, context);
  const factor = nested.number("factor", factorBounds) ?? context.maxPositions / originalMaxPositions;
  const suggested = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(originalMaxPositions));
  return {
    type: "longrope",
    shortFactors: readFactors(nested, "short_factor", context),
    longFactors: readFactors(nested, "long_factor", context),
    magnitude: nested.number("attention_factor", factorBounds) ?? suggested,
    originalMaxPositions,
  };
}

function readFactors(nested: ConfigReader, key: string, { features }: ScalingContext): readonly number[] {
  const value = nested.peek(key) ?? null;
  const isFactor = (entry: unknown): entry is number =>
    typeof entry === "number" && entry >= factorBounds.min && entry <= factorBounds.max;
  if (Array.isArray(value) && value.every(isFactor) && (Number.isNaN(features) || value.length === features / 2))
    return value;
  const expected = `a list of ${features / 2} positive numbers, one for each rotated pair of features`;
  if (value === null) nested.missing(key, expected);
  else nested.invalid(key, value, expected);
  return [];
}

/** As in transformers: the value at the top level, then the inner value, then the maximum length. */
function originalOf(nested: ConfigReader, { originalAtTop, maxPositions }: ScalingContext): number {
  const inside = nested.integer(originalKey, positionBounds);
  return originalAtTop ?? inside ?? maxPositions;
}

function required(nested: ConfigReader, key: string): number {
  const value = nested.number(key, factorBounds);
  if (value === null) nested.missing(key, "a number");
  return value ?? Number.NaN;
}
