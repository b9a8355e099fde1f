// Presents the tokenizer of a GGUF file as tokenizer files, so that the same code reads both.

import { tokenizerError } from "../errors.ts";
import type { TextFiles } from "../text-files.ts";
import type { GgufMetadata } from "./gguf-vocabulary.ts";

/**
 * The files in the folder of a GGUF file. If the folder has no tokenizer.json, it and tokenizer_config.json are made from the
 * metadata. A chat_template.jinja in the folder has precedence over the metadata. The metadata is read at most once, and only
 * if needed; `readText` throws what `tokenizerFromGguf` does.
 */
export function ggufTokenizerFiles(folder: TextFiles, readMetadata: () => Promise<GgufMetadata>): TextFiles {
  let metadata: Promise<GgufMetadata> | undefined;
  let texts: Promise<ReadonlyMap<string, string>> | undefined;
  const read = () => {
    metadata ??= readMetadata();
    return metadata;
  };
  const isMade = async (file: string) => !(await folder.has("tokenizer.json")) && madeFiles.includes(file);
  return {
    name: folder.name,
    async has(file) {
      if (await isMade(file)) return (await read()).has("tokenizer.ggml.model");
      // Without a tokenizer.json, these files belong to another model.
      return (ownFiles.includes(file) || (await folder.has("tokenizer.json"))) && folder.has(file);
    },
    async readText(file, limits) {
      if (!(await isMade(file))) return folder.readText(file, limits);
      texts ??= read().then(textsOf);
      const text = (await texts).get(file) ?? "";
      if (text.length > limits.maxBytes) throw tokenizerError([`${file}: more than ${limits.maxBytes} characters`]);
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
