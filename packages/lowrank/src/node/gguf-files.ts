// What lies beside a .gguf file, with the tokenizer that is inside it where none lies there.

import { ggufTokenizerFiles, type TextFiles } from "@lowrank/data";
import { openGguf } from "@lowrank/gguf";
import { openFile } from "@lowrank/safetensors/node";
import { filesBeside } from "./files-beside.ts";

/** The files beside `path`; its metadata is read only where a tokenizer is asked for and none lies there. */
export function ggufFiles(path: string): TextFiles {
  return ggufTokenizerFiles(filesBeside(path), async () => {
    const source = await openFile(path);
    try {
      return (await openGguf(source)).metadata;
    } finally {
      await source.close?.();
    }
  });
}
