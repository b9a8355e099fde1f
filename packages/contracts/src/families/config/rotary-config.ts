// How fast rotary positions turn (Su et al. 2021). transformers 5 writes `rope_parameters`, older versions `rope_theta` and
// `rope_scaling`.

import type { ConfigTable, RotaryTable } from "../config-table.ts";
import type { RotaryConfig } from "../rotary.ts";
import { type ConfigReader, jsonObject } from "./config-reader.ts";
import { positionBounds, readScaling } from "./rotary-scaling.ts";

const thetaBounds = { least: 1, most: 1e12 };
const shareBounds = { least: 0, most: 1 };

/** How all layers rotate, and those with a window where these differ. */
export interface Rotations {
  readonly rotary: RotaryConfig | null;
  readonly localRotary: RotaryConfig | null;
}

/** Reads every spelling; problems go to the reader. transformers prefers `rope_scaling` where both are present. */
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
  if (!table.local)
    return { rotary: readOne(reader, inScaling ?? inParameters, { table, defaults }), localRotary: null };

  // One set for each kind of layer; older files have them side by side at the top, and scale whole views only.
  const { key: localKey, fallback } = table.local;
  const localTheta = (localKey === undefined ? null : reader.number(localKey, thetaBounds)) ?? fallback;
  const whole = inParameters && readObject(inParameters, "full_attention");
  const local = inParameters && readObject(inParameters, "sliding_attention");
  if (inParameters) finish(reader, inParameters);
  return {
    rotary: readOne(reader, inScaling ?? whole, { table, defaults }),
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
  if (!nested) return { theta: defaults.theta, share: defaults.share, scaling: { type: "none" } };
  const theta = nested.number("rope_theta", thetaBounds) ?? defaults.theta;
  const share = nested.number("partial_rotary_factor", shareBounds) ?? defaults.share;
  const { headSize, maxPositions, originalAtTop } = defaults;
  const features = Math.floor(headSize * share + 1e-9);
  const scaling = readScaling(nested, { table, features, maxPositions, originalAtTop });
  if (!table.share && share !== defaults.share)
    nested.notHandled("partial_rotary_factor", share, `${defaults.share} (how much of a head rotates)`);
  finish(reader, nested, table.ignored);
  return { theta, share, scaling };
}

/** Every key inside changes the rotation: what nothing has read is not handled. */
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
