import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FolderDraft } from "./folder-draft.ts";
import { writeFolderAtomic } from "./write-folder-atomic.ts";

describe("the draft of a folder", () => {
  let room: string;
  let target: string;
  beforeEach(async () => {
    room = await mkdtemp(join(tmpdir(), "lowrank-draft-"));
    target = join(room, "model");
  });
  afterEach(() => rm(room, { recursive: true }));

  /** `failing`: after the first half of the second file. */
  const work = async (request: { identity: string; resume?: boolean }, failing = false) => {
    const draft = await FolderDraft.open(target, request);
    const asked: [string, number][] = [];
    const given: unknown[] = [];
    const findings = { save: () => ({ max: 7 }), restore: (found: unknown) => void given.push(found) };
    const file = (name: string, text: string, isBroken: boolean) => ({
      name,
      async *contents(from: number) {
        asked.push([name, from]);
        const bytes = new TextEncoder().encode(text);
        if (isBroken) throw new RangeError("no more");
        yield bytes.subarray(from);
      },
    });
    const written = [
      await draft.write({ ...file("one", "first", false), findings }),
      await draft.write(file("inside/two", "second", failing)),
    ];
    await writeFolderAtomic(target, (folder) => draft.moveInto(folder), { overwrite: true });
    await draft.remove();
    return { asked, given, written };
  };

  it("becomes the folder, and knows the state of each file", async () => {
    const { written } = await work({ identity: "a" });
    expect(await readFile(join(target, "inside", "two"), "utf8")).toBe("second");
    expect(written[0]).toEqual({
      name: "one",
      bytes: 5,
      sha256: "a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e",
    });
    expect(await readdir(room)).toEqual(["model"]);
  });

  it("can be resumed, rethrows errors of its contents, and is discarded for other work or without --resume", async () => {
    await expect(work({ identity: "a" }, true)).rejects.toThrow(RangeError);
    expect(await FolderDraft.left(target)).toBe(5);
    const { asked, given } = await work({ identity: "a", resume: true });
    expect([asked, given]).toEqual([[["inside/two", 0]], [{ max: 7 }]]); // and with what was found out
    for (const request of [{ identity: "b", resume: true }, { identity: "a" }]) {
      await expect(work({ identity: "a" }, true)).rejects.toThrow(RangeError);
      expect((await work(request)).asked).toHaveLength(2);
    }
  });
});
