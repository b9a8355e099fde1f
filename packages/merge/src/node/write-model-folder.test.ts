import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { ExportableModel } from "../export/exportable-model.ts";
import { writeModelFolder } from "./write-model-folder.ts";

/** All here is decided before anything else of the model is looked at. */
const model = { newParameters: [] } as Partial<ExportableModel> as ExportableModel;

describe("the folder of an exported model", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "lowrank-model-folder-"));
    for (const name of ["base", "adapter", "beside"]) await mkdir(join(folder, "models", name), { recursive: true });
    await symlink(join(folder, "models"), join(folder, "link"));
    await writeFile(join(folder, "models", "base", "config.json"), "no JSON");
  });
  afterEach(() => rm(folder, { recursive: true }));

  const written = (output: string) =>
    writeModelFolder(join(folder, output), {
      model,
      sourceFolder: join(folder, "models", "base"),
      tokenizerFolder: join(folder, "models", "adapter"),
      overwrite: true,
    });

  it.each(["models/base", "models/adapter", "models", "link", "link/base", "."])(
    "is not one that holds what it is made from: %s",
    async (output) => {
      await expect(written(output)).rejects.toThrow(expect.objectContaining({ code: "OUTPUT_IS_SOURCE" }));
      expect((await readdir(join(folder, "models"))).sort()).toEqual(["adapter", "base", "beside"]);
    },
  );

  it.each(["models/beside", "models/base-merged", "models/base/merged"])(
    "may lie beside or below: %s",
    async (output) => {
      await expect(written(output)).rejects.toThrow(expect.objectContaining({ code: "SOURCE_FOLDER" })); // it came to config.json
    },
  );
});
