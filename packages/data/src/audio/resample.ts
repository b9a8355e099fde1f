// Changes the sampling rate with a windowed sinc, with the defaults of torchaudio's `resample`: a Hann window of six zero
// crossings, and a cutoff at 0.99 of the lower rate's highest frequency.

import { audioError } from "../errors.ts";
import type { Sound } from "./read-wav.ts";

const crossings = 6;
const rolloff = 0.99;
/** Maximum new samples for each old one, so that a small file cannot fill the memory. */
const maxRatio = 100;
/** Maximum size of the kernels, which are large for rates without a common divisor. */
const maxNumbers = 2 ** 24;

/**
 * The samples at another rate.
 *
 * @param sampleRate Samples a second to make, a whole number.
 * @throws AUDIO_UNREADABLE for rates that are no whole numbers from 1, have too little in common, or are more than 100 times the old one.
 */
export function resample({ samples, sampleRate: from }: Sound, sampleRate: number): Float32Array {
  for (const rate of [from, sampleRate]) {
    if (!(Number.isInteger(rate) && rate >= 1))
      throw audioError(`The sample rate is ${rate}; expected a whole number.`);
  }
  if (from === sampleRate) return samples;
  if (sampleRate > maxRatio * from) {
    throw audioError(`Cannot resample from ${from} to ${sampleRate} Hz, at most ${maxRatio} times as many.`);
  }
  const divisor = greatestDivisor(from, sampleRate);
  const [old, fresh] = [from / divisor, sampleRate / divisor];
  const kernels = kernelsOf(old, fresh);
  const count = Math.ceil((fresh * samples.length) / old);
  const reach = ((kernels[0]?.length ?? 0) - old) / 2;
  return Float32Array.from({ length: count }, (_, index) => {
    const kernel = kernels[index % fresh] as Float64Array;
    const start = Math.floor(index / fresh) * old - reach;
    let sum = 0;
    for (let tap = 0; tap < kernel.length; tap++) sum += (kernel[tap] as number) * (samples[start + tap] ?? 0);
    return sum;
  });
}

/** One kernel for each position of a new sample between old ones: [fresh][2 · reach + old]. */
function kernelsOf(old: number, fresh: number): readonly Float64Array[] {
  const rate = Math.min(old, fresh) * rolloff;
  const reach = Math.ceil((crossings * old) / rate);
  const length = 2 * reach + old;
  if (length * fresh > maxNumbers) {
    throw audioError(`Cannot resample ${old} to ${fresh}: the sample rates need a larger common divisor.`);
  }
  return Array.from({ length: fresh }, (_, phase) =>
    Float64Array.from({ length }, (_, tap) => {
      const exact = ((tap - reach) / old - phase / fresh) * rate;
      const time = Math.min(crossings, Math.max(-crossings, exact));
      const window = Math.cos((time * Math.PI) / crossings / 2) ** 2;
      const sinc = time === 0 ? 1 : Math.sin(time * Math.PI) / (time * Math.PI);
      return (sinc * window * rate) / old;
    }),
  );
}

function greatestDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestDivisor(other, one % other);
}
