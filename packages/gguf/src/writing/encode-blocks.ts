// float32 → tensors as stored. Source: ggml-quants.c, quantize_row_q8_0_ref; gguf-py, quants.py.

import { halfBits } from "@lowrank/contracts";
import { GgufError } from "../errors.ts";

type Encode = (values: Float32Array) => Uint8Array;

const encoders: ReadonlyMap<EncodableType, Encode> = new Map<EncodableType, Encode>([
  [
    "F32",
    (values) => littleEndian(values.length, 4, (view, index) => view.setFloat32(index * 4, values[index]!, true)),
  ],
  ["F16", (values) => halves(values, "f16")],
  ["BF16", (values) => halves(values, "bf16")],
  ["Q8_0", encodeQ8],
]);

/** Types that numbers can be written in. */
export type EncodableType = "F32" | "F16" | "BF16" | "Q8_0";

const q8Block = 32;

/**
 * The bytes of numbers in a type of GGUF: F16 and BF16 to the nearest, ties to even; Q8_0 as ggml rounds, bit for bit.
 *
 * @throws {GgufError} `GGUF_RANGE_INVALID` for Q8_0 where the numbers are no whole blocks of 32.
 *
 * @example
 * ```ts
 * import { dequantize, encodeValues } from "@lowrank/gguf";
 *
 * const bytes = encodeValues(Float32Array.of(1.5, -0.25), "F16");
 * if (String(dequantize(bytes, "F16", 2)) !== "1.5,-0.25") throw new Error("rounded");
 * ```
 */
export function encodeValues(values: Float32Array, type: EncodableType): Uint8Array {
  const encode = encoders.get(type);
  if (encode !== undefined) return encode(values);
  const problem = `Tensors of type ${String(type)} are not written; types are ${[...encoders.keys()].join(", ")}.`;
  throw new GgufError("GGUF_TYPE_UNSUPPORTED", problem);
}

function littleEndian(count: number, size: number, set: (view: DataView, index: number) => void): Uint8Array {
  const bytes = new Uint8Array(count * size);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < count; index += 1) set(view, index);
  return bytes;
}

function halves(values: Float32Array, kind: "f16" | "bf16"): Uint8Array {
  const bits = halfBits(values, kind);
  return littleEndian(bits.length, 2, (view, index) => view.setUint16(index * 2, bits[index]!, true));
}

/** Blocks of a scale in F16 and 32 signed bytes. */
function encodeQ8(values: Float32Array): Uint8Array {
  if (values.length % q8Block !== 0) {
    const problem = `Q8_0 takes whole blocks of ${q8Block} numbers; got ${values.length}.`;
    throw new GgufError("GGUF_RANGE_INVALID", problem);
  }
  const blocks = values.length / q8Block;
  const scales = new Float32Array(blocks);
  const bytes = new Uint8Array(blocks * (2 + q8Block));
  for (let block = 0; block < blocks; block += 1) {
    let largest = 0;
    for (let index = 0; index < q8Block; index += 1)
      largest = Math.max(largest, Math.abs(values[block * q8Block + index]!));
    const scale = Math.fround(largest / 127);
    scales[block] = scale;
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    for (let index = 0; index < q8Block; index += 1) {
      const quotient = Math.fround(values[block * q8Block + index]! * inverse);
      const code = Math.sign(quotient) * Math.floor(Math.abs(quotient) + 0.5); // half away from zero
      bytes[block * (2 + q8Block) + 2 + index] = code;
    }
  }
  const bits = halfBits(scales, "f16");
  const view = new DataView(bytes.buffer);
  for (let block = 0; block < blocks; block += 1) view.setUint16(block * (2 + q8Block), bits[block]!, true);
  return bytes;
}
