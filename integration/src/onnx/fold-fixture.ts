// A model folder as transformers.js reads it, with a fixture's adapter folded into its ONNX model.

import { cpSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { foldAdapter } from "@lowrank/merge/onnx";
import { openOnnxFile, writeOnnxFolder } from "@lowrank/merge/onnx/node";

export const fixtures: string = fileURLToPath(new URL("../../../fixtures", import.meta.url));

/** A part of a PEFT fixture. */
export function peftFixture(name: string, part: string): string {
  return join(fixtures, "peft", name, part);
}

export async function foldFixture(name: string, file: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const model = await openOnnxFile(join(fixtures, "onnx", file));
  const { files } = foldAdapter(model, await readAdapterFolder(peftFixture(name, "adapter")));
  await writeOnnxFolder(join(folder, "onnx"), files);
  await model.close();
  renameSync(join(folder, "onnx", file), join(folder, "onnx", "model.onnx"));
  cpSync(join(peftFixture(name, "base"), "config.json"), join(folder, "config.json"));
}
