// A hostile or damaged file causes a typed error, at once, and no allocation whose size is a number in the file.

import { LowrankError } from "@lowrank/contracts";
import { describe, expect, it } from "vitest";
import { GgufError, type GgufErrorCode } from "./errors.ts";
import { type GgufOptions, openGguf } from "./open.ts";
import {
  array,
  type BuiltTensor,
  type BuiltValue,
  buildGguf,
  join,
  sourceOf,
  text,
  u8,
  u32,
  u64Bytes,
} from "./test-files/build-gguf.ts";

const tensor = (change: Partial<BuiltTensor> = {}): BuiltTensor => ({
  name: "w",
  dimensions: [2],
  type: 0,
  data: new Uint8Array(8),
  ...change,
});
const withTensors = (...tensors: BuiltTensor[]) => buildGguf({ tensors });
const withValue = (value: BuiltValue, key = "key") => buildGguf({ metadata: [[key, value]] });
const valid = withTensors(tensor());
const huge = 2n ** 63n;

function nested(depth: number): BuiltValue {
  return depth === 0 ? u8(1) : array([nested(depth - 1)]);
}

type Row = [what: string, bytes: Uint8Array, code: GgufErrorCode, options?: GgufOptions];

const table: Row[] = [
  ["an empty file", new Uint8Array(), "GGUF_TRUNCATED"],
  ["three bytes", Uint8Array.of(0x47, 0x47, 0x55), "GGUF_TRUNCATED"],
  ["another magic", buildGguf({ magic: "GGML" }), "GGUF_NOT_GGUF"],
  ["a zip archive", buildGguf({ magic: "PK\u0003\u0004" }), "GGUF_NOT_GGUF"],
  ["version 0", buildGguf({ version: 0 }), "GGUF_VERSION_UNSUPPORTED"],
  ["version 1", buildGguf({ version: 1 }), "GGUF_VERSION_UNSUPPORTED"],
  ["version 4", buildGguf({ version: 4 }), "GGUF_VERSION_UNSUPPORTED"],
  ["a big-endian file", buildGguf({ version: 0x03000000 }), "GGUF_VERSION_UNSUPPORTED"],
  ["more tensors than bytes", buildGguf({ tensorCount: 2n ** 40n }), "GGUF_TRUNCATED"],
  ["2^64 - 1 tensors", buildGguf({ tensorCount: 2n ** 64n - 1n }), "GGUF_TRUNCATED"],
  ["more metadata than bytes", buildGguf({ metadataCount: 2n ** 40n }), "GGUF_TRUNCATED"],
  ["more tensors than allowed", withTensors(tensor(), tensor({ name: "v" })), "GGUF_LIMIT_EXCEEDED", { maxTensors: 1 }],
  ["more metadata than allowed", withValue(u8(1)), "GGUF_LIMIT_EXCEEDED", { maxMetadata: 0 }],
  [
    "arrays with more items together than allowed",
    withValue(array([array([u8(1), u8(2)]), array([u8(3), u8(4)])])),
    "GGUF_LIMIT_EXCEEDED",
    { maxItems: 5 },
  ],
  ["a header over the limit", withValue(text("x".repeat(500))), "GGUF_LIMIT_EXCEEDED", { maxHeaderBytes: 100 }],
  [
    "a key longer than the file",
    join([buildGguf({ metadataCount: 1n }).subarray(0, 24), u64Bytes(huge), u64Bytes(0n), u64Bytes(0n)]),
    "GGUF_TRUNCATED",
  ],
  ["a key that is no UTF-8", withBrokenKey(), "GGUF_METADATA_INVALID"],
  [
    "a key twice",
    buildGguf({
      metadata: [
        ["k", u8(1)],
        ["k", u8(1)],
      ],
    }),
    "GGUF_METADATA_INVALID",
  ],
  ["an unknown value type", withValue({ type: 13, bytes: new Uint8Array(8) }), "GGUF_METADATA_INVALID"],
  ["an array of unknown items", withValue(array([u8(1)], 99)), "GGUF_METADATA_INVALID"],
  ["an array longer than the file", withValue(array([u8(1)], 0, 2n ** 40n)), "GGUF_TRUNCATED"],
  ["an array of 2^63 strings", withValue(array([], 8, huge)), "GGUF_TRUNCATED"],
  [
    "an array over the limit",
    withValue({ type: 9, bytes: join([u32(0).bytes, u64Bytes(4_000_001n), new Uint8Array(4_000_001)]) }),
    "GGUF_LIMIT_EXCEEDED",
  ],
  ["arrays nested five deep", withValue(nested(5)), "GGUF_METADATA_INVALID"],
  ["an array of arrays that promise more of them", withValue(array([], 9, 1000n)), "GGUF_TRUNCATED"],
  ["a value cut off", withValue(text("abcdefgh")).subarray(0, 50), "GGUF_TRUNCATED"],
  ["alignment 0", withValue(u32(0), "general.alignment"), "GGUF_METADATA_INVALID"],
  ["alignment 48", withValue(u32(48), "general.alignment"), "GGUF_METADATA_INVALID"],
  ["alignment 2^31", withValue(u32(2 ** 31), "general.alignment"), "GGUF_METADATA_INVALID"],
  ["alignment in words", withValue(text("32"), "general.alignment"), "GGUF_METADATA_INVALID"],
  ["a tensor twice", withTensors(tensor(), tensor()), "GGUF_TENSOR_INVALID"],
  ["five dimensions", withTensors(tensor({ dimensions: [1, 1, 1, 1, 2] })), "GGUF_TENSOR_INVALID"],
  ["4 billion dimensions", withTensorRank(2 ** 32 - 1), "GGUF_TENSOR_INVALID"],
  ["an unknown tensor type", withTensors(tensor({ type: 4 })), "GGUF_TENSOR_INVALID"],
  ["a row of half a block", withTensors(tensor({ type: 8, dimensions: [16] })), "GGUF_TENSOR_INVALID"],
  [
    "rows of half a block that add up to whole ones",
    withTensors(tensor({ type: 8, dimensions: [16, 2], data: new Uint8Array(34) })),
    "GGUF_TENSOR_INVALID",
  ],
  ["a dimension of 2^63", withTensors(tensor({ dimensions: [huge] })), "GGUF_TENSOR_INVALID"],
  [
    "a product that wraps to 0 in 64 bits",
    withTensors(tensor({ dimensions: [65_536, 65_536, 65_536, 65_536] })),
    "GGUF_TENSOR_INVALID",
  ],
  [
    "a huge dimension beside a 0",
    withTensors(tensor({ dimensions: [huge, 0], data: new Uint8Array() })),
    "GGUF_TENSOR_INVALID",
  ],
  ["bytes beyond 2^53", withTensors(tensor({ dimensions: [2 ** 52] })), "GGUF_TENSOR_INVALID"],
  ["an offset that is not aligned", withTensors(tensor({ offset: 1n })), "GGUF_TENSOR_INVALID"],
  ["an offset past the end", withTensors(tensor({ offset: 32n })), "GGUF_TRUNCATED"],
  ["an offset of 2^63", withTensors(tensor({ offset: huge })), "GGUF_TRUNCATED"],
  ["a tensor that reaches past the end", withTensors(tensor({ dimensions: [9] })), "GGUF_TRUNCATED"],
  ["two tensors on the same bytes", withTensors(tensor(), tensor({ name: "v", offset: 0n })), "GGUF_TENSOR_INVALID"],
  [
    "tensors that overlap",
    withTensors(tensor({ dimensions: [10], data: new Uint8Array(40) }), tensor({ name: "v", offset: 32n })),
    "GGUF_TENSOR_INVALID",
  ],
];

function withBrokenKey(): Uint8Array {
  const bytes = withValue(u8(1), "k");
  bytes[32] = 0xff;
  return bytes;
}

function withTensorRank(rank: number): Uint8Array {
  const bytes = Uint8Array.from(valid);
  new DataView(bytes.buffer).setUint32(24 + 8 + 1, rank, true);
  return bytes;
}

describe("a malformed file", () => {
  it.each(table)("with %s is refused", async (_, bytes, code, options) => {
    const { error, milliseconds } = await refusal(bytes, options);
    expect(milliseconds).toBeLessThan(50);
    expect(error).toBeInstanceOf(GgufError);
    expect(error).toMatchObject({ code, file: "test.gguf" });
  });

  it("names a type that llama.cpp has dropped, and a similar one", async () => {
    const file = openGguf(sourceOf(withTensors(tensor({ type: 31 }))));
    await expect(file).rejects.toThrow(/"w" has the type 31 \(Q4_0_4_4, .*: Q4_0 with its rows interleaved\)/);
  });

  it("cut off anywhere causes a typed error", async () => {
    const whole = buildGguf({
      metadata: [
        ["general.architecture", text("llama")],
        ["list", array([text("a"), text("b")])],
      ],
      tensors: [tensor({ data: new Uint8Array(32), dimensions: [8] })],
    });
    for (let length = 0; length < whole.length; length += 1) {
      const error = await openGguf(sourceOf(whole.subarray(0, length))).catch((caught: unknown) => caught);
      expect(error, `${length} bytes`).toMatchObject({ code: "GGUF_TRUNCATED" });
    }
  });

  it("with any one byte changed opens or causes a typed error", async () => {
    const whole = buildGguf({ metadata: [["list", array([text("a"), text("b")])]], tensors: [tensor()] });
    for (let index = 0; index < whole.length; index += 1) {
      for (const change of [0x01, 0x80, 0xff]) {
        const bytes = Uint8Array.from(whole);
        bytes[index] = (bytes[index] ?? 0) ^ change;
        const outcome = await openGguf(sourceOf(bytes)).catch((caught: unknown) => caught);
        expect(outcome instanceof Error && !LowrankError.isInstance(outcome)).toBe(false);
      }
    }
  });

  it("keeps names like __proto__ as plain names", async () => {
    const file = await openGguf(sourceOf(withValue(u8(1), "__proto__")));
    expect(file.metadata.get("__proto__")).toBe(1);
    expect(Object.prototype).not.toHaveProperty("key");
  });
});

/** The error of opening, and the shortest of three times, since other programs run here too. */
async function refusal(bytes: Uint8Array, options?: GgufOptions) {
  let error: unknown;
  let milliseconds = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const started = performance.now();
    error = await openGguf(sourceOf(bytes), options).catch((caught: unknown) => caught);
    milliseconds = Math.min(milliseconds, performance.now() - started);
  }
  return { error, milliseconds };
}

it("a Git LFS pointer instead of a file is reported, with the next step", async () => {
  const bytes = new TextEncoder().encode(
    "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n",
  );
  const source = { name: "model.gguf", size: bytes.length, read: async () => bytes };
  await expect(openGguf(source)).rejects.toThrow(/model\.gguf: This is a Git LFS pointer.*git lfs pull/);
});
