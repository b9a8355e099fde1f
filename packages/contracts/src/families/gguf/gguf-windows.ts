// Sliding windows that llama.cpp ignores.

import type { Warning } from "../../errors.ts";
import type { ModelConfig } from "../family.ts";
import type { GgufTable } from "./gguf-table.ts";

/** The warning for a model whose sliding window llama.cpp ignores, with the length from which its numbers differ. */
export function windowWarning(config: Pick<ModelConfig, "windows">, table: GgufTable): Warning | undefined {
  const windows = config.windows.filter((window) => window !== null);
  if (windows.length === 0 || table.computesWindows === true) return undefined;
  const length = Math.min(...windows);
  const layers = `${windows.length} of ${config.windows.length} layers`;
  return {
    code: "GGUF_WINDOW",
    message:
      `llama.cpp computes the architecture ${table.architecture} without sliding windows, and this model has one of ${length} tokens in ${layers}. ` +
      `For texts of more than ${length} tokens, prompt and answer together, its probabilities will differ. ` +
      `Limit the context to ${length} tokens (llama.cpp: -c ${length}; Ollama: num_ctx), or use a Hugging Face folder.`,
  };
}
