// lowrank export --to onnx: an adapter and an ONNX model in, a folder with a model that computes with it out.

import { pairsIn } from "@lowrank/adapter-format";
import { foldAdapter, makeSwitchable } from "@lowrank/onnx";
import { openOnnxFile, writeOnnxFolder } from "@lowrank/onnx/node";
import { findAdapters } from "../../adapters/weighted-set.ts";
import { UsageError } from "../../errors/usage-errors.ts";
import { nodePlatform } from "../../node/node-platform.ts";
import { claimOutput } from "../../node/output/check-output.ts";
import { sourceContext } from "../open-model.ts";
import { pathsOf } from "../options/named-adapters.ts";
import type { Report } from "../terminal/report.ts";
import type { ExportOptions } from "./export-options.ts";

/** Writes the folder, whole or not at all. */
export async function exportOnnx(options: ExportOptions, report: Report): Promise<void> {
  const { model: path, adapter, out, dtype, switchable = false, overwrite = false } = options;
  if (dtype !== undefined) throw new UsageError("--dtype is for --to gguf: an ONNX model keeps the types that it has.");
  if (!path?.endsWith(".onnx")) throw new UsageError("--to onnx takes the model's file: --model model.onnx.");
  const release = await claimOutput(out, { kind: "folder", overwrite, inputs: [path, ...pathsOf(adapter)] });
  try {
    const found = await findAdapters(nodePlatform, adapter, sourceContext(report));
    const read = await found.read({ onWarning: report.warn });
    const model = await openOnnxFile(path);
    try {
      const paths = pairsIn(read.tensors).map((pair) => pair.path);
      const { changes, files } = switchable ? makeSwitchable(model, paths) : foldAdapter(model, read);
      await writeOnnxFolder(out, files, { overwrite });
      const bytes = files.reduce((sum, { size }) => sum + size, 0);
      report.emit({ out, format: "onnx", switchable, changes, files: files.map(({ name }) => name), bytes });
      const count = (how: string) => changes.filter((one) => one.how === how).length;
      const done = (["folded", "replaced", "branch"] as const).filter((how) => count(how) > 0);
      report.say(done.map((how) => `${count(how)} ${words[how]}`).join(", "));
      report.say(`${files.map(({ name }) => name).join(", ")}, ${(bytes / 1e6).toFixed(1)} MB, written to ${out}`);
      if (switchable)
        report.say("any adapter on these modules, or none: SwitchableSession of @lowrank/onnx feeds its inputs");
    } finally {
      await model.close();
    }
  } finally {
    await release();
  }
}

const words = {
  folded: "weights with the adapter in them",
  replaced: "weights replaced",
  branch: "branches beside nodes",
};
