import { ByteLevelPreTokenizer, Tokenizer } from "@huggingface/tokenizers";
import { describe, expect, it } from "vitest";
import { writeBytesQuickly } from "./byte-characters.ts";

const texts = [
  "",
  " ",
  "It's 12 o'clock,  isn't it?\n\tYes \u00a0~",
  "né à Zürich – 東京 🎌",
  "half a pair: \ud83d",
  "\u0000\u007f\u00ad",
];

const settings = [true, false].flatMap((add_prefix_space) =>
  [true, false].map((use_regex) => ({ type: "ByteLevel", add_prefix_space, use_regex }) as const),
);

describe("writeBytesQuickly", () => {
  it.each(settings)("equals the library's words, with %o", (config) => {
    const library = new ByteLevelPreTokenizer(config);
    for (const pre_tokenizer of [config, { type: "Sequence", pretokenizers: [config] }]) {
      const model = { type: "BPE", vocab: {}, merges: [] };
      const tokenizer = new Tokenizer(
        { model, pre_tokenizer, normalizer: null, post_processor: null, decoder: null, added_tokens: [] },
        {},
      );
      writeBytesQuickly(tokenizer);
      for (const text of texts) {
        expect(tokenizer.pre_tokenizer?.pre_tokenize(text)).toEqual(library.pre_tokenize(text));
      }
    }
  });
});
