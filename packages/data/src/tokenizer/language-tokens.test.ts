import { describe, expect, it } from "vitest";

import { promptTemplate } from "../templates/prompt-templates.ts";
import { tokenizeSourceTargets } from "../tokenizing/source-target.ts";
import { TextTokenizer } from "./text-tokenizer.ts";

const words = ["[UNK]", "</s>", "en_XX", "ko_KR", "de_DE", "one", "eins", "hana"];
const special = (content: string) => ({ id: words.indexOf(content), content, special: true });
const specialToken = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
const text = (id: string) => ({ Sequence: { id, type_id: 0 } });
const named = (id: string) => [id, { id, ids: [words.indexOf(id)], tokens: [id] }] as const;

/** NLLB and mBART-50 put the language first, mBART after the end token. */
function tokenizer(around: "in front" | "behind", config: Record<string, unknown>) {
  const [before, after] = around === "in front" ? [["en_XX"], ["</s>"]] : [[], ["</s>", "en_XX"]];
  return TextTokenizer.fromJson(
    {
      model: { type: "WordLevel", vocab: Object.fromEntries(words.map((word, id) => [word, id])), unk_token: "[UNK]" },
      added_tokens: ["</s>", "en_XX", "ko_KR", "de_DE"].map(special),
      pre_tokenizer: { type: "Whitespace" },
      post_processor: {
        type: "TemplateProcessing",
        single: [...before.map(specialToken), text("A"), ...after.map(specialToken)],
        pair: [...before.map(specialToken), text("A"), text("B"), ...after.map(specialToken)],
        special_tokens: Object.fromEntries(["</s>", "en_XX"].map(named)),
      },
    },
    { eos_token: "</s>", ...config },
  );
}

const row = { kind: "completion", prompt: "one", completion: "hana" } as const;
const pairOf = (reader: TextTokenizer) =>
  tokenizeSourceTargets(row, reader, promptTemplate("plain"), { maxLength: 8, maxTargetLength: 8 }).map(
    ({ inputIds, labels }) => [inputIds, labels],
  );

describe("the languages of tokenizer_config.json", () => {
  it("are before sources and targets, as in NLLB", () => {
    const reader = tokenizer("in front", { src_lang: "en_XX", tgt_lang: "ko_KR" });
    expect(pairOf(reader)).toEqual([
      [
        [2, 5, 1],
        [3, 7, 1],
      ],
    ]);
    expect([reader.targetLanguageId, reader.targetPrefixIds]).toEqual([3, [3]]);
  });

  it("are after both, as in mBART, and a source's own replaces that of tokenizer.json", () => {
    const reader = tokenizer("behind", { src_lang: "de_DE", tgt_lang: "ko_KR" });
    expect(pairOf(reader)).toEqual([
      [
        [5, 1, 4],
        [7, 1, 3],
      ],
    ]);
    expect(reader.suffixIds).toEqual([1, 4]);
  });

  it("are the source's if no other is named", () => {
    const reader = tokenizer("in front", {});
    expect(pairOf(reader)).toEqual([
      [
        [2, 5, 1],
        [2, 7, 1],
      ],
    ]);
    expect(reader.targetLanguageId).toBeUndefined();
  });

  it("are refused if the tokenizer has no token for them", () => {
    expect(() => tokenizer("in front", { tgt_lang: "fr_XX" })).toThrow(
      expect.objectContaining({ code: "TOKENIZER_INVALID" }),
    );
    expect(() => tokenizer("in front", { src_lang: "hana" })).toThrow(/src_lang is "hana"/);
  });
});
