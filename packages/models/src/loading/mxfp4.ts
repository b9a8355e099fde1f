// MXFP4 of the Open Compute Project's Microscaling Formats, as GPT-OSS's files have it: 32 numbers of 4 bits under a power of two,
// two in a byte, the first in the low bits.

import type { SourceTensor } from "./weight-source.ts";

const levels = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6];
const blockBytes = 16;

/** Of blocks [experts, rows, blocks, 16] and scales [experts, rows, blocks]: the stack [experts, columns, rows] that they hold. */
export function mxfp4Shape(blocks: SourceTensor, scales: SourceTensor): readonly [number, number, number] | undefined {
  const [experts = 0, rows = 0, groups = 0, bytes] = blocks.shape;
  const isMxfp4 = blocks.shape.length === 4 && bytes === blockBytes && blocks.dtype === "U8" && scales.dtype === "U8";
  if (!isMxfp4 || scales.shape.join() !== `${experts},${rows},${groups}`) return undefined;
  return [experts, 2 * blockBytes * groups, rows];
}

/** `bytes`: all blocks, from `scalesAt` on all scales. In the order of `shape`, which is the file's with its last axes exchanged. */
export function decodeMxfp4(
  bytes: Uint8Array,
  scalesAt: number,
  [experts, columns, rows]: readonly [number, number, number],
): Float32Array {
  const values = new Float32Array(experts * columns * rows);
  const groups = columns / (2 * blockBytes);
  for (let line = 0; line < experts * rows; line++) {
    const start = Math.floor(line / rows) * columns * rows + (line % rows);
    for (let group = 0; group < groups; group++) {
      const block = line * groups + group;
      const scale = 2 ** ((bytes[scalesAt + block] ?? 0) - 127);
      for (let place = 0; place < blockBytes; place++) {
        const byte = bytes[block * blockBytes + place] ?? 0;
        const column = (group * blockBytes + place) * 2;
        values[start + column * rows] = (levels[byte & 15] ?? 0) * scale;
        values[start + (column + 1) * rows] = (levels[byte >> 4] ?? 0) * scale;
      }
    }
  }
  return values;
}
