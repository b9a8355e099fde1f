// How fast rotary positions turn (Su et al. 2021), and the two rescalings that are data: linear interpolation
// (Chen et al. 2023) and Llama 3's. transformers 5 writes `rope_parameters`, older versions `rope_theta` and `rope_scaling`.

import { ConfigReader, jsonObject } from "./config-reader.ts";
import type { RotaryTable } from "./config-table.ts";

/** A change of the rotation speeds for longer texts. */
export type RotaryScaling =
  | { readonly type: "none" }
  | { readonly type: "linear"; readonly factor: number }
  | {
      readonly type: "llama3";
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalMaxPositions: number;
    };

/** Rotary positions of a model. */
export interface RotaryConfig {
  /** Base θ of the speeds θ^(−2i/headSize). */
  readonly theta: number;
  /** How much of each head rotates: its first headSize·share features. */
  readonly share: number;
  readonly scaling: RotaryScaling;
}

const shareBounds = { least: 0, most: 1 };
const factorBounds = { least: 1e-6, most: 1e6 };
const handled = '"default", "linear" or "llama3"';

/** Reads every spelling; problems go to the reader. transformers prefers `rope_scaling` where both are present. */
export function readRotary(reader: ConfigReader, table: RotaryTable = {}): RotaryConfig {
  const thetaAtTop = reader.number(table.thetaKey ?? "rope_theta", { least: 1, most: 1e12 });
  const shareAtTop = table.share ? reader.number(table.share.key, shareBounds) : null;
  const defaultShare = shareAtTop ?? table.share?.fallback ?? 1;
  const inParameters = readObject(reader, "rope_parameters");
  const inScaling = readObject(reader, "rope_scaling");
  const nested = inScaling ?? inParameters;
  if (!nested) return { theta: thetaAtTop ?? 10_000, share: defaultShare, scaling: { type: "none" } };

  const thetaInside = nested.number("rope_theta", { least: 1, most: 1e12 });
  const scaling = readScaling(nested);
  const shareInside = nested.number("partial_rotary_factor", shareBounds);
  const share = shareInside ?? defaultShare;
  if (!table.share && share !== 1) nested.notHandled("partial_rotary_factor", share, "1 (all of a head rotates)");
  for (const key of nested.unseenKeys()) nested.notHandled(key, nested.peek(key), "no such key");
  reader.problems.push(...nested.problems);
  return { theta: thetaInside ?? thetaAtTop ?? 10_000, share, scaling };
}

function readObject(reader: ConfigReader, key: string): ConfigReader | null {
  const value = reader.peek(key) ?? null;
  if (value === null) return null;
  const object = jsonObject(value);
  if (!object) reader.invalid(key, value, "an object or null");
  return object && object.size > 0 ? new ConfigReader(object, `${key}.`) : null;
}

function readScaling(nested: ConfigReader): RotaryScaling {
  const key = nested.pick(["rope_type", "type"]);
  const type = nested.text(key) ?? "default";
  if (type === "default") return { type: "none" };
  if (type === "linear") return { type, factor: required(nested, "factor") };
  if (type === "llama3") {
    const low = required(nested, "low_freq_factor");
    const high = required(nested, "high_freq_factor");
    if (high <= low) nested.invalid("high_freq_factor", high, `more than low_freq_factor (${low})`);
    const positionsKey = "original_max_position_embeddings";
    const originalMaxPositions = nested.integer(positionsKey, { least: 1, most: 2 ** 31 });
    if (originalMaxPositions === null) nested.missing(positionsKey, "an integer");
    return {
      type,
      factor: required(nested, "factor"),
      lowFrequencyFactor: low,
      highFrequencyFactor: high,
      originalMaxPositions: originalMaxPositions ?? Number.NaN,
    };
  }
  nested.notHandled(key, type, handled);
  // The other keys belong to the type that is not handled: one complaint is enough.
  for (const other of nested.unseenKeys()) nested.peek(other);
  return { type: "none" };
}

function required(nested: ConfigReader, key: string): number {
  const value = nested.number(key, factorBounds);
  if (value === null) nested.missing(key, "a number");
  return value ?? Number.NaN;
}
