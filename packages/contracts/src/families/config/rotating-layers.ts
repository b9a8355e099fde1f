// In which layers positions rotate: some models leave out each fourth (Yang et al. 2025, "Rope to Nope and back again").

import type { ConfigTable } from "../config-table.ts";
import type { ConfigReader } from "./config-reader.ts";

/** Whether each layer rotates; problems go to the reader. */
export function readRotatingLayers(
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
  const period = reader.integer(layers.butEvery, { least: 1, most: 4096 }) ?? layers.fallback;
  const list = reader.peek(layers.list) ?? null;
  if (list === null) return windows.map((_, layer) => (layer + 1) % period !== 0);
  const isGood = Array.isArray(list) && list.length >= windows.length && list.every((one) => [0, 1].includes(one));
  if (!isGood) reader.invalid(layers.list, list, `0 or 1 for each of ${windows.length} layers`);
  return windows.map((_, layer) => isGood && list[layer] === 1);
}
