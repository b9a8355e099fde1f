import { describe, expect, it } from "vitest";
import { openGguf } from "./open.ts";
import { ggufPartNames, openGgufParts } from "./split-files.ts";
import { buildGguf, f32, sourceOf, text, u16 } from "./test-files/build-gguf.ts";

/** A part with one tensor of one number. */
function part(number: number, options: { readonly count?: number; readonly name?: string } = {}): Uint8Array {
  const { count = 2, name = `w${number}` } = options;
  return buildGguf({
    metadata: [
      ["split.no", u16(number)],
      ["split.count", u16(count)],
      ...(number === 0 ? ([["general.architecture", text("llama")]] as const) : []),
    ],
    tensors: [{ name, dimensions: [1], type: 0, data: f32(number + 0.5).bytes }],
  });
}

/** Opens what lies under these names, and counts what was closed. */
function folder(files: Readonly<Record<string, Uint8Array>>) {
  const closed: string[] = [];
  const open = async (name: string) => {
    const bytes = files[name];
    if (bytes === undefined) throw new Error(`no ${name}`);
    return { ...sourceOf(bytes), name, close: async () => void closed.push(name) };
  };
  return { closed, open };
}

const [first, second] = ["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"];

describe("a split file", () => {
  it("is read as one, by the name of any of its parts", async () => {
    const { open, closed } = folder({ [first]: part(0), [second]: part(1) });
    for (const name of [first, second]) {
      const source = await openGgufParts(name, open);
      const file = await openGguf(source);
      expect(file.metadata.get("general.architecture")).toBe("llama");
      expect([...(await file.readFloat32("w0")), ...(await file.readFloat32("w1"))]).toEqual([0.5, 1.5]);
      const info = file.tensors.get("w1");
      expect(new Uint8Array(await source.read(info?.offset ?? 0, 4))).toEqual(f32(1.5).bytes);
      await source.close?.();
    }
    expect(closed).toEqual([first, second, first, second]);
  });

  it("closes opened files if a part is missing", async () => {
    const { open, closed } = folder({ [first]: part(0) });
    await expect(openGgufParts(first, open)).rejects.toThrow(`no ${second}`);
    expect(closed).toEqual([first]);
  });

  it.each([
    ["a part alone", { "m.gguf": part(1) }, "m.gguf", /part 2 of 2; expected the whole file.*gguf-split --merge/],
    ["parts in another order", { [first]: part(1), [second]: part(0) }, first, /part 2 of 2; expected part 1 of 2/],
    ["parts of another file", { [first]: part(0), [second]: part(1, { count: 3 }) }, first, /part 2 of 3/],
    [
      "a tensor twice",
      { [first]: part(0), [second]: part(1, { name: "w0" }) },
      first,
      /"w0" is already in another part/,
    ],
  ])("refuses %s", async (_, files, name, message) => {
    const source = await openGgufParts(name, folder(files).open);
    await expect(openGguf(source)).rejects.toThrow(message);
    await expect(openGguf(source)).rejects.toMatchObject({ code: "GGUF_SPLIT" });
  });
});

it("opens other names unchanged, and refuses absurd numbers of parts", () => {
  for (const name of ["m.gguf", "m-00001-of-99999.gguf", "m-00001-of-00000.gguf", "m-1-of-2.gguf"])
    expect(ggufPartNames(name)).toEqual([name]);
});
