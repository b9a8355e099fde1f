// lowrank export: an adapter in another program's format.

import { defineCommand, option } from "../define-command.ts";
import { adaptersOption, computing } from "../options/shared-options.ts";
import { tableOption } from "../options/table-options.ts";
import type { ExportOptions } from "./export-without-base.ts";

export const addExportCommand = defineCommand({
  name: "export",
  summary: "write an adapter for llama.cpp, Ollama, MLX or ComfyUI, or an ONNX model for transformers.js",
  description:
    "Writes an adapter in another program's format. Except for onnx, only the configuration of the base is read. gguf: a file for llama.cpp and programs built on it. mlx: a folder for " +
    "mlx_lm. kohya: a file for sd-scripts. diffusers: a file for its pipelines. loralib: a file for microsoft/LoRA. onnx: a folder for transformers.js, with " +
    "the adapter merged into the base. With --model model.onnx, the adapter is merged into that file instead; --switchable then makes a model that takes any adapter on these " +
    "modules, or none, at run time. onnx-adapter: a file for " +
    "ONNX Runtime GenAI and a model made with --switchable adapter-files. Rows that are no whole blocks of Q8_0 stay F16. An adapter that a format cannot hold completely " +
    "is refused.",
  options: [
    "model",
    adaptersOption("PEFT adapter folder to export").makeOptionMandatory(),
    option("--to <format>", "format to write")
      .choices(["gguf", "mlx", "kohya", "diffusers", "loralib", "onnx", "onnx-adapter"])
      .default("gguf"),
    tableOption("out", "file to write; for mlx and onnx, a folder"),
    option(
      "--dtype <type>",
      "number type: F32 (default), F16, BF16; gguf also Q8_0; onnx: F32 or INT8 (default: a file of each)",
    ).choices(["F32", "F16", "BF16", "Q8_0", "INT8"]),
    option(
      "--switchable [by]",
      "onnx: adapters from inputs of a JavaScript session (default) or from ONNX Runtime's adapter-files",
    ).choices(["session", "adapter-files"]),
    option("--component <part>", "kohya, diffusers: part of the pipeline: te (default), te1, te2, te3 or unet").choices(
      [...["te", "te1", "te2", "te3", "unet"]],
    ),
    option("--allow-different-base", "onnx: do not compare the model's weights with those of the adapter's base"),
    option("--overwrite", "replace --out if lowrank wrote it"),
    ...computing,
  ],
  examples: ["lowrank export --model ./tiny --adapter ./adapter --out adapter.gguf"],
  run: async (options: ExportOptions, report) => (await import("./run-export.ts")).runExport(options, report),
});
