// lowrank export: an adapter in another program's format.

import { type Command, Option } from "commander";
import type { ExportOptions } from "../export/export-options.ts";
import type { CommandIo } from "../io.ts";
import { adaptersOption, modelOption, outOption, withExamples, withJson } from "../options/shared-options.ts";
import { createReport } from "../terminal/report.ts";

/** Adds the command to the program. */
export function addExportCommand(program: Command, io: CommandIo): void {
  const command = program
    .command("export")
    .summary("write an adapter for llama.cpp, Ollama, MLX or ComfyUI, or into an ONNX model")
    .description(
      "Writes an adapter as one GGUF file, which llama.cpp and what is built on it put on the same base. Of the base only " +
        "its configuration is read. With --to mlx --out is the folder that mlx_lm loads, with --to kohya the file of sd-scripts and with --to diffusers that of its pipelines, for a text encoder if --component says no other part, with --to loralib that of microsoft/LoRA. With --to onnx it goes into an ONNX model (--model model.onnx) that transformers.js or ONNX " +
        "Runtime runs, and --out is a folder; --to onnx-adapter writes the file that ONNX Runtime GenAI loads beside a model made with --switchable adapter-files. What a format cannot hold is refused, never left out.",
    )
    .addOption(modelOption())
    .addOption(adaptersOption("PEFT adapter folder to export").makeOptionMandatory())
    .addOption(
      new Option("--to <format>", "format to write")
        .choices(["gguf", "mlx", "kohya", "diffusers", "loralib", "onnx", "onnx-adapter"])
        .default("gguf"),
    )
    .addOption(outOption("file to write; of mlx and onnx, a folder"))
    .addOption(
      new Option(
        "--dtype <type>",
        "gguf, mlx, kohya, diffusers, loralib: type of the numbers, F32 if not said; rows that are no whole blocks of Q8_0 stay F16",
      ).choices(["F32", "F16", "BF16", "Q8_0"]),
    )
    .addOption(
      new Option(
        "--switchable [by]",
        "onnx: let the model read any adapter on these modules, or none, from inputs, which are fed by a session in JavaScript (if not said), or from ONNX Runtime's own adapter files (--to onnx-adapter)",
      ).choices(["session", "adapter-files"]),
    )
    .addOption(
      new Option(
        "--component <part>",
        "kohya, diffusers: the part of a pipeline that the base is, te if not said",
      ).choices(["te", "te1", "te2", "te3", "unet"]),
    )
    .option("--allow-different-base", "onnx: do not compare the model's weights with those of the adapter's base")
    .option("--overwrite", "replace --out if an earlier run wrote it");
  withExamples(withJson(command), "lowrank export --model ./tiny --adapter ./adapter --out adapter.gguf").action(
    async (options: ExportOptions) => {
      const { runExport } = await import("../export/run-export.ts");
      await runExport(options, createReport(io, options));
    },
  );
}
