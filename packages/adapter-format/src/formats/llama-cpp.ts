// llama.cpp's GGUF, which also holds whole models.

import type { ForeignFormat } from "./foreign-format.ts";

export const llamaCpp: ForeignFormat = {
  name: "llama.cpp (GGUF)",
  advice:
    "If it is an adapter, take the PEFT folder that convert_lora_to_gguf.py made it of, or read it in a program with " +
    "readGgufAdapter of @lowrank/adapter-format/gguf, which needs the base's configuration.",
  recognises: (clue) => ("file" in clue ? clue.file.endsWith(".gguf") : "start" in clue && clue.start === "GGUF"),
};
