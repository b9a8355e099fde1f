// lowrank inspect: the contents of an adapter, a model folder or a single file.

import { defineCommand, option } from "../define-command.ts";
import { type CommonOptions, json } from "../options/shared-options.ts";

export const addInspectCommand = defineCommand({
  name: "inspect",
  summary: "show the contents of an adapter, a model or a file",
  description:
    "Shows names, shapes, number types, parameters and configuration of a PEFT adapter folder, a Hugging Face model folder, a .safetensors or a .gguf file; for an " +
    "adapter, also the base that it fits.",
  words: [["<path>", "folder or file"]],
  options: [option("--all", "list every tensor"), json],
  examples: ["lowrank inspect ./adapter"],
  run: async ({ all = false }: CommonOptions & { readonly all?: boolean }, report, path: string) => {
    const { inspect } = await import("../../node/inspect.ts");
    const { printInspection } = await import("./print-inspection.ts");
    printInspection(await inspect(path), { all }, report);
  },
});
