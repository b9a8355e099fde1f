// How fast rotary positions turn (Su et al. 2021), and the two rescalings that are data: linear interpolation
// (Chen et al. 2023) and Llama 3's. transformers 5 writes `rope_parameters`, older versions `rope_theta` and `rope_scaling`.

import { type ConfigReader, jsonObject } from "./config-reader.ts";
import type { ConfigTable, RotaryTable } from "./config-table.ts";

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

const thetaBounds = { least: 1, most: 1e12 };
const shareBounds = { least: 0, most: 1 };
const factorBounds = { least: 1e-6, most: 1e6 };
const handled = '"default", "linear" or "llama3"';

/** How all layers rotate, and those with a window where these differ. */
export interface Rotations {
  readonly rotary: RotaryConfig | null;
  readonly localRotary: RotaryConfig | null;
}

/** Reads every spelling; problems go to the reader. transformers prefers `rope_scaling` where both are present. */
export function readRotations(
  reader: ConfigReader,
  { rotary: given }: Pick<ConfigTable, "rotary">,
  headSize: number,
): Rotations {
  if (given === false) return { rotary: null, localRotary: null };
  const table = given === true ? {} : given;
  const defaults = readDefaults(reader, table, headSize);
  const inParameters = readObject(reader, "rope_parameters");
  const inScaling = readObject(reader, "rope_scaling");
  if (!table.local)
    return { rotary: readOne(reader, inScaling ?? inParameters, { table, defaults }), localRotary: null };

  // One set for each kind of layer; older files have them side by side at the top, and scale whole views only.
  const localTheta = reader.number(table.local.key, thetaBounds) ?? table.local.fallback;
  const whole = inParameters && readObject(inParameters, "full_attention");
  const local = inParameters && readObject(inParameters, "sliding_attention");
  if (inParameters) finish(reader, inParameters);
  return {
    rotary: readOne(reader, inScaling ?? whole, { table, defaults }),
    localRotary: readOne(reader, local, { table, defaults: { ...defaults, theta: localTheta } }),
  };
}

interface Defaults {
  readonly theta: number;
  readonly share: number;
}

function readDefaults(reader: ConfigReader, table: RotaryTable, headSize: number): Defaults {
  const theta = reader.number(table.thetaKey ?? "rope_theta", thetaBounds) ?? table.thetaFallback ?? 10_000;
  if (table.features) {
    const features = reader.integer(table.features.key, { least: 2, most: headSize || 2 }) ?? table.features.fallback;
    return { theta, share: features / headSize };
  }
  return { theta, share: (table.share && reader.number(table.share.key, shareBounds)) ?? table.share?.fallback ?? 1 };
}

function readOne(
  reader: ConfigReader,
  nested: ConfigReader | null,
  { table, defaults }: { readonly table: RotaryTable; readonly defaults: Defaults },
): RotaryConfig {
  if (!nested) return { ...defaults, scaling: { type: "none" } };
  const theta = nested.number("rope_theta", thetaBounds) ?? defaults.theta;
  const scaling = readScaling(nested);
  const share = nested.number("partial_rotary_factor", shareBounds) ?? defaults.share;
  if (!table.share && share !== defaults.share)
    nested.notHandled("partial_rotary_factor", share, `${defaults.share} (how much of a head rotates)`);
  finish(reader, nested);
  return { theta, share, scaling };
}

/** Every key inside changes the rotation: what nothing has read is not handled. */
function finish(reader: ConfigReader, nested: ConfigReader): void {
  for (const key of nested.unseenKeys()) nested.notHandled(key, nested.peek(key), "no such key");
  reader.problems.push(...nested.problems);
}

function readObject(reader: ConfigReader, key: string): ConfigReader | null {
  const value = reader.peek(key) ?? null;
  if (value === null) return null;
  const object = jsonObject(value);
  if (!object) reader.invalid(key, value, "an object or null");
  return object && object.size > 0 ? reader.inside(object, key) : null;
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
