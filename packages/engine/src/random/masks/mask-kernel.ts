// Masks with the vector instructions of WebAssembly. The module computes one segment at a time in a small memory of its own,
// which stays in the processor's first cache; engines may read the factors there.

import type { Words } from "../threefry.ts";
import { maskModule } from "./mask-module.ts";
import type { MaskPlan } from "./plan-mask.ts";
import { firstCounter, maskStream, type Segment, segmentSize } from "./segments.ts";

// Addresses: the generators' state, a segment of numbers, and the factors of the requested segments.
const numbersAt = 1024;
const largestSegment = 4096;
const factorsAt = numbersAt + 4 * largestSegment;
const pageBytes = 65_536;

let kernel: MaskKernel | undefined;
let isMissing = false;

/** Made on first use; undefined if WebAssembly or its vectors are missing or forbidden. */
export function maskKernel(): MaskKernel | undefined {
  if (kernel !== undefined || isMissing) return kernel;
  try {
    kernel = new MaskKernel();
  } catch {
    isMissing = true;
  }
  return kernel;
}

export class MaskKernel {
  readonly #memory = new WebAssembly.Memory({ initial: 1 });
  readonly #functions = maskModule(this.#memory);
  #floats = new Float32Array(this.#memory.buffer);
  /** Which mask's factors are in memory: a gradient reads the same ones several times. */
  #drawn = "";

  /** Factors of `count` entries from number `first` on, in this kernel's memory until the next call: to be read, not written. */
  factors(
    words: Words,
    plan: MaskPlan,
    { first, count }: { readonly first: number; readonly count: number },
  ): Float32Array {
    const size = segmentSize(plan);
    const [begin, end] = [Math.floor(first / size), Math.ceil((first + count) / size)];
    this.#reserve(factorsAt + 4 * size * (end - begin));
    const command = `${words} ${plan.bits} ${plan.threshold} ${begin} ${end}`;
    for (let number = begin; number < end && command !== this.#drawn; number++) {
      this.#draw(factorsAt + 4 * size * (number - begin), { words, plan, number }, size);
    }
    this.#drawn = command;
    const start = factorsAt / 4 + first - begin * size;
    return this.#floats.subarray(start, start + count);
  }

  /** target = source, entry by entry times the factors of a whole mask. */
  drop(target: Float32Array, source: Float32Array, { words, plan }: Pick<Segment, "words" | "plan">): void {
    const size = segmentSize(plan);
    this.#reserve(factorsAt + 4 * size);
    this.#drawn = "";
    const numbers = numbersAt / 4;
    for (let number = 0; number * size < source.length; number++) {
      const part = source.subarray(number * size, (number + 1) * size);
      this.#floats.set(part, numbers);
      this.#draw(factorsAt, { words, plan, number }, part.length);
      this.#functions.multiply(numbersAt, numbersAt + 4 * part.length, factorsAt);
      target.set(this.#floats.subarray(numbers, numbers + part.length), number * size);
    }
  }

  /** Writes the first `count` factors of a segment, and some more than that. */
  #draw(target: number, segment: Segment, count: number): void {
    const { words, plan } = segment;
    this.#functions.seed(words[0], words[1], firstCounter(segment), maskStream);
    const draw = plan.bits === 8 ? this.#functions.drawBytes : this.#functions.drawHalves;
    draw(target, target + 4 * count, plan.threshold, plan.factor);
  }

  #reserve(bytes: number): void {
    const missing = bytes - this.#memory.buffer.byteLength;
    if (missing <= 0) return;
    this.#memory.grow(Math.ceil(missing / pageBytes));
    this.#floats = new Float32Array(this.#memory.buffer);
  }
}
