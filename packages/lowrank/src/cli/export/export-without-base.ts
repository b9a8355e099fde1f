// `lowrank export` to formats that need nothing from the base model: one row each.

import { type Adapter, writeDiffusersAdapter, writeKohyaAdapter, writeMlxAdapter } from "@lowrank/adapter-format";
import { writeLoralibAdapter } from "@lowrank/adapter-format/internal";
import { writeFileAtomic } from "@lowrank/safetensors/node";
import { UsageError } from "../../errors/usage-errors.ts";
import { nodePlatform } from "../../node/node-platform.ts";
import { withLockedOutput } from "../adapter-output.ts";
import type { WeightedPath } from "../options/named-adapters.ts";
import type { EngineOptions } from "../options/shared-options.ts";
import { plural } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";

interface FormatRow {
  /** One file's bytes, or a folder's files by name. */
  write(
    adapter: Adapter,
    options: { readonly dtype: "F32" | "F16" | "BF16"; readonly component?: NonNullable<ExportOptions["component"]> },
  ): Uint8Array | object;
  hint(out: string): string;
}

const rows: Readonly<Record<FormatWithoutBase, FormatRow>> = {
  mlx: {
    write: (adapter, { dtype }) => writeMlxAdapter(adapter, { dtype }),
    hint: (out) => `with MLX, on the same base: mlx_lm.generate --model BASE --adapter-path ${out}`,
  },
  kohya: {
    write: writeKohyaAdapter,
    hint: (out) => `with ComfyUI, sd-scripts or Automatic1111, by its path: ${out} (diffusers: --to diffusers)`,
  },
  diffusers: {
    write: writeDiffusersAdapter,
    hint: (out) => `with diffusers: pipeline.load_lora_weights("${out}")`,
  },
  loralib: {
    write: (adapter, { dtype }) => writeLoralibAdapter(adapter, { dtype }),
    hint: (out) =>
      `with loralib, on layers of the lora_alpha in its metadata: model.load_state_dict(load_file("${out}"), strict=False)`,
  },
};

/** Writes the adapter atomically, without reading the base. */
export async function exportWithoutBase(
  to: FormatWithoutBase,
  { model, adapter, out, component, dtype = "F32", overwrite = false }: ExportOptions,
  report: Report,
): Promise<void> {
  if (dtype === "Q8_0" || dtype === "INT8")
    throw new UsageError(
      `--dtype ${dtype} is ${dtype === "INT8" ? "for onnx" : "GGUF's own"}; ${to} has F32, F16 and BF16.`,
    );
  if (component !== undefined && to !== "kohya" && to !== "diffusers")
    throw new UsageError("--component is for --to kohya and --to diffusers: other formats have one model's modules.");
  const { write, hint } = rows[to];
  const kind = to === "mlx" ? "folder" : "file";
  await withLockedOutput({ kind, model, adapter, out, overwrite }, report, async (read) => {
    const written = write(read, { dtype, ...(component && { component }) });
    if (written instanceof Uint8Array) await writeFileAtomic(out, written, { overwrite });
    else await nodePlatform.writeFiles(out, new Map(Object.entries(written)), { overwrite });
    const files: readonly (string | Uint8Array)[] = written instanceof Uint8Array ? [written] : Object.values(written);
    const bytes = files.reduce((sum, { length }) => sum + length, 0);
    const { size: tensors } = read.tensors;
    report.emit({ out, format: to, dtype, tensors, bytes });
    report.print(`${plural(tensors, "tensor")}, ${(bytes / 1e6).toFixed(1)} MB, written to ${out}`);
    report.print(hint(out));
  });
}

type FormatWithoutBase = "mlx" | "kohya" | "diffusers" | "loralib";

export interface ExportOptions extends EngineOptions {
  readonly model?: string;
  readonly adapter: readonly WeightedPath[];
  readonly out: string;
  readonly to: "gguf" | "onnx" | "onnx-adapter" | FormatWithoutBase;
  /** True if the flag has no value. */
  readonly switchable?: true | "session" | "adapter-files";
  /** kohya, diffusers: the component of the pipeline. */
  readonly component?: "te" | "te1" | "te2" | "te3" | "unet";
  readonly dtype?: "F32" | "F16" | "BF16" | "Q8_0" | "INT8";
  /** onnx: whether the model may have other weights than the base. */
  readonly allowDifferentBase?: boolean;
  readonly overwrite?: boolean;
}
