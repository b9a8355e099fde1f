// What of other folders belongs to an exported model as it is.

import type { ExportFile } from "./export-file.ts";
import type { SourceFolder } from "./exportable-model.ts";

/** The tokenizer … */
const tokenizerFile =
  /^(tokenizer\.json|tokenizer_config\.json|special_tokens_map\.json|added_tokens\.json|vocab\.(json|txt)|merges\.txt|(tokenizer|spiece|spm|sentencepiece\.bpe)\.model|(source|target)\.spm|chat_template\.(jinja|json))$/;
/** … and, of a base, generation settings and licences. */
const otherFile = /^(generation_config\.json|preprocessor_config\.json|LICENSE.*|NOTICE.*)$/;

/** Whether a file of this name belongs to a tokenizer: a plain name, so that writing it leads nowhere else. */
export function isTokenizerFile(name: string): boolean {
  return tokenizerFile.test(name);
}

/** The base's files, and in place of the tokenizer's among them those of the same name in `tokenizer`. */
export async function copiedFiles(folders: {
  readonly base?: SourceFolder;
  readonly tokenizer: SourceFolder | undefined;
}): Promise<readonly ExportFile[]> {
  const { base, tokenizer } = folders;
  const copies = new Map<string, ExportFile>();
  for (const folder of [base, tokenizer]) {
    for (const file of (await folder?.list()) ?? []) {
      const belongs = isTokenizerFile(file) || (folder === base && otherFile.test(file));
      if (folder !== undefined && belongs) copies.set(file, await copiedFile(folder, file));
    }
  }
  return [...copies.values()];
}

async function copiedFile(source: SourceFolder, name: string): Promise<ExportFile> {
  const found = await source.open(name);
  await found.close?.();
  return {
    name,
    bytes: found.size,
    async *contents(from = 0) {
      const file = await source.open(name);
      try {
        const piece = 1 << 24;
        for (let offset = from; offset < file.size; offset += piece) {
          yield await file.read(offset, Math.min(piece, file.size - offset));
        }
      } finally {
        await file.close?.();
      }
    },
  };
}
