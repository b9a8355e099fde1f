// The ways of stretching rotary positions to longer texts that models use (transformers' modeling_rope_utils.py): linear
// interpolation (Chen et al. 2023), "dynamic" by length, YaRN (Peng et al. 2023), LongRoPE (Ding et al. 2024), Llama 3's.

import type { RotaryTable } from "../config-table.ts";
import type { RotaryScaling } from "../rotary.ts";
import type { ConfigReader } from "./config-reader.ts";

/** What the scaling is relative to. */
export interface ScalingPlace {
  readonly table: RotaryTable;
  /** How many features of a head rotate. */
  readonly features: number;
  readonly maxPositions: number;
  /** `original_max_position_embeddings` at the top of the file, which goes before the one inside. */
  readonly originalAtTop: number | null;
}

export const positionBounds = { least: 1, most: 2 ** 31 };
const factorBounds = { least: 1e-6, most: 1e6 };
const handled = '"default", "linear", "dynamic", "yarn", "longrope" or "llama3"';
const originalKey = "original_max_position_embeddings";

/** Reads `rope_type` and what belongs to it; problems go to the reader. */
export function readScaling(nested: ConfigReader, place: ScalingPlace): RotaryScaling {
  const key = nested.pick(["rope_type", "type"]);
  const given = nested.text(key) ?? "default";
  const type = new Map(Object.entries(place.table.scalingAliases ?? {})).get(given) ?? given;
  if (type === "default") return { type: "none" };
  if (type === "linear") return { type, factor: required(nested, "factor") };
  if (type === "dynamic") {
    required(nested, "factor");
    return { type, maxPositions: place.maxPositions };
  }
  if (type === "llama3") return readLlama3(nested, place);
  if (type === "yarn") return readYarn(nested, place);
  if (type === "longrope") return readLongrope(nested, place);
  nested.notHandled(key, given, handled);
  // The other keys belong to the type that is not handled: one complaint is enough.
  for (const other of nested.unseenKeys()) nested.peek(other);
  return { type: "none" };
}

function readLlama3(nested: ConfigReader, { originalAtTop }: ScalingPlace): RotaryScaling {
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

function readYarn(nested: ConfigReader, place: ScalingPlace): RotaryScaling {
  const originalMaxPositions = originalOf(nested, place);
  const factor = nested.number("factor", factorBounds) ?? place.maxPositions / originalMaxPositions;
  const top = nested.number("mscale", factorBounds);
  const bottom = nested.number("mscale_all_dim", factorBounds);
  const suggested = top !== null && bottom !== null ? growth(factor, top) / growth(factor, bottom) : growth(factor, 1);
  return {
    type: "yarn",
    factor,
    magnitude: nested.number("attention_factor", factorBounds) ?? suggested,
    fastTurns: nested.number("beta_fast", factorBounds) ?? 32,
    slowTurns: nested.number("beta_slow", factorBounds) ?? 1,
    // transformers reads it next to the types of layers, where no file has it, and not inside them.
    wholePairs: (nested.flag("truncate") ?? true) || place.table.local !== undefined,
    originalMaxPositions,
  };
}

function growth(factor: number, strength: number): number {
  return factor <= 1 ? 1 : 0.1 * strength * Math.log(factor) + 1;
}

function readLongrope(nested: ConfigReader, place: ScalingPlace): RotaryScaling {
  const originalMaxPositions = originalOf(nested, place);
  const factor = nested.number("factor", factorBounds) ?? place.maxPositions / originalMaxPositions;
  const suggested = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(originalMaxPositions));
  return {
    type: "longrope",
    shortFactors: readFactors(nested, "short_factor", place),
    longFactors: readFactors(nested, "long_factor", place),
    magnitude: nested.number("attention_factor", factorBounds) ?? suggested,
    originalMaxPositions,
  };
}

function readFactors(nested: ConfigReader, key: string, { features }: ScalingPlace): readonly number[] {
  const value = nested.peek(key) ?? null;
  const isFactor = (entry: unknown): entry is number =>
    typeof entry === "number" && entry >= factorBounds.least && entry <= factorBounds.most;
  if (Array.isArray(value) && value.every(isFactor) && (Number.isNaN(features) || value.length === features / 2))
    return value;
  const expected = `a list of ${features / 2} positive numbers, one for each pair of features that rotates`;
  if (value === null) nested.missing(key, expected);
  else nested.invalid(key, value, expected);
  return [];
}

/** As transformers: what stands at the top, then what stands inside, then the longest text. */
function originalOf(nested: ConfigReader, { originalAtTop, maxPositions }: ScalingPlace): number {
  const inside = nested.integer(originalKey, positionBounds);
  return originalAtTop ?? inside ?? maxPositions;
}

function required(nested: ConfigReader, key: string): number {
  const value = nested.number(key, factorBounds);
  if (value === null) nested.missing(key, "a number");
  return value ?? Number.NaN;
}
