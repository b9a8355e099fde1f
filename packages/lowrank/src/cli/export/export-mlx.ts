// lowrank export --to mlx: the folder that mlx_lm loads.

import { writeMlxAdapter } from "@lowrank/adapter-format";
import { findAdapters } from "../../adapters/weighted-set.ts";
import { UsageError } from "../../errors/usage-errors.ts";
import { nodePlatform } from "../../node/node-platform.ts";
import { claimOutput } from "../../node/output/check-output.ts";
import { sourceContext } from "../open-model.ts";
import { pathsOf } from "../options/named-adapters.ts";
import type { Report } from "../terminal/report.ts";
import type { ExportOptions } from "./export-options.ts";

/** Writes it, whole or not at all. The base is not looked at. */
export async function exportMlx(options: ExportOptions, report: Report): Promise<void> {
  const { model, adapter, out, dtype = "F32", overwrite = false } = options;
  if (dtype === "Q8_0") throw new UsageError("--dtype Q8_0 is GGUF's own; mlx has F32, F16 and BF16.");
  const release = await claimOutput(out, { kind: "folder", overwrite, inputs: [model, ...pathsOf(adapter)] });
  try {
    const found = await findAdapters(nodePlatform, adapter, sourceContext(report));
    const read = await found.read({ onWarning: report.warn });
    const files = writeMlxAdapter(read, { dtype });
    await nodePlatform.writeFiles(out, new Map(Object.entries(files)), { overwrite });
    const { size: tensors } = read.tensors;
    const { length: bytes } = files["adapters.safetensors"];
    report.emit({ out, format: options.to, dtype, tensors, bytes });
    report.say(`${tensors} tensors, ${(bytes / 1e6).toFixed(1)} MB, written to ${out}`);
    report.say(`with MLX, on the same base: mlx_lm.generate --model BASE --adapter-path ${out}`);
  } finally {
    await release();
  }
}
