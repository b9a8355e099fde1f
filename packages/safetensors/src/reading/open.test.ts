import { describe, expect, it } from "vitest";
import { blobSource, bytesSource } from "../byte-source.ts";
import { float32Tensor, numbersTensor } from "../numbers/encode.ts";
import { serializeSafetensors } from "../writing/write.ts";
import { openSafetensors } from "./open.ts";
import { parseSafetensors } from "./parse.ts";

const bytes = serializeSafetensors(
  new Map([
    ["matrix", float32Tensor([3, 2], Float32Array.of(1, 2, 3, 4, 5, 6))],
    ["half", numbersTensor("BF16", [2, 2], [1, 2, 3, 4])],
    ["ids", numbersTensor("I64", [2], [7, -100])],
    ["scalar", float32Tensor([], Float32Array.of(9))],
    ["empty", float32Tensor([0, 4], new Float32Array())],
  ]),
);

/** A source that notes how much is read of it. */
function watched() {
  const source = bytesSource(bytes, "watched");
  const lengths: number[] = [];
  const read = (offset: number, length: number) => {
    lengths.push(length);
    return source.read(offset, length);
  };
  return { ...source, read, lengths };
}

describe("openSafetensors", () => {
  it("reads only the header, then exactly the requested bytes", async () => {
    const source = watched();
    const file = await openSafetensors(source);
    expect(source.lengths).toEqual([8, file.dataStart - 8]);
    await file.readRows("matrix", 1, 2);
    await file.readBytes("matrix", { offset: 4, length: 3 });
    expect(source.lengths.slice(2)).toEqual([16, 3]);
  });

  it("returns rows of any type as float32", async () => {
    const file = await openSafetensors(bytesSource(bytes));
    expect([...(await file.readRows("matrix", 1, 2))]).toEqual([3, 4, 5, 6]);
    expect([...(await file.readRows("half", 1, 1))]).toEqual([3, 4]);
    expect([...(await file.readRows("empty", 0, 0))]).toEqual([]);
    expect([...(await file.readInt32("ids"))]).toEqual([7, -100]);
    expect([...(await file.readFloat32("scalar"))]).toEqual([9]);
  });

  it.each([
    ["matrix", 2, 2],
    ["matrix", -1, 1],
    ["matrix", 0, 1.5],
    ["scalar", 0, 1],
    ["empty", 0, 1],
  ])("refuses rows of %s from %d, %d of them", async (name, first, count) => {
    const file = await openSafetensors(bytesSource(bytes));
    await expect(file.readRows(name, first, count)).rejects.toMatchObject({ code: "InvalidRange", tensor: name });
  });

  it("refuses bytes beyond a tensor, so that its neighbour is not read", async () => {
    const file = await openSafetensors(bytesSource(bytes));
    for (const range of [
      { offset: 20, length: 5 },
      { offset: -1, length: 2 },
      { offset: 0, length: Number.NaN },
    ]) {
      await expect(file.readBytes("matrix", range)).rejects.toMatchObject({ code: "InvalidRange" });
    }
  });

  it("names a tensor that is not there", async () => {
    const file = await openSafetensors(bytesSource(bytes, "model.safetensors"));
    await expect(file.readBytes("absent")).rejects.toMatchObject({
      code: "TensorNotFound",
      file: "model.safetensors",
      tensor: "absent",
    });
    expect(() => parseSafetensors(bytes).float32("absent")).toThrow(/no tensor "absent" among the 5/);
  });

  it("notices a source that returns too few bytes", async () => {
    const short = {
      ...bytesSource(bytes, "short"),
      read: async (offset: number, length: number) => bytes.subarray(offset, offset + length - 1),
    };
    await expect(openSafetensors(short)).rejects.toMatchObject({ code: "IncompleteRead", file: "short" });
  });

  it("reads a Blob as it reads bytes", async () => {
    const file = await openSafetensors(blobSource(new Blob([bytes as Uint8Array<ArrayBuffer>])));
    expect([...(await file.readFloat32("half"))]).toEqual([1, 2, 3, 4]);
    await expect(file.source.read(bytes.length, 1)).rejects.toMatchObject({ code: "InvalidRange" });
  });

  it("uses a File's name in messages", () => {
    expect(blobSource(new File([], "adapter.safetensors")).name).toBe("adapter.safetensors");
  });
});
