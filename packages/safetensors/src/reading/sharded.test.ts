import { describe, expect, it } from "vitest";
import { type ByteSource, bytesSource } from "../byte-source.ts";
import { float32Tensor } from "../numbers/encode.ts";
import { serializeSafetensors } from "../writing/write.ts";
import { openShardedSafetensors, parseShardIndex } from "./sharded.ts";

const shard = (names: readonly string[], metadata?: ReadonlyMap<string, string>) =>
  serializeSafetensors(new Map(names.map((name) => [name, float32Tensor([2], Float32Array.of(1, 2))])), metadata);

const first = "model-00001-of-00002.safetensors";
const second = "model-00002-of-00002.safetensors";

/** A folder in memory that notes which of its files are open. */
function folderOf(files: Readonly<Record<string, Uint8Array>>) {
  const open = new Set<string>();
  return {
    open: async (name: string): Promise<ByteSource> => {
      const bytes = new Map(Object.entries(files)).get(name);
      if (bytes === undefined) throw new Error(`no file ${name}`);
      open.add(name);
      return { ...bytesSource(bytes, name), close: async () => void open.delete(name) };
    },
    stillOpen: open,
  };
}

const index = (weightMap: Readonly<Record<string, string>>, totalSize?: number) =>
  JSON.stringify({ metadata: totalSize === undefined ? {} : { total_size: totalSize }, weight_map: weightMap });

describe("openShardedSafetensors", () => {
  const folder = () => folderOf({ [first]: shard(["a", "b"], new Map([["format", "pt"]])), [second]: shard(["c"]) });

  it("reads tensors of every shard like those of one file", async () => {
    const files = folder();
    const model = await openShardedSafetensors(files, index({ a: first, b: first, c: second }, 24));
    expect([...model.tensors.keys()]).toEqual(["a", "b", "c"]);
    expect(model.metadata.get("format")).toBe("pt");
    expect([...(await model.readFloat32("c"))]).toEqual([1, 2]);
    expect([...(await model.readRows("b", 1, 1))]).toEqual([2]);
    await model.close();
    expect(files.stillOpen.size).toBe(0);
  });

  it("warns of a wrong total_size, which is common", async () => {
    const warnings: string[] = [];
    const onWarning = ({ code, message }: { code: string; message: string }) => warnings.push(`${code} ${message}`);
    await openShardedSafetensors(folder(), index({ a: first, b: first, c: second }, 99), { onWarning });
    expect(warnings).toEqual([expect.stringMatching(/^TOTAL_SIZE_MISMATCH .*99 bytes.*24/)]);
  });

  it("names every tensor that is not in the index's file, and leaves nothing open", async () => {
    const files = folder();
    const opening = openShardedSafetensors(files, index({ a: second, c: second, d: first }));
    await expect(opening).rejects.toMatchObject({
      code: "InvalidIndex",
      message: expect.stringMatching(/"a" in model-00001.*"b" in model-00001.*"a" in model-00002.*"d" in model-00001/),
    });
    expect(files.stillOpen.size).toBe(0);
  });

  it("refuses a tensor that two shards hold", async () => {
    const files = folderOf({ [first]: shard(["a"]), [second]: shard(["a", "c"]) });
    await expect(openShardedSafetensors(files, index({ a: first, c: second }))).rejects.toMatchObject({
      code: "InvalidIndex",
    });
  });

  it("leaves nothing open when a shard is damaged or missing", async () => {
    const damaged = folderOf({ [first]: shard(["a"]), [second]: shard(["c"]).subarray(0, 20) });
    await expect(openShardedSafetensors(damaged, index({ a: first, c: second }))).rejects.toMatchObject({
      code: "InvalidHeaderLength",
      file: second,
    });
    expect(damaged.stillOpen.size).toBe(0);
    const missing = folderOf({ [first]: shard(["a"]) });
    await expect(openShardedSafetensors(missing, index({ a: first, c: second }))).rejects.toThrow(`no file ${second}`);
    expect(missing.stillOpen.size).toBe(0);
  });
});

describe("parseShardIndex", () => {
  it.each([
    "../../etc/passwd",
    "../model.safetensors",
    "/etc/model.safetensors",
    "C:\\model.safetensors",
    "a/b.safetensors",
    "a\\b.safetensors",
    "a\0.safetensors",
    ".safetensors",
    "..safetensors",
    "model.bin",
    "model.safetensors ",
    "",
  ])("refuses the file name %j before anything is opened", (name) => {
    expect(() => parseShardIndex(index({ a: name }))).toThrow(expect.objectContaining({ code: "InvalidIndex" }));
  });

  it.each([
    ["nothing", ""],
    ["an array", "[]"],
    ["no weight_map", "{}"],
    ["a list as weight_map", '{"weight_map":[]}'],
    ["a number as file name", '{"weight_map":{"a":1}}'],
    ["a tensor twice", `{"weight_map":{"a":"${first}","a":"${first}"}}`],
    ["two weight_maps", '{"weight_map":{},"weight_map":{}}'],
    ["deep nesting", `{"x":${"[".repeat(1000)}`],
    ["trailing text", '{"weight_map":{}} x'],
  ])("refuses %s", (_, json) => {
    expect(() => parseShardIndex(json)).toThrow(expect.objectContaining({ code: "InvalidIndex" }));
  });

  it("reads a total_size written as a fraction, and ignores unknown entries", () => {
    const parsed = parseShardIndex(
      '{"metadata":{"total_size":24.0,"note":[true,null,-1.5e3]},"extra":"x","weight_map":{}}',
    );
    expect(parsed.totalSize).toBe(24);
  });

  it("keeps a tensor named __proto__ as a plain name", () => {
    const parsed = parseShardIndex(`{"weight_map":{"__proto__":"${first}"}}`);
    expect([...parsed.weightMap]).toEqual([["__proto__", first]]);
  });
});
