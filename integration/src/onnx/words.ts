// A tokenizer for fixtures whose vocabulary has 100 entries: words "w0" to "w99", separated by spaces.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

const vocab = Object.fromEntries(Array.from({ length: 100 }, (_, id) => [`w${id}`, id]));

const wordsJson = JSON.stringify({
  version: "1.0",
  truncation: null,
  padding: null,
  added_tokens: [],
  normalizer: null,
  post_processor: null,
  pre_tokenizer: { type: "WhitespaceSplit" },
  decoder: { type: "WordPiece", prefix: "##", cleanup: false },
  model: {
    type: "WordPiece",
    unk_token: "w0",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab,
  },
});

/** Ids as text. */
export const words = (ids: readonly number[]): string => ids.map((id) => `w${id}`).join(" ");

/** Writes it into a model's folder. */
export function writeWords(folder: string): void {
  writeFileSync(join(folder, "tokenizer.json"), wordsJson);
  const config = { tokenizer_class: "PreTrainedTokenizerFast", unk_token: "w0", model_max_length: 32 };
  writeFileSync(join(folder, "tokenizer_config.json"), JSON.stringify(config));
}
