import { describe, expect, it } from "vitest";
import { encodeNumbers, float32Tensor, numbersTensor, type TensorData } from "../numbers/encode.ts";
import { parseSafetensors } from "../reading/parse.ts";
import { join } from "../test-files/bytes.ts";
import { layoutSafetensors } from "./layout.ts";
import { type StreamedTensor, safetensorsChunks, serializeSafetensors, writeSafetensors } from "./write.ts";

const headerOf = (bytes: Uint8Array) =>
  new TextDecoder().decode(bytes.subarray(8, 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true))));

describe("serializeSafetensors", () => {
  it("writes the reference's bytes for a known file", () => {
    const tensors = new Map([["attention", numbersTensor("I32", [1, 2], [1, 2])]]);
    const header = '{"attention":{"dtype":"I32","shape":[1,2],"data_offsets":[0,8]}}';
    const expected = join(Uint8Array.of(64, 0, 0, 0, 0, 0, 0, 0), header, Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0));
    expect(serializeSafetensors(tensors)).toEqual(expected);
  });

  it("puts wide types first, then names in the order of their UTF-8 bytes", () => {
    const byte: TensorData = { dtype: "U8", shape: [1], data: Uint8Array.of(7) };
    const names = ["b", "a", "\uffee", "\u{1f600}", "ä"];
    const tensors = new Map<string, TensorData>([
      ...names.map((name) => [name, byte] as const),
      ["half", { dtype: "BF16", shape: [1], data: new Uint8Array(2) }],
      ["wide", { dtype: "I64", shape: [1], data: new Uint8Array(8) }],
      ["float", { dtype: "F32", shape: [1], data: new Uint8Array(4) }],
    ]);
    const order = [...parseSafetensors(serializeSafetensors(tensors)).tensors.keys()];
    expect(order).toEqual(["wide", "float", "half", "a", "b", "ä", "\uffee", "\u{1f600}"]);
  });

  it("writes the same bytes for any order of tensors and metadata", () => {
    const a = float32Tensor([1], Float32Array.of(1));
    const b = float32Tensor([2], Float32Array.of(2, 3));
    const one = serializeSafetensors(
      new Map([
        ["a", a],
        ["b", b],
      ]),
      new Map([
        ["x", "1"],
        ["y", "2"],
      ]),
    );
    const other = serializeSafetensors(
      new Map([
        ["b", b],
        ["a", a],
      ]),
      new Map([
        ["y", "2"],
        ["x", "1"],
      ]),
    );
    expect(one).toEqual(other);
  });

  it("pads the header with spaces so that the data starts at a multiple of 8", () => {
    for (const name of ["a", "ab", "abc", "abcd", "한"]) {
      const bytes = serializeSafetensors(new Map([[name, float32Tensor([1], Float32Array.of(1))]]));
      expect(headerOf(bytes)).toMatch(/\} *$/);
      expect(parseSafetensors(bytes).dataStart % 8).toBe(0);
    }
  });

  it("leaves metadata out if there is none, and writes an empty one if given", () => {
    expect(headerOf(serializeSafetensors(new Map())).trim()).toBe("{}");
    expect(headerOf(serializeSafetensors(new Map(), new Map())).trim()).toBe('{"__metadata__":{}}');
  });

  it("escapes names and metadata as JSON requires", () => {
    const name = 'quote " slash \\ line \n nul \0';
    const bytes = serializeSafetensors(
      new Map([[name, float32Tensor([1], Float32Array.of(1))]]),
      new Map([[name, name]]),
    );
    const file = parseSafetensors(bytes);
    expect([...file.tensors.keys(), ...file.metadata.keys(), ...file.metadata.values()]).toEqual([name, name, name]);
  });

  it.each<[string, string, TensorData, string]>([
    ["data of another length", "a", { dtype: "F32", shape: [2], data: new Uint8Array(4) }, "InvalidTensorView"],
    ["a tensor named __metadata__", "__metadata__", float32Tensor([0], new Float32Array()), "InvalidTensorName"],
    ["half a surrogate pair in a name", "\ud800", float32Tensor([0], new Float32Array()), "InvalidTensorName"],
    ["a negative dimension", "a", { dtype: "F32", shape: [-1, -1], data: new Uint8Array(4) }, "ValidationOverflow"],
    ["half a dimension", "a", { dtype: "F32", shape: [0.5], data: new Uint8Array(2) }, "ValidationOverflow"],
    ["half a byte", "a", { dtype: "F4", shape: [1], data: new Uint8Array(1) }, "MisalignedSlice"],
  ])("refuses %s", (_, name, tensor, code) => {
    expect(() => serializeSafetensors(new Map([[name, tensor]]))).toThrow(expect.objectContaining({ code }));
  });

  it("refuses metadata that is not valid Unicode", () => {
    expect(() => serializeSafetensors(new Map(), new Map([["a", "\udc00"]]))).toThrow(
      expect.objectContaining({ code: "InvalidHeader" }),
    );
  });
});

describe("layoutSafetensors", () => {
  it("knows the size of the whole file beforehand, also one of terabytes", () => {
    const layout = layoutSafetensors([
      { name: "a", dtype: "F32", shape: [2 ** 20, 2 ** 20] },
      { name: "b", dtype: "U8", shape: [3] },
    ]);
    expect(layout.size).toBe(layout.head.length + 2 ** 42 + 3);
    expect(layout.tensors.map(({ begin, end }) => [begin, end])).toEqual([
      [0, 2 ** 42],
      [2 ** 42, 2 ** 42 + 3],
    ]);
  });

  it("refuses a name that occurs twice", () => {
    const outline = { name: "a", dtype: "F32", shape: [1] } as const;
    expect(() => layoutSafetensors([outline, outline])).toThrow(expect.objectContaining({ code: "InvalidTensorName" }));
  });
});

describe("writeSafetensors", () => {
  const values = Float32Array.of(1, 2, 3, 4);
  const bytes = encodeNumbers(values, "F32");
  const streamed = (pieces: readonly Uint8Array[]): StreamedTensor => ({
    name: "w",
    dtype: "F32",
    shape: [4],
    pieces: () => pieces,
  });

  it("equals serializeSafetensors, from pieces of any size, which are made on demand", async () => {
    const asked: string[] = [];
    const lazily = (name: string, dtype: "F32" | "U8", data: Uint8Array): StreamedTensor => ({
      name,
      dtype,
      shape: [4],
      async *pieces() {
        asked.push(name);
        yield data.subarray(0, 1);
        yield new Uint8Array();
        yield data.subarray(1);
      },
    });
    const written: Uint8Array[] = [];
    const small = Uint8Array.of(5, 6, 7, 8);
    const size = await writeSafetensors(
      { write: async (piece) => void written.push(piece) },
      [lazily("small", "U8", small), lazily("w", "F32", bytes)],
      new Map([["format", "pt"]]),
    );
    const whole = serializeSafetensors(
      new Map([
        ["w", float32Tensor([4], values)],
        ["small", { dtype: "U8", shape: [4], data: small }],
      ]),
      new Map([["format", "pt"]]),
    );
    expect(join(...written)).toEqual(whole);
    expect([size, ...asked]).toEqual([whole.length, "w", "small"]);
  });

  it.each([
    ["fewer", [bytes.subarray(0, 12)]],
    ["more", [bytes, Uint8Array.of(0)]],
    ["no", []],
  ])("refuses %s bytes than the shape needs", async (_, pieces) => {
    const write = async () => undefined;
    await expect(writeSafetensors({ write }, [streamed(pieces)])).rejects.toMatchObject({
      code: "InvalidTensorView",
      tensor: "w",
    });
  });

  it("stops at the first piece too many, before writing it", async () => {
    const seen: Uint8Array[] = [];
    const run = async () => {
      for await (const chunk of safetensorsChunks([streamed([bytes, bytes, bytes])])) seen.push(chunk);
    };
    await expect(run()).rejects.toMatchObject({ code: "InvalidTensorView" });
    expect(seen.length).toBe(2); // the header and the one good piece
  });

  it("passes an error of the target on", async () => {
    const write = async () => {
      throw new Error("no space");
    };
    await expect(writeSafetensors({ write }, [streamed([bytes])])).rejects.toThrow("no space");
  });
});
