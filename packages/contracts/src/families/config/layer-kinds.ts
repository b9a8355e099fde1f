// Which layers have what: mixtures of experts between plain layers (Qwen), convolutions or memories between layers of attention
// (LFM2, Qwen 3.5).

import type { LayerKindTable } from "../config-table.ts";
import type { LayerKind } from "../config-values.ts";
import type { ConfigReader } from "./config-reader.ts";

/** The kind of each layer; problems go to the reader. */
export function readLayerKinds(
  reader: ConfigReader,
  table: LayerKindTable | undefined,
  layers: number,
): readonly LayerKind[] {
  const count = Number.isNaN(layers) ? 0 : layers;
  if (table === undefined) return Array.from({ length: count }, () => "plain");
  // Both are read, though the types say all: files have the list as well.
  const [byNumbers, byTypes] = [byNumber(reader, table), readTypes(reader, table, count)];
  const isOther = byTypes ?? byNumbers;
  return Array.from({ length: count }, (_, layer) => (isOther(layer) ? table.kind : "plain"));
}

function readTypes(
  reader: ConfigReader,
  { types }: LayerKindTable,
  layers: number,
): ((layer: number) => boolean) | undefined {
  const named = types === undefined ? null : (reader.peek("layer_types") ?? null);
  if (types === undefined || named === null) return undefined;
  const isGood = Array.isArray(named) && named.length === layers && named.every((name) => types.includes(name));
  if (!isGood) reader.invalid("layer_types", named, `"${types.join('" or "')}" for each of ${layers} layers`);
  return (layer) => isGood && named[layer] === types[1];
}

function byNumber(reader: ConfigReader, { types, plain, plainEach, each }: LayerKindTable): (layer: number) => boolean {
  if (plainEach !== undefined) {
    const period = reader.integer(plainEach.key, { least: 1, most: 4096 }) ?? plainEach.fallback;
    return (layer) => (layer + 1) % period !== 0;
  }
  const list = (plain === undefined ? undefined : reader.peek(plain)) ?? null;
  const period = (each === undefined ? null : reader.integer(each, { least: 1, most: 4096 })) ?? 1;
  if (list === null) return (layer) => types === undefined && (layer + 1) % period === 0;
  const isGood = Array.isArray(list) && list.length <= 4096 && list.every((number) => Number.isInteger(number));
  if (!isGood) reader.invalid(plain ?? "", list, "a list of layers' numbers");
  return (layer) => isGood && !list.includes(layer) && (layer + 1) % period === 0;
}
