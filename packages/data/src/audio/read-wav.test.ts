import { describe, expect, it } from "vitest";

import { readWav } from "./read-wav.ts";

interface Recording {
  readonly kind?: number;
  readonly bits: number;
  readonly channels?: number;
  readonly data: Uint8Array;
  readonly sampleRate?: number;
  /** Chunks before the samples. */
  readonly before?: readonly number[];
}

const letters = (text: string) => [...text].map((letter) => letter.charCodeAt(0));
const little = (value: number, width: number) =>
  Array.from({ length: width }, (_, byte) => (value >>> (8 * byte)) & 255);

function wav({ kind = 1, bits, channels = 1, data, sampleRate = 16_000, before = [] }: Recording): Uint8Array {
  const frame = (channels * bits) / 8;
  const format = [kind, channels].flatMap((value) => little(value, 2));
  const rest = [...little(sampleRate, 4), ...little(sampleRate * frame, 4), ...little(frame, 2), ...little(bits, 2)];
  const head = [...letters("RIFF"), ...little(0, 4), ...letters("WAVEfmt "), ...little(16, 4), ...format, ...rest];
  return Uint8Array.of(...head, ...before, ...letters("data"), ...little(data.length, 4), ...data);
}

const bytes = (values: { readonly buffer: ArrayBufferLike }) => new Uint8Array(values.buffer);

describe("readWav", () => {
  it.each([
    [8, Uint8Array.of(0, 128, 192), [-1, 0, 0.5]],
    [16, bytes(Int16Array.of(-32_768, 0, 16_384)), [-1, 0, 0.5]],
    [24, Uint8Array.of(0, 0, 128, 0, 0, 0, 0, 0, 64), [-1, 0, 0.5]],
    [32, bytes(Int32Array.of(-(2 ** 31), 0, 2 ** 30)), [-1, 0, 0.5]],
  ])("reads whole numbers of %i bits", (bits, data, expected) => {
    expect(readWav(wav({ bits, data }))).toEqual({ samples: Float32Array.from(expected), sampleRate: 16_000 });
  });

  it("reads floats, averages channels and skips other chunks", () => {
    const data = bytes(Float32Array.of(0.5, -0.25, 1, 0));
    const before = [...letters("LIST"), ...little(3, 4), 1, 2, 3, 0];
    expect([...readWav(wav({ kind: 3, bits: 32, channels: 2, data, before })).samples]).toEqual([0.125, 0.5]);
  });

  it("reads the samples of a truncated file", () => {
    const whole = wav({ bits: 16, data: bytes(Int16Array.of(16_384, -16_384, 0)) });
    expect([...readWav(whole.subarray(0, whole.length - 3)).samples]).toEqual([0.5]);
  });

  it.each([
    [
      "another file",
      Uint8Array.of(...letters("ID3 and more bytes")),
      'This is not a WAV file: expected "RIFF", a size and',
    ],
    ["another kind", wav({ kind: 7, bits: 8, data: Uint8Array.of(1) }), "format 7 with 8 bits"],
    ["no samples", wav({ bits: 16, data: new Uint8Array() }).subarray(0, 36), 'no "data" chunk'],
    ["a rate that no recorder has", wav({ bits: 8, data: Uint8Array.of(1), sampleRate: 1 }), "a sample rate of 1;"],
    ["half a format", wav({ bits: 16, data: new Uint8Array() }).subarray(0, 24), "cut off"],
  ])("refuses %s", (_, file, message) => {
    expect(() => readWav(file)).toThrow(expect.objectContaining({ code: "AUDIO_UNREADABLE" }));
    expect(() => readWav(file)).toThrow(message);
  });
});
