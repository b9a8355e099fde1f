// Compares the blocks that we write with those of ggml's own quantizers, which node-llama-cpp contains.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { dequantize } from "@lowrank/gguf";
import { type EncodableType, encodeValues } from "@lowrank/gguf/internal";
import { cacheFolder } from "@lowrank/testing/cache-folder";
import koffi from "koffi";
import { describe, expect, it } from "vitest";

const platform = `${process.platform}-${process.arch}`;
const bins = join(cacheFolder, "node-llama-cpp/node_modules/@node-llama-cpp", platform, "bins", platform);
const library = join(bins, "libggml-base.so");
const isThere = existsSync(library);
if (!isThere) console.info(`skipped: blocks of ggml's own – no ${library} (scripts/setup-node-llama-cpp.sh)`);

/** ggml's numbers of types. */
const types: readonly (readonly [EncodableType, number])[] = [
  ...([
    ["Q4_0", 2],
    ["Q4_1", 3],
    ["Q5_0", 6],
    ["Q5_1", 7],
    ["Q8_0", 8],
  ] as const),
  ...([
    ["Q4_K", 12],
    ["Q5_K", 13],
    ["Q6_K", 14],
  ] as const),
];

/** Numbers of many sizes, some of them far from their neighbours; zeros, and equal ones. */
function someNumbers(rows: number): Float32Array {
  let state = 1;
  const draw = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
  const numbers = new Float32Array(rows * 256).map((_, index) => {
    const size = 10 ** (((index >> 10) % 6) - 4) * (draw() < 0.01 ? 20 : 1);
    return size * (draw() + draw() + draw() - 1.5);
  });
  numbers.fill(0, 0, 512);
  return numbers.fill(0.3, 512, 1024);
}

describe.skipIf(!isThere)("encodeValues", () => {
  it.each(types)("equals ggml's numbers in %s", (type, id) => {
    const quantize = koffi
      .load(library)
      .func(
        "size_t ggml_quantize_chunk(int type, const float* from, _Out_ uint8_t* to, int64_t first, int64_t rows, int64_t columns, void* importance)",
      );
    const rows = 512;
    const numbers = someNumbers(rows);
    const own = encodeValues(numbers, type);
    const theirs = new Uint8Array(own.length);
    expect(Number(quantize(id, numbers, theirs, 0, rows, 256, null))).toBe(own.length);
    // Of a block whose scale rounds to 0, ggml keeps codes that no longer count.
    const expected = dequantize(theirs, type, numbers.length);
    expect(dequantize(own, type, numbers.length).every((value, index) => value === expected[index])).toBe(true);
  });
});
