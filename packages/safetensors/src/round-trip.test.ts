// Whatever is written can be read, and is what was written: checked with made-up files rather than chosen ones.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesSource } from "./byte-source.ts";
import { bitsOf, dtypes } from "./dtypes.ts";
import { SafetensorsError } from "./errors.ts";
import { decodeToFloat32 } from "./numbers/decode.ts";
import { encodeFloat32, type TensorData } from "./numbers/encode.ts";
import { openSafetensors } from "./reading/open.ts";
import { parseSafetensors } from "./reading/parse.ts";
import { serializeSafetensors } from "./writing/write.ts";

/** A tensor of any type, of rank 0 to 4, also with axes of length 0, whose bits fill whole bytes. */
const tensor: fc.Arbitrary<TensorData> = fc
  .record({ dtype: fc.constantFrom(...dtypes), shape: fc.array(fc.nat({ max: 4 }), { maxLength: 4 }) })
  .map(({ dtype, shape }) => ({
    dtype,
    shape,
    bits: shape.reduce((product, size) => product * size, 1) * bitsOf(dtype),
  }))
  .filter(({ bits }) => bits % 8 === 0)
  .chain(({ dtype, shape, bits }) =>
    fc.uint8Array({ minLength: bits / 8, maxLength: bits / 8 }).map((data): TensorData => ({ dtype, shape, data })),
  );

const text = fc.string({ unit: "grapheme", maxLength: 12 });
const name = fc
  .oneof(text, fc.constantFrom("__proto__", "constructor", "", "a.b/c", "\u0000"))
  .filter((it) => it !== "__metadata__");
const tensors = fc.array(fc.tuple(name, tensor), { maxLength: 8 }).map((entries) => new Map(entries));
const metadata = fc.option(
  fc.array(fc.tuple(text, text), { maxLength: 4 }).map((entries) => new Map(entries)),
  { nil: undefined },
);

describe("a file made of any tensors", () => {
  it("reads back as it was, with every tensor aligned to its elements", () => {
    fc.assert(
      fc.property(tensors, metadata, (given, notes) => {
        const file = parseSafetensors(serializeSafetensors(given, notes));
        expect(file.metadata).toEqual(notes ?? new Map());
        expect(new Set(file.tensors.keys())).toEqual(new Set(given.keys()));
        for (const [key, { dtype, shape, data }] of given) {
          expect(file.tensors.get(key)).toMatchObject({ dtype, shape });
          expect(file.bytes(key)).toEqual(data);
          expect((file.dataStart + (file.tensors.get(key)?.begin ?? 0)) % Math.ceil(bitsOf(dtype) / 8)).toBe(0);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("has the same bytes when written again", () => {
    fc.assert(
      fc.property(tensors, metadata, (given, notes) => {
        const bytes = serializeSafetensors(given, notes);
        const file = parseSafetensors(bytes);
        const again = Array.from(
          file.tensors,
          ([key, { dtype, shape }]) => [key, { dtype, shape, data: file.bytes(key) }] as const,
        );
        expect(serializeSafetensors(new Map(again), notes)).toEqual(bytes);
      }),
      { numRuns: 300 },
    );
  });

  it("reads the same in ranges as whole", async () => {
    await fc.assert(
      fc.asyncProperty(tensors, async (given) => {
        const file = await openSafetensors(bytesSource(serializeSafetensors(given)));
        for (const [key, { data }] of given) expect(await file.readBytes(key)).toEqual(data);
      }),
      { numRuns: 200 },
    );
  });

  it("with bytes changed, cut or added throws a SafetensorsError or is another valid file", () => {
    const change = fc.record({ at: fc.nat(), value: fc.nat({ max: 255 }) });
    fc.assert(
      fc.property(
        tensors,
        fc.array(change, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: -3, max: 3 }),
        (given, changes, growth) => {
          const whole = serializeSafetensors(given);
          const bytes = new Uint8Array(whole.length + growth);
          bytes.set(whole.subarray(0, bytes.length));
          for (const { at, value } of changes) bytes[at % bytes.length] = value;
          try {
            const file = parseSafetensors(bytes);
            for (const key of file.tensors.keys()) file.bytes(key);
          } catch (error) {
            expect(error).toBeInstanceOf(SafetensorsError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("a list of numbers", () => {
  it("is the same within half a unit of the last place after F16 and BF16", () => {
    const numbers = fc.float32Array({ noNaN: true, noDefaultInfinity: true, min: -60_000, max: 60_000, maxLength: 20 });
    fc.assert(
      fc.property(numbers, fc.constantFrom("F16" as const, "BF16" as const), (values, dtype) => {
        const back = decodeToFloat32(encodeFloat32(values, dtype), dtype);
        const [precision, smallest] = dtype === "F16" ? [2 ** -11, 2 ** -25] : [2 ** -8, 2 ** -134];
        for (const [index, value] of values.entries()) {
          const allowed = Math.max(Math.abs(value) * precision, smallest);
          expect(Math.abs((back[index] ?? 0) - value)).toBeLessThanOrEqual(allowed);
        }
      }),
      { numRuns: 500 },
    );
  });
});
