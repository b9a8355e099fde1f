import { describe, expect, it } from "vitest";
import { dequantize } from "../dequantize.ts";
import { openGguf } from "../open.ts";
import { sourceOf } from "../test-files/build-gguf.ts";
import { encodeValues } from "./encode-blocks.ts";
import {
  ggufChunks,
  ggufPieces,
  layoutGguf,
  type StreamedGgufTensor,
  type WritableTensor,
  type WritableValue,
} from "./write.ts";

const values = Float32Array.from({ length: 96 }, (_, index) => Math.sin(index * 12.9898) * 3);

async function written(
  metadata: ReadonlyMap<string, WritableValue>,
  tensors: ReadonlyMap<string, WritableTensor>,
): ReturnType<typeof openGguf> {
  return openGguf(sourceOf(Buffer.concat(ggufPieces(metadata, tensors))));
}

describe("ggufPieces", () => {
  it("is read back as it was given", async () => {
    const metadata = new Map<string, WritableValue>([
      ["general.architecture", { type: "string", value: "llama" }],
      ["flag", { type: "bool", value: true }],
      ["alpha", { type: "float32", value: 0.5 }],
      ["count", { type: "uint64", value: 2 ** 40 }],
      ["ids", { type: "array", of: "uint32", value: [1, 2, 3] }],
      ["words", { type: "array", of: "string", value: ["ä", ""] }],
    ]);
    const tensors = new Map<string, WritableTensor>([
      ["a", { type: "F32", shape: [1, 3], bytes: encodeValues(values.subarray(0, 3), "F32") }],
      ["b", { type: "Q8_0", shape: [3, 32], bytes: encodeValues(values, "Q8_0") }],
    ]);
    const file = await written(metadata, tensors);
    expect([...file.metadata.values()]).toEqual(["llama", true, 0.5, 2 ** 40, [1, 2, 3], ["ä", ""]]);
    expect(file.tensors.get("b")?.shape).toEqual([3, 32]);
    expect([...(await file.readFloat32("a"))]).toEqual([...values.subarray(0, 3)]);
  });

  it("places tensors beyond 2³² bytes, where they are found", async () => {
    const outline = { type: "BF16", shape: [2 ** 16, 2 ** 15] } as const;
    const { head, size } = layoutGguf(new Map(), new Map([...["a", "b", "c"].map((name) => [name, outline] as const)]));
    // A file of zeros behind its head.
    const read = async (offset: number, length: number) => {
      const bytes = new Uint8Array(length);
      bytes.set(head.subarray(offset, offset + length));
      return bytes;
    };
    const file = await openGguf({ ...sourceOf(head), size, read });
    expect(file.tensors.get("c")?.offset).toBe(head.length + 2 ** 33);
    expect(size).toBe(head.length + 3 * 2 ** 32);
  });

  it("refuses names that llama.cpp would cut, and bytes that are not those of the shape", () => {
    const bytes = encodeValues(values.subarray(0, 4), "F16");
    const long = new Map([["x".repeat(64), { type: "F16", shape: [4], bytes }]]);
    expect(() => ggufPieces(new Map(), long)).toThrow(/longer than 63 bytes/);
    const other = new Map([["x", { type: "F16", shape: [5], bytes }]]);
    expect(() => ggufPieces(new Map(), other)).toThrow(/has 8 bytes; its type and shape need 10/);
  });
});

describe("ggufChunks", () => {
  const metadata = new Map<string, WritableValue>([["general.architecture", { type: "string", value: "llama" }]]);
  const bytes = encodeValues(values, "Q4_0"); // 54: no multiple of 32
  const streamed = (pieces: readonly Uint8Array[]): StreamedGgufTensor => {
    return { type: "Q4_0", shape: [3, 32], pieces: () => pieces };
  };
  const tensors = new Map([
    ["a", streamed([bytes.subarray(0, 18), bytes.subarray(18)])],
    ["b", streamed([bytes])],
  ]);
  const whole = Buffer.concat(
    ggufPieces(metadata, new Map(["a", "b"].map((name) => [name, { type: "Q4_0", shape: [3, 32], bytes }]))),
  );

  it("equals the file from ggufPieces, from any byte on", async () => {
    for (let from = 0; from <= whole.length; from += 7) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of ggufChunks(metadata, tensors, from)) chunks.push(chunk);
      expect(Buffer.concat(chunks).equals(whole.subarray(from))).toBe(true);
    }
  });

  it("refuses a tensor whose pieces are too few or too many", async () => {
    for (const pieces of [[bytes.subarray(1)], [bytes, bytes]]) {
      const run = async () => {
        for await (const _ of ggufChunks(metadata, new Map([["a", streamed(pieces)]])));
      };
      await expect(run()).rejects.toThrow(/its type and shape need 54/);
    }
  });
});

describe("readStoredMetadata", () => {
  it("writes values of another file with the same types", async () => {
    const metadata = new Map<string, WritableValue>([
      ["rate", { type: "float32", value: 10_000 }], // a whole number of a type that holds fractions
      ["words", { type: "array", of: "string", value: ["ä", ""] }],
      ["count", { type: "uint64", value: 7 }],
    ]);
    const stored = await (await written(metadata, new Map())).readStoredMetadata();
    expect(Buffer.concat(ggufPieces(stored, new Map()))).toEqual(Buffer.concat(ggufPieces(metadata, new Map())));
  });
});

describe("encodeValues", () => {
  // Largest error of a number, by its block's largest: half a step, and what scales lose in 6 bits of two kinds.
  it.each([
    ["Q8_0", 0.006],
    ["Q6_K", 0.06],
    ["Q5_K", 0.06],
    ["Q5_1", 0.04],
    ["Q5_0", 0.07],
    ["Q4_K", 0.11],
    ["Q4_1", 0.07],
    ["Q4_0", 0.13],
  ] as const)("loses little in %s, and nothing of zeros", (type, max) => {
    const wide = Float32Array.from({ length: 1024 }, (_, index) => Math.sin(index * 12.9898) * 3);
    const back = dequantize(encodeValues(wide, type), type, 1024);
    expect(Math.max(...back.map((value, index) => Math.abs(value - wide[index]!)))).toBeLessThan(3 * max);
    expect(dequantize(encodeValues(new Float32Array(256), type), type, 256).every((value) => value === 0)).toBe(true);
    expect(() => encodeValues(wide.subarray(0, 33), type)).toThrow(/whole blocks/);
  });

  it("rounds to the nearest level of Q8_0, and keeps zeros", () => {
    const back = dequantize(encodeValues(values, "Q8_0"), "Q8_0", 96);
    for (let block = 0; block < 3; block += 1) {
      const own = values.subarray(block * 32, block * 32 + 32);
      const step = Math.max(...own.map(Math.abs)) / 127;
      // Half a step, and the scale's own rounding to F16.
      own.forEach((value, index) => {
        expect(Math.abs(back[block * 32 + index]! - value)).toBeLessThan(0.5 * step + 127 * step * 2 ** -11);
      });
    }
    expect([...dequantize(encodeValues(new Float32Array(32), "Q8_0"), "Q8_0", 32)]).toEqual(new Array(32).fill(0));
    expect(() => encodeValues(values.subarray(0, 33), "Q8_0")).toThrow(/whole blocks of 32/);
  });

  it("equals gguf-py's bytes", () => {
    // gguf.quants.quantize(np.float32([0.5, -1.27, 1.27, 0.005, …0]), GGMLQuantizationType.Q8_0)
    const given = new Float32Array(32);
    given.set([0.5, -1.27, 1.27, 0.005, -0.015]);
    const bytes = encodeValues(given, "Q8_0");
    expect(Buffer.from(bytes.subarray(0, 8)).toString("hex")).toBe("1f2132817f01fe00");
  });
});
