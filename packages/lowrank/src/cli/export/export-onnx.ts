// lowrank export --to onnx: an adapter and an ONNX model in, a folder with a model that computes with it out.

import { loraMatricesIn } from "@lowrank/adapter-format";
import { LowrankError } from "@lowrank/contracts";
import { escapeControls } from "@lowrank/contracts/internal";
import { compareBase, foldAdapter, makeSwitchable, type OnnxModel, writeOnnxAdapter } from "@lowrank/merge/onnx";
import { openOnnxFile, writeOnnxFolder } from "@lowrank/merge/onnx/node";
import { openFolder } from "@lowrank/models/node";
import { openFolderWeights } from "@lowrank/safetensors";
import { writeFileAtomic } from "@lowrank/safetensors/node";
import { BaseNotFoundError } from "../../errors/model-errors.ts";
import { UsageError } from "../../errors/usage-errors.ts";
import { findBase } from "../../node/base-of.ts";
import { exists } from "../../node/exists.ts";
import { withLockedOutput } from "../adapter-output.ts";
import { sourceContext } from "../open-model.ts";
import { pathsOf } from "../options/named-adapters.ts";
import { plural } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import type { ExportOptions } from "./export-without-base.ts";

export async function exportOnnx(options: ExportOptions, report: Report): Promise<void> {
  const { adapter, out, switchable = false, overwrite = false } = options;
  const path = onnxFileOf(options);
  await withLockedOutput({ kind: "folder", model: path, adapter, out, overwrite }, report, async (read) => {
    const model = await openOnnxFile(path);
    try {
      const paths = loraMatricesIn(read.tensors).map((lora) => lora.path);
      const compared = await compareWithBase(model, paths, options, report);
      const fedBy = switchable === true ? "session" : switchable;
      const { changes, files } = fedBy === false ? foldAdapter(model, read) : makeSwitchable(model, paths, { fedBy });
      await writeOnnxFolder(out, files, { overwrite });
      const bytes = files.reduce((sum, { size }) => sum + size, 0);
      report.emit({
        out,
        format: "onnx",
        switchable: fedBy !== false,
        compared,
        changes,
        files: files.map(({ name }) => name),
        bytes,
      });
      const count = (how: string) => changes.filter((one) => one.how === how).length;
      const done = (["folded", "replaced", "branch"] as const).filter((how) => count(how) > 0);
      report.print(done.map((how) => `${count(how)} ${words[how]}`).join(", "));
      report.print(`${files.map(({ name }) => name).join(", ")}, ${(bytes / 1e6).toFixed(1)} MB, written to ${out}`);
      if (fedBy !== false) report.print(hints[fedBy]);
    } finally {
      await model.close();
    }
  });
}

/** Writes the adapter file that ONNX Runtime loads for a model of `--switchable adapter-files`. */
export async function exportOnnxAdapter(options: ExportOptions, report: Report): Promise<void> {
  const { adapter, out, switchable, overwrite = false } = options;
  if (switchable !== undefined) throw new UsageError("--switchable is for --to onnx, which makes the model.");
  const path = onnxFileOf(options);
  await withLockedOutput({ kind: "file", model: path, adapter, out, overwrite }, report, async (read) => {
    const model = await openOnnxFile(path);
    await model.close();
    const bytes = writeOnnxAdapter(model, read);
    await writeFileAtomic(out, bytes, { overwrite });
    report.emit({ out, format: "onnx-adapter", tensors: read.tensors.size, bytes: bytes.length });
    report.print(`${plural(read.tensors.size, "tensor")}, ${(bytes.length / 1e6).toFixed(1)} MB, written to ${out}`);
    report.print(`with ONNX Runtime GenAI, next to the model: og.Adapters(model).load("${out}", "name")`);
  });
}

function onnxFileOf({ model, to, dtype }: ExportOptions): string {
  if (dtype !== undefined) throw new UsageError("--dtype is for --to gguf: an ONNX model keeps the types that it has.");
  if (model?.endsWith(".onnx") !== true) throw new UsageError(`--to ${to} takes the model's file: --model model.onnx.`);
  return model;
}

const hints = {
  session: "any adapter on these modules, or none: SwitchableSession of @lowrank/merge/onnx feeds its inputs",
  "adapter-files":
    "any adapter on these modules, or none: lowrank export --to onnx-adapter --model writes what ONNX Runtime loads",
};

const words = {
  folded: "weights with the adapter in them",
  replaced: "weights replaced",
  branch: "branches beside nodes",
};

/** The number of weights that were compared and are equal. 0 without a base, which is then reported. Throws the errors of `compareBase`. */
async function compareWithBase(
  model: OnnxModel,
  paths: readonly string[],
  { adapter, allowDifferentBase }: ExportOptions,
  report: Report,
): Promise<number> {
  if (allowDifferentBase === true) return 0;
  const [first = ""] = pathsOf(adapter);
  const base = await findBase(first, sourceContext(report)).catch((error: unknown) => {
    if (error instanceof BaseNotFoundError) return undefined;
    throw error;
  });
  // A model on the Hub would have to be downloaded, and the numbers of a .gguf file are rounded.
  const isFolder = base !== undefined && !base.endsWith(".gguf") && (await exists(base));
  const weights = isFolder ? await openFolderWeights(openFolder(base)) : undefined;
  if (weights === undefined) {
    report.note(`${model.name} was not compared with the adapter's base: its weights are not on this machine`);
    return 0;
  }
  try {
    const same = await compareBase(model, weights.collection, paths);
    const where = escapeControls(base ?? "");
    if (same.length > 0) report.note(`${plural(same.length, "weight")} compared with ${where}: all are equal`);
    else report.note(`no weight could be compared with ${where}: no weight is stored as floats in both`);
    return same.length;
  } catch (error) {
    if (!LowrankError.isInstance(error, "ONNX_BASE")) throw error;
    const message = `${error.message} If different weights are intended, add --allow-different-base.`;
    throw new LowrankError(error.code, message, { cause: error });
  } finally {
    await weights.collection.close();
  }
}
