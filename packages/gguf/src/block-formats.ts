// The quantised types that can be computed with: a row each, in one file for each kind.

import type { BlockFormat, BlockFormats } from "./formats/block-format.ts";
import { kQuantFormats } from "./formats/k-quants.ts";
import { legacyFormats } from "./formats/legacy.ts";
import { ternaryFormats } from "./formats/ternary.ts";
import { unevenFormats } from "./formats/uneven-levels.ts";

const formats: ReadonlyMap<string, BlockFormat> = new Map(
  Object.entries({ ...legacyFormats, ...kQuantFormats, ...unevenFormats, ...ternaryFormats }),
);

/** Types whose tables are loaded when a file has them: 12 kB that most never need. */
export const gridTypes: readonly string[] = ["IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S"];

/** Names of all quantised types. */
export const blockTypes: readonly string[] = [...formats.keys(), ...gridTypes];

/** The format of a type that needs no tables. */
export function blockFormatOf(type: string): BlockFormat | undefined {
  return formats.get(type);
}

let gridFormats: Promise<BlockFormats> | undefined;

/** The format of a type, whose tables are loaded if it needs some. */
export async function loadBlockFormat(type: string): Promise<BlockFormat | undefined> {
  if (!gridTypes.includes(type)) return formats.get(type);
  gridFormats ??= import("./formats/grids/grid-formats.ts").then(({ makeGridFormats }) => makeGridFormats());
  return (await gridFormats)[type];
}
