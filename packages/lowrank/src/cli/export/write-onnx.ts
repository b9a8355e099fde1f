// lowrank export --to onnx without an ONNX file: the base with the adapter in its weights becomes one.

import { UsageError } from "../../errors/usage-errors.ts";
import { nodePlatform } from "../../node/node-platform.ts";
import { omitUndefined } from "../../omit-undefined.ts";
import { printFiles, withLock } from "../adapter-output.ts";
import { withBase } from "../base-for.ts";
import { pathsOf } from "../options/named-adapters.ts";
import { withOpenModel } from "../start-engine.ts";
import type { Report } from "../terminal/report.ts";
import type { ExportOptions } from "./export-without-base.ts";

const dtypes = { F32: "fp32", INT8: "q8" } as const;

/** Writes the folder that transformers.js loads, atomically. Throws the errors of `MergedModel.onnx`. */
export async function writeOnnx(requested: ExportOptions, report: Report): Promise<void> {
  const { out, dtype, switchable, overwrite = false, ...options } = await withBase(requested, report);
  if (switchable !== undefined)
    throw new UsageError("--switchable needs an ONNX file of the base: --model model.onnx.");
  if (dtype !== undefined && dtype !== "F32" && dtype !== "INT8")
    throw new UsageError(`--to onnx writes F32, INT8 or both, not ${dtype}. Leave out --dtype for both.`);
  const { model, adapter } = options;
  await withLock(out, { kind: "folder", overwrite, isApart: true, inputs: [model, ...pathsOf(adapter)] }, () =>
    withOpenModel(options, report, async (opened) => {
      const [attached] = opened.adapters;
      if (attached === undefined) throw new Error("A model was opened without its adapter.");
      const files = await opened.merge(attached).onnx(omitUndefined({ dtype: dtype && dtypes[dtype] }));
      await nodePlatform.writeFiles(out, files, { overwrite });
      const written = [...files].map(([name, content]) => ({ name, bytes: Buffer.byteLength(content) }));
      report.emit({ out, format: "onnx", task: opened.base.task, files: written });
      printFiles(written, report);
      report.print(`written to ${out}; transformers.js loads it as pipeline(task, "${out}")`);
    }),
  );
}
