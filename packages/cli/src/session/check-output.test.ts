import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkOutput } from "./check-output.ts";

/** Permissions do not bind root, and Windows has others. */
const mayWriteAnywhere = process.getuid?.() === 0 || process.platform === "win32";
const printedReason = mayWriteAnywhere ? " (skipped: permissions do not bind this user)" : "";

describe("checkOutput", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "lowrank-output-"));
    await mkdir(join(folder, "model"));
    await writeFile(join(folder, "model", "config.json"), "{}");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("takes a path that is free, or an empty folder", async () => {
    await mkdir(join(folder, "empty"));
    await checkOutput(join(folder, "new", "deep"), { inputs: [] });
    await checkOutput(join(folder, "empty"), { inputs: [] });
  });

  it("refuses what exists unless told to overwrite", async () => {
    await expect(checkOutput(join(folder, "model"), { inputs: [] })).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
    await checkOutput(join(folder, "model"), { overwrite: true, inputs: [] });
  });

  it("never replaces a folder of something else", async () => {
    await mkdir(join(folder, "photographs"));
    await writeFile(join(folder, "photographs", "summer.jpg"), "");
    const attempt = checkOutput(join(folder, "photographs"), { overwrite: true, inputs: [] });
    await expect(attempt).rejects.toMatchObject({ code: "OUTPUT_NOT_OURS" });
  });

  it("never replaces the current folder or one above it", async () => {
    for (const out of [".", "..", "/"]) {
      const attempt = checkOutput(out, { overwrite: true, inputs: [] });
      await expect(attempt, out).rejects.toMatchObject({ code: "OUTPUT_HOLDS_WORK" });
    }
  });

  it("never replaces what the command reads, not even through a link", async () => {
    const inputs = [join(folder, "model", "config.json")];
    await symlink(join(folder, "model"), join(folder, "link"));
    for (const out of ["model", "link", "."]) {
      const attempt = checkOutput(join(folder, out), { overwrite: true, inputs });
      await expect(attempt, out).rejects.toMatchObject({ code: "OUTPUT_IS_INPUT" });
    }
    await checkOutput(join(folder, "model-2"), { overwrite: true, inputs });
  });

  it("refuses a path below a file, before the work", async () => {
    const file = join(folder, "model", "config.json");
    for (const out of [join(file, "out"), join(file, "deep", "out")]) {
      const attempt = checkOutput(out, { inputs: [] });
      await expect(attempt, out).rejects.toMatchObject({ code: "OUTPUT_NOT_WRITABLE", folder: file });
    }
  });

  it.skipIf(mayWriteAnywhere)(`refuses a folder that it may not write into${printedReason}`, async () => {
    await chmod(join(folder, "model"), 0o555);
    for (const out of ["out", "deep/out"]) {
      const attempt = checkOutput(join(folder, "model", out), { inputs: [] });
      await expect(attempt, out).rejects.toMatchObject({ code: "OUTPUT_NOT_WRITABLE", reason: "permission denied" });
    }
  });
});
