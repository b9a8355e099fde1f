// lowrank export: an adapter in another program's format.

import { defineCommand, option } from "../define-command.ts";
import { adaptersOption, json } from "../options/shared-options.ts";
import { tableOption } from "../options/table-options.ts";
import type { ExportOptions } from "./export-without-base.ts";

export const addExportCommand = defineCommand({
  name: "export",
  summary: "write an adapter for llama.cpp, Ollama, MLX or ComfyUI, or into an ONNX model",
  description:
    "Writes an adapter as one GGUF file, which llama.cpp and what is built on it put on the same base. Of the base only " +
    "its configuration is read. With --to mlx --out is the folder that mlx_lm loads, with --to kohya the file of sd-scripts and with --to diffusers that of its pipelines, for a text encoder if --component says no other part, with --to loralib that of microsoft/LoRA. With --to onnx it goes into an ONNX model (--model model.onnx) that transformers.js or ONNX " +
    "Runtime runs, and --out is a folder; --to onnx-adapter writes the file that ONNX Runtime GenAI loads beside a model made with --switchable adapter-files. What a format cannot hold is refused, never left out.",
  options: [
    "model",
    adaptersOption("PEFT adapter folder to export").makeOptionMandatory(),
    option("--to <format>", "format to write")
      .choices(["gguf", "mlx", "kohya", "diffusers", "loralib", "onnx", "onnx-adapter"])
      .default("gguf"),
    tableOption("out", "file to write; of mlx and onnx, a folder"),
    option(
      "--dtype <type>",
      "gguf, mlx, kohya, diffusers, loralib: type of the numbers, F32 if not said; rows that are no whole blocks of Q8_0 stay F16",
    ).choices(["F32", "F16", "BF16", "Q8_0"]),
    option(
      "--switchable [by]",
      "onnx: let the model read any adapter on these modules, or none, from inputs, which are fed by a session in JavaScript (if not said), or from ONNX Runtime's own adapter files (--to onnx-adapter)",
    ).choices(["session", "adapter-files"]),
    option("--component <part>", "kohya, diffusers: the part of a pipeline that the base is, te if not said").choices([
      ...["te", "te1", "te2", "te3", "unet"],
    ]),
    option("--allow-different-base", "onnx: do not compare the model's weights with those of the adapter's base"),
    option("--overwrite", "replace --out if an earlier run wrote it"),
    json,
  ],
  examples: ["lowrank export --model ./tiny --adapter ./adapter --out adapter.gguf"],
  run: async (options: ExportOptions, report) => (await import("./run-export.ts")).runExport(options, report),
});
