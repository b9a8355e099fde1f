import { spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { float32Tensor, serializeSafetensors } from "@lowrank/safetensors";
import { writeListedFolder } from "@lowrank/safetensors/internal/node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkOutput, claimOutput } from "./check-output.ts";
import type { OutputKind } from "./check-place.ts";

/** Permissions do not bind root, and Windows has others. */
const mayWriteAnywhere = process.getuid?.() === 0 || process.platform === "win32";
const printedReason = mayWriteAnywhere ? " (skipped: permissions do not bind this user)" : "";

const folderRules = { kind: "folder", inputs: [] } as const;

describe("checkOutput", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "lowrank-output-"));
    await mkdir(join(folder, "model"));
    await writeFile(join(folder, "model", "config.json"), "{}");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("accepts a free path, or an empty folder", async () => {
    await mkdir(join(folder, "empty"));
    await checkOutput(join(folder, "new", "deep"), folderRules);
    await checkOutput(join(folder, "empty"), folderRules);
  });

  it("refuses an empty name, which would be the current folder", async () => {
    await expect(checkOutput("", { ...folderRules, overwrite: true })).rejects.toMatchObject({
      code: "OUTPUT_NOT_WRITABLE",
      reason: "the name is empty",
    });
  });

  it("refuses an existing output without overwrite", async () => {
    await expect(checkOutput(join(folder, "model"), folderRules)).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
    await writeListedFolder(join(folder, "merged"), (inside) => writeFile(join(inside, "config.json"), "{}"));
    await checkOutput(join(folder, "merged"), { ...folderRules, overwrite: true });
  });

  it("never replaces a model that another program wrote, but resumes a run in any folder", async () => {
    const attempt = checkOutput(join(folder, "model"), { ...folderRules, overwrite: true });
    await expect(attempt).rejects.toMatchObject({ code: "OUTPUT_NOT_OURS" });
    await checkOutput(join(folder, "model"), { ...folderRules, resume: true });
  });

  it("never replaces a file by a folder", async () => {
    const file = join(folder, "model", "config.json");
    await expect(checkOutput(file, folderRules)).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
    const attempt = checkOutput(file, { ...folderRules, overwrite: true });
    await expect(attempt).rejects.toMatchObject({
      code: "OUTPUT_NOT_OURS",
      reason: expect.stringContaining("is a file"),
    });
  });

  it("replaces, as a file, an adapter for another program and nothing else", async () => {
    const rules = { kind: "file", overwrite: true, inputs: [] } as const;
    const file = (name: string) => join(folder, name);
    const tensor = float32Tensor([1], Float32Array.of(1));
    await writeFile(file("adapter"), serializeSafetensors(new Map([["q_proj.lora_A", tensor]])));
    await writeFile(file("weights"), serializeSafetensors(new Map([["wte.weight", tensor]])));
    await writeFile(file("notes.txt"), "what I must not lose");
    await writeFile(file("empty"), "");
    for (const name of ["adapter", "empty"]) await checkOutput(file(name), rules);
    for (const name of ["weights", "notes.txt"])
      await expect(checkOutput(file(name), rules), name).rejects.toMatchObject({ code: "OUTPUT_NOT_OURS" });
    await expect(checkOutput(file("adapter"), { ...rules, overwrite: false })).rejects.toMatchObject({
      code: "OUTPUT_EXISTS",
    });
  });

  it("refuses impossible outputs before the work, regardless of the options", async () => {
    await symlink("circle", join(folder, "circle"));
    const impossible: readonly (readonly [string, OutputKind, RegExp])[] = [
      [join(folder, "circle"), "folder", /circular/],
      [join(folder, "circle"), "file", /circular/],
      [join(folder, "circle", "out"), "folder", /./],
      [join(folder, "model"), "file", /folder/],
      ["/dev/null", "file", /device/],
      ["/dev/null", "folder", /device/],
    ];
    for (const [path, kind, reason] of impossible) {
      if (process.platform === "win32" && path.startsWith("/dev")) continue;
      for (const overwrite of [false, true]) {
        const attempt = checkOutput(path, { kind, overwrite, inputs: [] });
        await expect(attempt, path).rejects.toMatchObject({
          code: "OUTPUT_NOT_WRITABLE",
          reason: expect.stringMatching(reason),
        });
      }
    }
  });

  it("accepts the longest possible name, and refuses a longer one with the limit", async () => {
    const [longest, tooLong] = [`${"ä".repeat(127)}n`, "ä".repeat(128)];
    for (const parent of [folder, join(folder, "new", "deep")]) {
      await checkOutput(join(parent, longest), folderRules);
      await checkOutput(join(parent, longest, "out"), folderRules);
      for (const path of [join(parent, tooLong), join(parent, tooLong, "out")])
        await expect(checkOutput(path, folderRules)).rejects.toMatchObject({
          code: "OUTPUT_NOT_WRITABLE",
          reason: expect.stringContaining("has 256 bytes; the maximum is 255"),
        });
    }
    await (await claimOutput(join(folder, longest), folderRules))();
    await writeListedFolder(join(folder, longest), async () => undefined);
    await writeListedFolder(join(folder, longest), async () => undefined, { overwrite: true });
    const deep = join(folder, ...Array.from({ length: 18 }, () => "n".repeat(220)));
    await expect(checkOutput(deep, folderRules)).rejects.toMatchObject({ code: "OUTPUT_NOT_WRITABLE" });
  });

  it("never replaces a folder of something else", async () => {
    await mkdir(join(folder, "photographs"));
    await writeFile(join(folder, "photographs", "summer.jpg"), "");
    const attempt = checkOutput(join(folder, "photographs"), { ...folderRules, overwrite: true });
    await expect(attempt).rejects.toMatchObject({ code: "OUTPUT_NOT_OURS" });
  });

  it("never replaces the current folder or one above it", async () => {
    for (const out of [".", "..", "/"]) {
      const attempt = checkOutput(out, { ...folderRules, overwrite: true });
      await expect(attempt, out).rejects.toMatchObject({ code: "OUTPUT_HOLDS_WORK" });
    }
  });

  it("never replaces an input of the command, not even through a link", async () => {
    const inputs = [join(folder, "model", "config.json")];
    await symlink(join(folder, "model"), join(folder, "link"));
    for (const out of ["model", "link", "."]) {
      const attempt = checkOutput(join(folder, out), { kind: "folder", overwrite: true, inputs });
      await expect(attempt, out).rejects.toMatchObject({ code: "OUTPUT_IS_INPUT" });
    }
    await checkOutput(join(folder, "model-2"), { kind: "folder", overwrite: true, inputs });
  });

  it("keeps outputs of models and adapters apart from them", async () => {
    const inputs = [join(folder, "model")];
    const inside = join(folder, "model", "merged");
    await checkOutput(inside, { kind: "folder", inputs });
    const attempt = checkOutput(inside, { kind: "folder", inputs, isApart: true });
    await expect(attempt).rejects.toMatchObject({ code: "OUTPUT_INSIDE_INPUT", path: inside, input: inputs[0] });
    await checkOutput(join(folder, "model-merged"), { kind: "folder", inputs, isApart: true });
  });

  it("refuses a path below a file, before the work", async () => {
    const file = join(folder, "model", "config.json");
    for (const out of [join(file, "out"), join(file, "deep", "out")]) {
      const attempt = checkOutput(out, folderRules);
      await expect(attempt, out).rejects.toMatchObject({ code: "OUTPUT_NOT_WRITABLE", folder: file });
    }
  });

  it.skipIf(mayWriteAnywhere)(`refuses a folder that it may not write into${printedReason}`, async () => {
    await chmod(join(folder, "model"), 0o555);
    for (const out of ["out", "deep/out"]) {
      const attempt = checkOutput(join(folder, "model", out), folderRules);
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
      import { writeFolderAtomic } from "@lowrank/safetensors/node";
      import { nodeFileSystem } from "@lowrank/safetensors/internal/node";
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

  it("finds an output that a killed run was about to replace, also if it is a link", async () => {
    const out = join(folder, "disk", "run");
    await mkdir(out, { recursive: true });
    await writeFile(join(out, "adapter_config.json"), "{}");
    await symlink(out, join(folder, "link"));
    for (const path of [out, join(folder, "link")]) {
      await killWhileReplacing(out);
      await expect(claimOutput(path, folderRules)).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
      expect(await readdir(join(folder, "disk"))).toEqual(["run"]);
      expect(await readdir(out)).toEqual(["adapter_config.json"]);
    }
  });
});
