import { describe, expect, it } from "vitest";
import { type ByteSource, bytesSource } from "../byte-source.ts";
import { SafetensorsError } from "../errors.ts";
import { float32Tensor } from "../numbers/encode.ts";
import { serializeSafetensors } from "../writing/write.ts";
import { openFolderWeights, type WeightFolder, weightFileNames } from "./folder-weights.ts";

const { single, index } = weightFileNames;
const fileWith = (...names: readonly string[]) =>
  serializeSafetensors(new Map(names.map((name) => [name, float32Tensor([1], Float32Array.of(1))])));

/** A folder in memory that notes which of its files are open. */
function folderOf(entries: Readonly<Record<string, Uint8Array>>): WeightFolder & { readonly stillOpen: Set<string> } {
  const files = new Map(Object.entries(entries));
  const stillOpen = new Set<string>();
  return {
    stillOpen,
    has: async (file) => files.has(file),
    readText: async (file) => new TextDecoder().decode(files.get(file)),
    async open(file): Promise<ByteSource> {
      stillOpen.add(file);
      return {
        ...bytesSource(files.get(file) ?? new Uint8Array(), file),
        close: async () => void stillOpen.delete(file),
      };
    },
  };
}

const indexOf = (weightMap: Readonly<Record<string, string>>) =>
  new TextEncoder().encode(JSON.stringify({ weight_map: weightMap }));

describe("the weights of a folder", () => {
  it("are in one file", async () => {
    const folder = folderOf({ [single]: fileWith("a", "b"), [index]: indexOf({}) });
    const weights = await openFolderWeights(folder);
    expect(weights).toMatchObject({ files: [single], isSharded: false });
    expect([...(weights?.fileOf ?? [])]).toEqual([
      ["a", single],
      ["b", single],
    ]);
    await weights?.collection.close();
    expect(folder.stillOpen.size).toBe(0);
  });

  it("or in shards that an index names", async () => {
    const shards = { "two.safetensors": fileWith("c"), "one.safetensors": fileWith("a", "b") };
    const weightMap = { c: "two.safetensors", a: "one.safetensors", b: "one.safetensors" };
    const weights = await openFolderWeights(folderOf({ ...shards, [index]: indexOf(weightMap) }));
    expect(weights).toMatchObject({ files: ["one.safetensors", "two.safetensors"], isSharded: true });
    expect(weights?.fileOf.get("c")).toBe("two.safetensors");
    expect([...((await weights?.collection.readFloat32("c")) ?? [])]).toEqual([1]);
  });

  it("are undefined if there are none", async () => {
    expect(await openFolderWeights(folderOf({}))).toBeUndefined();
  });

  it.each([
    ["in one file", { [single]: Uint8Array.of(1, 2, 3) }],
    ["in a shard", { "a.safetensors": Uint8Array.of(1, 2, 3), [index]: indexOf({ a: "a.safetensors" }) }],
  ])("leave nothing open where the header %s is bad", async (_, entries) => {
    const folder = folderOf(entries);
    await expect(openFolderWeights(folder)).rejects.toBeInstanceOf(SafetensorsError);
    expect(folder.stillOpen.size).toBe(0);
  });
});
