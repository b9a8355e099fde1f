// lowrank export: an adapter in another program's form.

import { basename } from "node:path";
import { writeGgufAdapter } from "@lowrank/adapter-format/gguf";
import { writeFileAtomic } from "@lowrank/safetensors/node";
import { UsageError } from "../../errors/usage-errors.ts";
import { nodePlatform } from "../../node/node-platform.ts";
import { configOfSource } from "../../open/base-config.ts";
import { withLockedOutput } from "../adapter-output.ts";
import { withBase } from "../base-for.ts";
import { sourceContext } from "../open-model.ts";
import { pathsOf } from "../options/named-adapters.ts";
import { plural } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import type { ExportOptions } from "./export-without-base.ts";

export async function runExport(requested: ExportOptions, report: Report): Promise<void> {
  if (requested.to === "onnx" && requested.model?.endsWith(".onnx") !== true)
    return (await import("./write-onnx.ts")).writeOnnx(requested, report);
  if (requested.to === "onnx") return (await import("./export-onnx.ts")).exportOnnx(requested, report);
  if (requested.to === "onnx-adapter") return (await import("./export-onnx.ts")).exportOnnxAdapter(requested, report);
  if (requested.switchable) throw new UsageError("--switchable is for --to onnx: other programs switch every adapter.");
  if (requested.to === "gguf") return exportGguf(requested, report);
  return (await import("./export-without-base.ts")).exportWithoutBase(requested.to, requested, report);
}

async function exportGguf(requested: ExportOptions, report: Report): Promise<void> {
  const options = await withBase(requested, report);
  const { model, adapter, out, dtype = "F32", overwrite = false } = options;
  if (dtype === "INT8") throw new UsageError("--dtype INT8 is for --to onnx; gguf has F32, F16, BF16 and Q8_0.");
  await withLockedOutput({ kind: "file", model, adapter, out, overwrite }, report, async (read) => {
    const config = await configOfSource(await nodePlatform.findModel(model, sourceContext(report)));
    if (config === undefined) throw new Error(`${model} is neither a folder nor a file.`);
    const bytes = writeGgufAdapter(read, config, {
      dtype,
      name: pathsOf(adapter)
        .map((path) => basename(path))
        .join("+"),
    });
    await writeFileAtomic(out, bytes, { overwrite });
    report.emit({ out, format: options.to, dtype, tensors: read.tensors.size, bytes: bytes.length });
    report.print(`${plural(read.tensors.size, "tensor")}, ${(bytes.length / 1e6).toFixed(1)} MB, written to ${out}`);
    report.print(`with llama.cpp, on the same base as GGUF: llama-cli -m base.gguf --lora ${out}`);
  });
}
