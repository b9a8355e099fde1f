import { spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkOutput, claimOutput } from "./check-output.ts";

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

describe("claimOutput", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "lowrank-claim-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Replaces `out` in a program that is killed between the two renames, so that nothing is at `out`. */
  async function killWhileReplacing(out: string): Promise<void> {
    const program = `
      import { nodeFileSystem, writeFolderAtomic } from "@lowrank/safetensors/node";
      let renames = 0;
      const rename = async (...paths) => {
        if (++renames === 2) process.kill(process.pid, "SIGKILL");
        return nodeFileSystem.rename(...paths);
      };
      const options = { overwrite: true, fileSystem: { ...nodeFileSystem, rename } };
      await writeFolderAtomic(${JSON.stringify(out)}, async () => undefined, options);`;
    const flags = ["--conditions=lowrank-source", "--import", "tsx", "--input-type=module", "--eval", program];
    expect(spawnSync(process.execPath, flags, { cwd: import.meta.dirname }).signal).toBe("SIGKILL");
    expect(await readdir(dirname(out))).not.toContain(basename(out));
  }

  it("finds an output that a killed run was about to replace, also behind a link", async () => {
    const out = join(folder, "disk", "run");
    await mkdir(out, { recursive: true });
    await writeFile(join(out, "adapter_config.json"), "{}");
    await symlink(out, join(folder, "link"));
    for (const path of [out, join(folder, "link")]) {
      await killWhileReplacing(out);
      await expect(claimOutput(path, { inputs: [] })).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
      expect(await readdir(join(folder, "disk"))).toEqual(["run"]);
      expect(await readdir(out)).toEqual(["adapter_config.json"]);
    }
  });
});
