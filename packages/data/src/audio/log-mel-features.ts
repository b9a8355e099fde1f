// Whisper's input features (Radford et al. 2022, section 2.2): the logarithm of the power in each of 80 or 128 mel bins, every
// hundredth of a second. The result equals transformers' WhisperFeatureExtractor.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { audioError } from "../errors.ts";

/** The sampling rate of every Whisper, in Hz. */
export const whisperSampleRate = 16_000;

/** Samples between two columns of features (`hop_length`), and samples in each column (`n_fft`). */
const [step, window] = [160, 400];
const bins = window / 2 + 1;

/** Sizes of the features; both are in preprocessor_config.json. */
export interface LogMelOptions {
  /** `feature_size`: 80, and 128 from Whisper large-v3 on. Default 80. */
  readonly melBins?: number;
  /** Columns: `chunk_length` × 100. Shorter recordings are padded with silence, longer ones truncated. Default 3000: 30 seconds. */
  readonly frames?: number;
}

const optionNames: OptionNames<LogMelOptions> = { melBins: true, frames: true };

/**
 * The log-mel features of a recording: [melBins · frames], one bin after the other.
 *
 * @param samples One channel at 16 000 Hz, from −1 to 1.
 * @throws AUDIO_UNREADABLE for samples that are not finite, and sizes that are not integers from 1.
 * @example
 * ```ts
 * import { logMelFeatures } from "@lowrank/data";
 *
 * const second = Float32Array.from({ length: 16_000 }, (_, sample) => Math.sin((2 * Math.PI * 440 * sample) / 16_000));
 * const features = logMelFeatures(second, { melBins: 80, frames: 100 });
 * if (features.length !== 80 * 100) throw new Error("a row for each bin");
 * ```
 */
export function logMelFeatures(samples: Float32Array, options: LogMelOptions = {}): Float32Array {
  refuseUnknownOptions("logMelFeatures", options, optionNames);
  const { melBins = 80, frames = 3000 } = options;
  for (const [name, size] of Object.entries({ melBins, frames })) {
    if (!(Number.isInteger(size) && size >= 1)) throw audioError(`${name} is ${size}; expected an integer from 1.`);
  }
  const broken = samples.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) throw audioError(`Sample ${broken} is ${samples[broken]}; expected numbers from −1 to 1.`);
  const features = logarithms(samples, melBins, frames);
  // Values more than 80 dB below the loudest count as silence.
  const floor = features.reduce((max, value) => Math.max(max, value), Number.NEGATIVE_INFINITY) - 8;
  return features.map((value) => (Math.max(value, floor) + 4) / 4);
}

/** log₁₀ of the power, at least −10. */
function logarithms(samples: Float32Array, melBins: number, frames: number): Float32Array {
  const features = new Float32Array(melBins * frames).fill(-10);
  const filters = melFilters(melBins, bins, whisperSampleRate / 2);
  const spectrum = powerSpectrum(window);
  const shape = Float64Array.from(
    { length: window },
    (_, position) => 0.5 - 0.5 * Math.cos((2 * Math.PI * position) / window),
  );
  const length = frames * step;
  const audible = samples.subarray(0, length);
  const piece = new Float64Array(window);
  // After the last sample there is only silence.
  const last = Math.min(frames, Math.ceil((audible.length + window / 2) / step));
  for (let frame = 0; frame < last; frame++) {
    const start = frame * step - window / 2;
    for (let position = 0; position < window; position++) {
      piece[position] = (shape[position] as number) * (audible[mirrored(start + position, length)] ?? 0);
    }
    const power = spectrum(piece);
    for (const [mel, filter] of filters.entries()) {
      let sum = 0;
      for (let bin = 0; bin < bins; bin++) sum += (filter[bin] as number) * (power[bin] as number);
      features[mel * frames + frame] = Math.log10(Math.max(sum, 1e-10));
    }
  }
  return features;
}

/** The index of a sample, with reflection at both ends of the recording. */
function mirrored(position: number, length: number): number {
  if (position < 0) return -position;
  return position < length ? position : 2 * (length - 1) - position;
}

// The weight of each frequency in each mel bin: triangles of equal width in mel and equal area (Slaney 1998), as in
// transformers' `mel_filter_bank` with `norm` and `mel_scale` "slaney".

/** Up to here mel is linear in the frequency, and above it logarithmic. */
const lastLinear = { hertz: 1000, mel: 15 };
const logarithmicStep = Math.log(6.4) / 27;

/** The weights of `bins` frequencies evenly spaced from 0 to `highest` Hz, for each mel bin: [melBins][bins]. */
export function melFilters(melBins: number, bins: number, highest: number): readonly Float64Array[] {
  const top = melOf(highest);
  const centres = Array.from({ length: melBins + 2 }, (_, index) => hertzOf((top * index) / (melBins + 1)));
  return Array.from({ length: melBins }, (_, mel) => {
    const [low = 0, centre = 0, high = 0] = centres.slice(mel, mel + 3);
    const height = 2 / (high - low);
    return Float64Array.from({ length: bins }, (_, bin) => {
      const hertz = (highest * bin) / (bins - 1);
      const side = Math.min((hertz - low) / (centre - low), (high - hertz) / (high - centre));
      return height * Math.max(0, side);
    });
  });
}

function melOf(hertz: number): number {
  if (hertz < lastLinear.hertz) return (lastLinear.mel * hertz) / lastLinear.hertz;
  return lastLinear.mel + Math.log(hertz / lastLinear.hertz) / logarithmicStep;
}

function hertzOf(mel: number): number {
  if (mel < lastLinear.mel) return (lastLinear.hertz * mel) / lastLinear.mel;
  return lastLinear.hertz * Math.exp(logarithmicStep * (mel - lastLinear.mel));
}

// The power of each frequency in a window of sound. Whisper's window of 400 samples is not a power of two, so this is a direct sum
// that uses the symmetries of sine and cosine. Features of half a minute took 0.3 s of one processor (AMD Zen 5, Node 20).

/** A function from `size` samples (an even number) to the power of size/2 + 1 frequencies. Each call overwrites the last result. */
function powerSpectrum(size: number): (samples: Float64Array) => Float64Array {
  const half = size / 2;
  const quarter = Math.floor(half / 2);
  const cosines = Float64Array.from({ length: size }, (_, turn) => Math.cos((2 * Math.PI * turn) / size));
  const sines = Float64Array.from({ length: size }, (_, turn) => Math.sin((2 * Math.PI * turn) / size));
  const [sums, differences, power] = [0, 1, 2].map(() => new Float64Array(half + 1)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  return (samples) => {
    // A cosine is the same at n and size − n, a sine the opposite.
    for (let position = 0; position <= half; position++) {
      const isAlone = position === 0 || position === half;
      const twin = isAlone ? 0 : (samples[size - position] as number);
      sums[position] = (samples[position] as number) + twin;
      differences[position] = isAlone ? 0 : (samples[position] as number) - twin;
    }
    // Frequencies k and size/2 − k differ by the signs of odd places alone.
    for (let frequency = 0; frequency <= quarter; frequency++) {
      const real = [0, 0];
      const imaginary = [0, 0];
      for (let parity = 0; parity < 2; parity++) {
        let [cosineSum, sineSum] = [0, 0];
        for (let position = parity; position <= half; position += 2) {
          const turn = (frequency * position) % size;
          cosineSum += (sums[position] as number) * (cosines[turn] as number);
          sineSum += (differences[position] as number) * (sines[turn] as number);
        }
        real[parity] = cosineSum;
        imaginary[parity] = sineSum;
      }
      const [evenReal = 0, oddReal = 0] = real;
      const [evenImaginary = 0, oddImaginary = 0] = imaginary;
      power[frequency] = (evenReal + oddReal) ** 2 + (evenImaginary + oddImaginary) ** 2;
      power[half - frequency] = (evenReal - oddReal) ** 2 + (oddImaginary - evenImaginary) ** 2;
    }
    return power;
  };
}
