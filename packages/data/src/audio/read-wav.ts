// Reads the samples of a WAV file: RIFF with integers of 8 to 32 bits, or floats. Decode other formats with a browser's
// `decodeAudioData` or ffmpeg first.

import { audioError } from "../errors.ts";

/** A sound as numbers. */
export interface Sound {
  /** The mean of all channels, from −1 to 1. */
  readonly samples: Float32Array;
  /** Samples a second. */
  readonly sampleRate: number;
}

/** Limits of the samples per second. Recordings of bats have the highest rates. */
const [lowestRate, highestRate] = [1000, 1_000_000];

interface Format {
  readonly isFloat: boolean;
  readonly channels: number;
  readonly sampleRate: number;
  readonly bits: number;
}

/**
 * Reads a WAV file. Whisper needs 16 000 samples a second: convert others first
 * (`ffmpeg -i in.mp3 -ar 16000 -ac 1 out.wav`).
 *
 * @throws AUDIO_UNREADABLE for other files, kinds of samples and files that end too early.
 * @example
 * ```ts
 * import { readFile } from "node:fs/promises";
 * import { logMelFeatures, readWav } from "@lowrank/data";
 *
 * export async function featuresOf(path: string): Promise<Float32Array> {
 *   const { samples, sampleRate } = readWav(await readFile(path));
 *   if (sampleRate !== 16_000) throw new Error(`${path} has ${sampleRate} samples a second`);
 *   return logMelFeatures(samples);
 * }
 * ```
 */
export function readWav(bytes: Uint8Array): Sound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || nameAt(view, 0) !== "RIFF" || nameAt(view, 8) !== "WAVE") {
    throw audioError('This is not a WAV file: expected "RIFF", a size and "WAVE" at its start.');
  }
  let format: Format | undefined;
  for (let offset = 12; offset + 8 <= bytes.length; ) {
    const [name, size] = [nameAt(view, offset), view.getUint32(offset + 4, true)];
    const start = offset + 8;
    if (name === "fmt ") format = readFormat(view, start, size);
    // A recorder that was stopped leaves a size of 0 or beyond the end.
    if (name === "data" && format !== undefined) {
      return { samples: monoSamples(view, start, size || bytes.length, format), sampleRate: format.sampleRate };
    }
    offset = start + size + (size % 2);
  }
  throw audioError(`The WAV file has no ${format === undefined ? '"fmt "' : '"data"'} chunk.`);
}

function nameAt(view: DataView, offset: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((index) => view.getUint8(offset + index)));
}

function readFormat(view: DataView, start: number, size: number): Format {
  if (size < 16 || start + size > view.byteLength) throw audioError('The "fmt " chunk of the WAV file is cut off.');
  const formatCode = view.getUint16(start, true);
  // 0xfffe: the kind follows further on.
  const kind = formatCode === 0xfffe && size >= 26 ? view.getUint16(start + 24, true) : formatCode;
  const [channels, bits] = [view.getUint16(start + 2, true), view.getUint16(start + 14, true)];
  const isKnown = kind === 1 ? [8, 16, 24, 32].includes(bits) : kind === 3 && [32, 64].includes(bits);
  if (!isKnown || channels === 0) {
    const expected = "expected format 1 with 8, 16, 24 or 32 bits or format 3 with 32 or 64, and at least 1 channel";
    throw audioError(
      `The WAV file has samples of format ${kind} with ${bits} bits in ${channels} channels; ${expected}.`,
    );
  }
  const sampleRate = view.getUint32(start + 4, true);
  if (sampleRate < lowestRate || sampleRate > highestRate) {
    const expected = `expected ${lowestRate} to ${highestRate}. Convert it with ffmpeg -i in.wav -ar 16000 out.wav`;
    throw audioError(`The WAV file has a sample rate of ${sampleRate}; ${expected}.`);
  }
  return { isFloat: kind === 3, channels, sampleRate, bits };
}

function monoSamples(view: DataView, start: number, size: number, format: Format): Float32Array {
  const { channels, bits } = format;
  const width = bits / 8;
  const count = Math.floor(Math.min(size, view.byteLength - start) / (width * channels));
  const read = sampleReader(view, format);
  return Float32Array.from({ length: count }, (_, sample) => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += read(start + (sample * channels + channel) * width);
    return sum / channels;
  });
}

function sampleReader(view: DataView, { isFloat, bits }: Format): (offset: number) => number {
  if (isFloat)
    return bits === 32 ? (offset) => view.getFloat32(offset, true) : (offset) => view.getFloat64(offset, true);
  if (bits === 8) return (offset) => (view.getUint8(offset) - 128) / 128;
  if (bits === 16) return (offset) => view.getInt16(offset, true) / 2 ** 15;
  if (bits === 32) return (offset) => view.getInt32(offset, true) / 2 ** 31;
  return (offset) => (view.getUint16(offset, true) + view.getInt8(offset + 2) * 2 ** 16) / 2 ** 23;
}

/** A recording: a WAV file's name, its bytes, or its samples. */
export type AudioInput = string | Uint8Array | Blob | Sound;
