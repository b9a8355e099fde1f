// Reads sliding-window attention (Beltagy et al. 2020; Jiang et al. 2023): which layers have it, and the size of the window.

import type { WindowLayers, WindowTable } from "../config-table.ts";
import type { ConfigReader } from "./config-reader.ts";

const layerTypes = ["full_attention", "sliding_attention"] as const;

/** The window of each layer, null for full attention; problems go to the reader. */
export function readWindows(
  reader: ConfigReader,
  table: WindowTable | undefined,
  layers: number,
): readonly (number | null)[] {
  const count = Number.isNaN(layers) ? 0 : layers;
  if (table === undefined) return Array.from({ length: count }, () => null);
  const size = readSize(reader, table);
  const hasWindow = readLayerTypes(reader, layerTypes, { layers: count }) ?? defaultLayers(reader, table.layers, count);
  return Array.from({ length: count }, (_, layer) => (hasWindow(layer) ? size : null));
}

function readSize(reader: ConfigReader, { size, enabledBy }: WindowTable): number | null {
  const isGiven = reader.peek(size.key) !== undefined;
  const isEnabled = enabledBy === undefined || reader.flag(enabledBy) === true;
  // Qwen 2 with experts writes 0 where windows are off.
  const window = reader.integer(size.key, { min: isEnabled ? 1 : 0, max: 2 ** 31 - 1 });
  if (!isEnabled) return null;
  return isGiven ? window : size.fallback;
}

/** Whether each layer has the second of two types, by the file's list; null without a list. Problems go to the reader. */
export function readLayerTypes(
  reader: ConfigReader,
  names: readonly [string, string],
  { layers, key = "layer_types" }: { readonly layers: number; readonly key?: string | undefined },
): ((layer: number) => boolean) | null {
  const types = reader.peek(key) ?? null;
  if (types === null) return null;
  if (!Array.isArray(types) || types.length !== layers || !types.every((type) => names.includes(type))) {
    reader.invalid(key, types, `"${names.join('" or "')}" for each of ${layers} layers`);
    return null;
  }
  return (layer) => types[layer] === names[1];
}

function defaultLayers(reader: ConfigReader, layers: WindowLayers, count: number): (layer: number) => boolean {
  if (layers === "all") return () => true;
  if (layers === "alternating") return (layer) => layer % 2 === 0;
  if ("alternatingBelow" in layers) {
    const end = reader.integer(layers.alternatingBelow, { min: 0, max: 4096 }) ?? layers.fallback;
    return (layer) => layer % 2 === 0 && layer < end;
  }
  if ("from" in layers) {
    const first = reader.integer(layers.from, { min: 0, max: 4096 }) ?? layers.fallback;
    return (layer) => layer >= first;
  }
  if ("types" in layers) {
    const types = readExpandedTypes(reader, layers);
    if (types.length !== count)
      reader.invalid(layers.types, reader.peek(layers.types), `a type for each of ${count} layers`);
    return (layer) => types[layer] === "local";
  }
  const { exceptEvery: key, fallback } = layers;
  const period = (key === null ? null : reader.integer(key, { min: 1, max: 4096 })) ?? fallback;
  return (layer) => (layers.fromFirst ? layer : layer + 1) % period !== 0;
}

/** GPT-Neo's [[["global", "local"], 12], …]: each list, repeated the given number of times. */
function readExpandedTypes(
  reader: ConfigReader,
  { types: key, fallback }: Extract<WindowLayers, { readonly types: string }>,
): readonly unknown[] {
  const value = reader.peek(key) ?? null;
  if (value === null) return fallback;
  const expanded: unknown[] = [];
  for (const item of Array.isArray(value) ? value : [null]) {
    const [types, times] = Array.isArray(item) ? item : [];
    const isGood = Array.isArray(types) && Number.isInteger(times) && times >= 0 && times * types.length <= 4096;
    if (!isGood || !types.every((type) => type === "global" || type === "local")) {
      reader.invalid(key, value, 'lists such as [[["global", "local"], 12]]');
      return fallback;
    }
    for (let time = 0; time < times; time += 1) expanded.push(...types);
  }
  return expanded;
}
