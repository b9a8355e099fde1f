import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileReadError } from "@lowrank/safetensors/internal/node";
import { expect, it } from "vitest";

import { openOnnxFile } from "./onnx-folder.ts";

it("names a missing model, and refuses one that is too large before reading it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lowrank-onnx-"));
  await expect(openOnnxFile(join(folder, "missing.onnx"))).rejects.toThrow(FileReadError);
  const hole = await open(join(folder, "hole.onnx"), "w");
  await hole.truncate(2 ** 31);
  await hole.close();
  await expect(openOnnxFile(join(folder, "hole.onnx"))).rejects.toThrow(expect.objectContaining({ code: "ONNX_FILE" }));
  await expect(openOnnxFile(join(folder, "hole.onnx"))).rejects.toThrow(/2147483648 bytes/);
  await rm(folder, { recursive: true });
});
