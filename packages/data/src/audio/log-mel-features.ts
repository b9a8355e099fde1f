// What Whisper hears (Radford et al. 2022, section 2.2): the logarithm of the power in each of 80 or 128 mel bins, every
// hundredth of a second, as transformers' WhisperFeatureExtractor computes it: three short files, which need no runtime for models.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts";
import { AudioError } from "../errors.ts";
import { melFilters } from "./mel-filters.ts";
import { powerSpectrum } from "./power-spectrum.ts";

/** The sampling rate of every Whisper, in Hz. */
export const whisperSampleRate = 16_000;

/** Samples from one column of features to the next, and in each. */
const [step, window] = [160, 400];
const bins = window / 2 + 1;

/** What the features are made for; preprocessor_config.json says both. */
export interface LogMelOptions {
  /** `feature_size`: 80, and 128 from Whisper large-v3 on. Default 80. */
  readonly melBins?: number;
  /** Columns: `chunk_length` × 100. Shorter sounds are padded with silence, longer ones cut. Default 3000: 30 seconds. */
  readonly frames?: number;
}

const optionNames: OptionNames<LogMelOptions> = { melBins: true, frames: true };

/**
 * A sound as a model that hears reads it: [melBins · frames], one bin after the other.
 *
 * @param samples One channel at 16 000 Hz, from −1 to 1.
 * @throws AudioError for samples that are not finite, and sizes that are no integers from 1.
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
    if (!(Number.isInteger(size) && size >= 1)) throw new AudioError(`${name} is ${size}; expected an integer from 1.`);
  }
  const broken = samples.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) throw new AudioError(`Sample ${broken} is ${samples[broken]}; expected numbers from −1 to 1.`);
  const features = logarithms(samples, melBins, frames);
  // What is 80 dB below the loudest counts as silence.
  const floor = features.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY) - 8;
  return features.map((value) => (Math.max(value, floor) + 4) / 4);
}

/** log₁₀ of the power, at least −10. */
function logarithms(samples: Float32Array, melBins: number, frames: number): Float32Array {
  const features = new Float32Array(melBins * frames).fill(-10);
  const filters = melFilters(melBins, bins, whisperSampleRate / 2);
  const spectrum = powerSpectrum(window);
  const shape = Float64Array.from(
    { length: window },
    (_, place) => 0.5 - 0.5 * Math.cos((2 * Math.PI * place) / window),
  );
  const length = frames * step;
  const heard = samples.subarray(0, length);
  const piece = new Float64Array(window);
  // Behind the last sample all is silence.
  const last = Math.min(frames, Math.ceil((heard.length + window / 2) / step));
  for (let frame = 0; frame < last; frame++) {
    const start = frame * step - window / 2;
    for (let place = 0; place < window; place++) {
      piece[place] = (shape[place] as number) * (heard[mirrored(start + place, length)] ?? 0);
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

/** Beyond both ends a sound goes on as in a mirror. */
function mirrored(place: number, length: number): number {
  if (place < 0) return -place;
  return place < length ? place : 2 * (length - 1) - place;
}
