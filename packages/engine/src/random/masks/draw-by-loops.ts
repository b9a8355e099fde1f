// A segment of a mask drawn by loops: if WebAssembly has no vectors, and for comparison with the kernel that uses them.

import { threefry } from "../threefry.ts";
import { bytesPerStep, firstCounter, maskStream, type Segment, segmentSize } from "./segments.ts";

const state = new Uint32Array(32);
const drawn = new Uint32Array(bytesPerStep / 4);
const drawnBytes = new Uint8Array(drawn.buffer);
const drawnHalves = new Uint16Array(drawn.buffer);

/** Writes a segment's decisions: 255 keeps an entry, 0 drops it. */
export function drawByLoops(target: Uint8Array, segment: Segment): void {
  const { threshold, bits } = segment.plan;
  const numbers = bits === 8 ? drawnBytes : drawnHalves;
  const size = segmentSize(segment.plan);
  seed(segment);
  for (let at = 0; at < size; at += numbers.length) {
    stepGenerators(state, drawn);
    for (let position = 0; position < numbers.length; position++)
      target[at + position] = (numbers[position] ?? 0) < threshold ? 0 : 255;
  }
}

/** For each half of the generators a row of four for each word of their state. */
function seed(segment: Segment): void {
  const first = firstCounter(segment);
  for (let position = 0; position < 16; position++) {
    const row = 8 * (position >> 2) + (position & 3);
    const [even, odd] = threefry(segment.words, [first + position, maskStream]);
    state[row] = even;
    state[row + 4] = odd;
  }
}

/** One step of xoshiro128++, as its authors wrote it, for each of eight generators: their next numbers are in `drawn`. */
export function stepGenerators(state: Uint32Array, drawn: Uint32Array): void {
  for (let generator = 0; generator < 8; generator++) {
    const at = 16 * (generator >> 2) + (generator & 3);
    const [a, b, c, d] = [state[at] ?? 0, state[at + 4] ?? 0, state[at + 8] ?? 0, state[at + 12] ?? 0];
    drawn[generator] = rotate((a + d) | 0, 7) + a;
    const [nextC, nextD] = [c ^ a, d ^ b];
    state[at + 4] = b ^ nextC;
    state[at] = a ^ nextD;
    state[at + 8] = nextC ^ (b << 9);
    state[at + 12] = rotate(nextD, 11);
  }
}

function rotate(word: number, count: number): number {
  return (word << count) | (word >>> (32 - count));
}
