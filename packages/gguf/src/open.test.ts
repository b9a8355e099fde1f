import { describe, expect, it } from "vitest";
import { openGguf } from "./open.ts";
import {
  array,
  bool,
  buildGguf,
  f32,
  f64,
  i8,
  i16,
  i32,
  i64,
  sourceOf,
  text,
  u8,
  u16,
  u32,
  u64,
} from "./test-files/build-gguf.ts";

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

describe("openGguf", () => {
  it("reads metadata of every type", async () => {
    const metadata = [
      ["u8", u8(255), 255],
      ["i8", i8(-1), -1],
      ["u16", u16(65_535), 65_535],
      ["i16", i16(-2), -2],
      ["u32", u32(4_294_967_295), 4_294_967_295],
      ["i32", i32(-3), -3],
      ["f32", f32(0.5), 0.5],
      ["bool", bool(true), true],
      ["string", text("안녕"), "안녕"],
      ["u64", u64(7n), 7],
      ["u64 beyond 2^53", u64(2n ** 64n - 1n), 2n ** 64n - 1n],
      ["i64", i64(-9n), -9],
      ["f64", f64(0.1), 0.1],
      ["strings", array([text("a"), text("")]), ["a", ""]],
      ["nested", array([array([u8(1)]), array([u8(2), u8(3)])]), [[1], [2, 3]]],
      ["empty", array([]), []],
    ] as const;
    const bytes = buildGguf({ metadata: metadata.map(([key, value]) => [key, value]) });
    const file = await openGguf(sourceOf(bytes));
    expect([...file.metadata]).toEqual(metadata.map(([key, , value]) => [key, value]));
  });

  it.each([2, 3])("reads tensors of a version %i file, outermost axis first", async (version) => {
    const bytes = buildGguf({
      version,
      tensors: [
        { name: "output_norm.weight", dimensions: [3], type: 0, data: floats(7, 8, 9) },
        { name: "token_embd.weight", dimensions: [3, 2], type: 0, data: floats(1, 2, 3, 4, 5, 6) },
      ],
    });
    const file = await openGguf(sourceOf(bytes));
    expect(file.version).toBe(version);
    expect(file.tensors.get("token_embd.weight")).toMatchObject({ type: "F32", shape: [2, 3], byteLength: 24 });
    expect([...(await file.readFloat32("token_embd.weight"))]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...(await file.readFloat32("output_norm.weight"))]).toEqual([7, 8, 9]);
  });

  it("obeys the file's own alignment", async () => {
    const bytes = buildGguf({
      alignment: 64,
      metadata: [["general.alignment", u32(64)]],
      tensors: [
        { name: "a", dimensions: [1], type: 0, data: floats(1) },
        { name: "b", dimensions: [1], type: 0, data: floats(2) },
      ],
    });
    const file = await openGguf(sourceOf(bytes));
    expect([...(await file.readFloat32("b"))]).toEqual([2]);
  });

  it("reads only the requested rows", async () => {
    const row = (scale: number) => {
      const block = new Uint8Array(34);
      block.set([0x00, 0x3c, scale]); // scale 1
      return block;
    };
    const data = new Uint8Array([...row(1), ...row(2), ...row(3)]);
    const bytes = buildGguf({ tensors: [{ name: "w", dimensions: [32, 3], type: 8, data }] });
    const source = sourceOf(bytes);
    const file = await openGguf(source);
    const rows = await file.readRows("w", 1, 2);
    expect([rows.length, rows[0], rows[32]]).toEqual([64, 2, 3]);
    expect(source.reads.at(-1)?.length).toBe(68);
    await expect(file.readRows("w", 2, 2)).rejects.toMatchObject({ code: "GGUF_RANGE_INVALID" });
  });

  it("dequantizes a one-dimensional tensor of blocks whole, and refuses a part of it", async () => {
    const bytes = buildGguf({ tensors: [{ name: "w", dimensions: [96], type: 8, data: new Uint8Array(102) }] });
    const file = await openGguf(sourceOf(bytes));
    expect((await file.readFloat32("w")).length).toBe(96);
    await expect(file.readRows("w", 0, 32)).rejects.toMatchObject({ code: "GGUF_RANGE_INVALID" });
  });

  it("reads a scalar and a tensor without elements", async () => {
    const bytes = buildGguf({
      tensors: [
        { name: "none", dimensions: [4, 0], type: 0, data: new Uint8Array() },
        { name: "scalar", dimensions: [], type: 0, data: floats(5) },
      ],
    });
    const file = await openGguf(sourceOf(bytes));
    expect((await file.readFloat32("none")).length).toBe(0);
    expect([...(await file.readFloat32("scalar"))]).toEqual([5]);
  });

  it("reads a header of several megabytes in a few growing windows, and no tensor before it is requested", async () => {
    const tokens = array(Array.from({ length: 150_000 }, (_, index) => text(`token ${index}`)));
    const bytes = buildGguf({
      metadata: [["tokenizer.ggml.tokens", tokens]],
      tensors: [{ name: "w", dimensions: [1], type: 0, data: floats(1) }],
    });
    const source = sourceOf(bytes);
    const file = await openGguf(source);
    expect(source.reads.length).toBeLessThan(5);
    expect(file.metadata.get("tokenizer.ggml.tokens")).toHaveLength(150_000);
    expect([...(await file.readFloat32("w"))]).toEqual([1]);
  });

  it("lists a tensor whose type cannot be dequantized, returns its bytes, and reports it when numbers are requested", async () => {
    const bytes = buildGguf({ tensors: [{ name: "w", dimensions: [64], type: 40, data: new Uint8Array(36) }] });
    const file = await openGguf(sourceOf(bytes));
    expect(file.tensors.get("w")?.type).toBe("NVFP4");
    expect((await file.readBytes("w")).length).toBe(36);
    await expect(file.readFloat32("w")).rejects.toMatchObject({ code: "GGUF_TYPE_UNSUPPORTED" });
  });

  it("names a tensor that is not there", async () => {
    const file = await openGguf(sourceOf(buildGguf({})));
    await expect(file.readFloat32("absent")).rejects.toMatchObject({ code: "GGUF_TENSOR_NOT_FOUND", tensor: "absent" });
  });

  it("does not blame a limit when the source ends within the header", async () => {
    const bytes = buildGguf({ metadata: [["general.name", text("a model")]] });
    const cut = sourceOf(bytes.subarray(0, 40), bytes.length);
    await expect(openGguf(cut)).rejects.toMatchObject({ code: "GGUF_TRUNCATED", offset: 40 });
  });

  it("notices a file that became shorter after it was opened", async () => {
    const bytes = buildGguf({ tensors: [{ name: "w", dimensions: [2], type: 0, data: floats(1, 2) }] });
    const source = sourceOf(bytes.subarray(0, bytes.length - 28), bytes.length);
    const header = await openGguf({
      ...source,
      read: async (offset, length) => bytes.subarray(offset, offset + length),
    });
    expect(header.tensors.size).toBe(1);
    const file = await openGguf(source).catch((error: unknown) => error);
    expect(file).toHaveProperty("tensors");
    await expect((file as typeof header).readFloat32("w")).rejects.toMatchObject({ code: "GGUF_TRUNCATED" });
  });
});
