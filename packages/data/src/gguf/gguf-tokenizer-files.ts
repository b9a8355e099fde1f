// The tokenizer of a GGUF file as files, so that all that reads a tokenizer beside a model reads this one, too.

import { TokenizerError } from "../errors.ts";
import type { TextFiles } from "../text-files.ts";
import type { GgufMetadata } from "./gguf-vocabulary.ts";

/**
 * The files in a GGUF file's folder, with a tokenizer.json and a tokenizer_config.json made of its metadata where there is
 * no tokenizer.json among them. A chat_template.jinja among them counts more than the metadata's. The metadata is asked for
 * at most once, and only where it is needed; `readText` throws what `tokenizerFromGguf` does.
 *
 * @example
 * ```ts
 * import { ggufTokenizerFiles, openTokenizer } from "@lowrank/data";
 *
 * const nothingBeside = { name: "models", has: async () => false, readText: async () => "" };
 * const metadata = new Map<string, unknown>([
 *   ["tokenizer.ggml.model", "gpt2"],
 *   ["tokenizer.ggml.pre", "gpt-2"],
 *   ["tokenizer.ggml.tokens", ["h", "i", "hi"]],
 *   ["tokenizer.ggml.merges", ["h i"]],
 * ]);
 * const tokenizer = await openTokenizer(ggufTokenizerFiles(nothingBeside, async () => metadata));
 * if (tokenizer.decode([2]) !== "hi") throw new Error("wrong text");
 * ```
 */
export function ggufTokenizerFiles(beside: TextFiles, readMetadata: () => Promise<GgufMetadata>): TextFiles {
  let metadata: Promise<GgufMetadata> | undefined;
  let made: Promise<ReadonlyMap<string, string>> | undefined;
  const read = () => {
    metadata ??= readMetadata();
    return metadata;
  };
  const isMade = async (file: string) => !(await beside.has("tokenizer.json")) && madeFiles.includes(file);
  return {
    name: beside.name,
    async has(file) {
      if (await isMade(file)) return (await read()).has("tokenizer.ggml.model");
      // Without a tokenizer.json these are another model's.
      return (ownFiles.includes(file) || (await beside.has("tokenizer.json"))) && beside.has(file);
    },
    async readText(file, limits) {
      if (!(await isMade(file))) return beside.readText(file, limits);
      made ??= read().then(textsOf);
      const text = (await made).get(file) ?? "";
      if (text.length > limits.maxBytes) throw new TokenizerError([`${file}: more than ${limits.maxBytes} characters`]);
      return text;
    },
  };
}

const madeFiles = ["tokenizer.json", "tokenizer_config.json"];
const ownFiles = ["chat_template.jinja"];

async function textsOf(metadata: GgufMetadata): Promise<ReadonlyMap<string, string>> {
  const { tokenizerFromGguf } = await import("./tokenizer-from-gguf.ts"); // few read GGUF files
  const { tokenizerJson, tokenizerConfig } = tokenizerFromGguf(metadata);
  return new Map([
    ["tokenizer.json", JSON.stringify(tokenizerJson)],
    ["tokenizer_config.json", JSON.stringify(tokenizerConfig, undefined, 2)],
  ]);
}
