import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Profile } from "./profile/profile-benchmark.ts";
import type { Result } from "./result.ts";
import { folderOf, readSaved, saveResult } from "./saved-results.ts";

describe("folderOf", () => {
  it("gives each description of a processor a name of its own", () => {
    expect(folderOf("AMD EPYC (Zen 4) with AVX2, AVX-512, VNNI, bf16, 2 threads")).toBe(
      "amd-epyc-zen-4-avx2-avx512-vnni-bf16-2-threads",
    );
    expect(folderOf("AMD EPYC with AVX2, 2 threads")).toBe("amd-epyc-avx2-2-threads");
    expect(folderOf("Intel(R) Xeon(R) Processor, 2 threads")).toBe("intel-xeon-2-threads");
    expect(folderOf("…")).toBe("unknown");
  });
});

describe("kept results", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lowrank-kept-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("of one processor leave those of others alone, and replace their own", () => {
    for (const [processor, ratio] of [["One", 0.5] as const, ["Two", 0.6] as const, ["One", 0.7] as const])
      saveResult({ name: "step", processor, ratio } as Result, "./", folder);
    saveResult({ name: "step", processor: "Two", threads: 2 } as Profile, "profiles", folder);
    expect(readSaved("./", folder)).toEqual([
      { name: "step", processor: "One", ratio: 0.7 },
      { name: "step", processor: "Two", ratio: 0.6 },
    ]);
    expect(readSaved("profiles", folder)).toEqual([{ name: "step", processor: "Two", threads: 2 }]);
  });
});
