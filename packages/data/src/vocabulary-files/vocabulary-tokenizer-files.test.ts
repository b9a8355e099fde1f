// Against transformers and SentencePiece: fixtures/make_vocabularies.py made the files and the numbers.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";

import { openTokenizer } from "../tokenizer/open-tokenizer.ts";
import { filesOfClasses } from "./make-texts.ts";
import { vocabularyFiles, vocabularyTokenizerFiles } from "./vocabulary-tokenizer-files.ts";

interface Case {
  readonly files: Readonly<Record<string, string>>;
  readonly config: object;
  readonly tokenizerConfig: object;
  readonly ids: readonly (readonly number[])[];
  readonly decoded: readonly string[];
  readonly pairs: readonly (readonly number[])[];
  readonly types: readonly (readonly number[] | null)[];
  readonly marks: Readonly<Record<string, number>>;
  readonly targets?: readonly (readonly number[])[];
}
interface Expected {
  readonly texts: readonly string[];
  readonly pairs: readonly (readonly [string, string])[];
  readonly cases: Readonly<Record<string, Case>>;
}

const folder = new URL("../../fixtures/vocabularies/", import.meta.url);
const bytes = (file: string) => new Uint8Array(readFileSync(new URL(file, folder)));
// The file was written by our own script.
const expected = JSON.parse(gunzipSync(readFileSync(new URL("expected.json.gz", folder))).toString()) as Expected;

/** A folder with these files. */
function folderOf(files: ReadonlyMap<string, Uint8Array>) {
  const content = (file: string) => files.get(file) ?? new Uint8Array();
  return {
    name: "model",
    has: async (file: string) => files.has(file),
    readText: async (file: string) => new TextDecoder().decode(content(file)),
    open: async (file: string) => ({
      size: content(file).length,
      read: async (offset: number, length: number) => content(file).subarray(offset, offset + length),
    }),
  };
}

function modelFolder({ files, config, tokenizerConfig }: Case) {
  const texts = { "config.json": config, "tokenizer_config.json": tokenizerConfig };
  return folderOf(
    new Map([
      ...Object.entries(files).map(([name, source]) => [name, bytes(source)] as const),
      ...Object.entries(texts).map(([name, json]) => [name, new TextEncoder().encode(JSON.stringify(json))] as const),
    ]),
  );
}

describe.each(Object.entries(expected.cases))("a folder of %s without tokenizer.json", (_name, wanted) => {
  const opening = openTokenizer(modelFolder(wanted));

  it("splits texts as transformers does", async () => {
    const tokenizer = await opening;
    const made = expected.texts.map((text) => tokenizer.encode(text));
    const wrong = made.flatMap((ids, index) =>
      ids.join() === wanted.ids[index]?.join() ? [] : [{ text: expected.texts[index], ids, wanted: wanted.ids[index] }],
    );
    expect(wrong).toEqual([]);
  });

  it("decodes, encodes pairs and has special tokens like transformers", async () => {
    const tokenizer = await opening;
    const written = wanted.decoded.map((_text, index) => tokenizer.decode(wanted.ids[index] ?? []));
    // transformers leaves M2M-100's language tokens in decoded text.
    expect(written).toEqual(wanted.decoded.map((text) => (text.startsWith("__") ? text.slice(6).trimStart() : text)));
    const pairs = expected.pairs.map(([first, second]) => tokenizer.encodePair(first, second));
    expect(pairs.map(({ inputIds }) => inputIds)).toEqual(wanted.pairs);
    for (const [index, types] of wanted.types.entries())
      if (types !== null) expect(pairs[index]?.tokenTypeIds).toEqual(types);
    const { bos_token: bosId, eos_token: eosId } = wanted.marks;
    expect(tokenizer).toMatchObject({ bosId, eosId });
  });

  it.runIf(wanted.targets !== undefined)("splits targets as transformers does", async () => {
    const tokenizer = await opening;
    const { targetPrefixIds, targetSuffixIds } = tokenizer;
    const made = expected.texts.map((text) => [
      ...targetPrefixIds,
      ...tokenizer.encode(text, { addSpecialTokens: false, isTarget: true }),
      ...targetSuffixIds,
    ]);
    expect(made).toEqual(wanted.targets);
  });
});

describe("vocabularyTokenizerFiles", () => {
  const text = (content: string) => new TextEncoder().encode(content);
  const config = ["config.json", text('{"model_type": "bert"}')] as const;
  const vocabulary = ["vocab.txt", text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\r\n")] as const;

  it("does not change a folder with a tokenizer.json, or without a vocabulary", async () => {
    const own = vocabularyTokenizerFiles(folderOf(new Map([config, vocabulary, ["tokenizer.json", text("own")]])));
    expect(await own.readText("tokenizer.json")).toBe("own");
    const none = vocabularyTokenizerFiles(folderOf(new Map([config])));
    expect([await none.has("tokenizer.json"), await none.has("config.json")]).toEqual([false, true]);
  });

  it("assigns ids to added tokens, and flags to special tokens", async () => {
    const added = ["added_tokens.json", text('{"<fact>": 9}')] as const;
    const tokenizer = await openTokenizer(folderOf(new Map([config, vocabulary, added])));
    expect(tokenizer.encode("a <fact> a")).toEqual([2, 5, 9, 5, 3]);
  });

  it.each([
    ["of no class that is known", { "config.json": '{"model_type": "other"}' }, /its vocab\.txt/],
    [
      "with a vocabulary that is none",
      { "vocab.json": "[]", "merges.txt": "", "config.json": '{"model_type": "gpt2"}' },
      /vocab\.json: expected an object/,
    ],
    [
      "with a merge of tokens that there are not",
      { "vocab.json": '{"a": 0}', "merges.txt": "#version: 0.2\na b", "config.json": '{"model_type": "gpt2"}' },
      /merges\.txt: .* got "a b" on line 1/,
    ],
    [
      "with an id that is none",
      { "vocab.json": '{"a": -1}', "merges.txt": "", "config.json": '{"model_type": "gpt2"}' },
      /expected an id from 0/,
    ],
    [
      "without the marks around its texts",
      { "vocab.txt": "a", "config.json": '{"model_type": "bert"}', "tokenizer_config.json": '{"cls_token": null}' },
      /cls_token is put around texts/,
    ],
    [
      "whose file is no SentencePiece model",
      { "spiece.model": "no", "config.json": '{"model_type": "t5"}' },
      /model\/spiece\.model is not a readable SentencePiece model/,
    ],
  ])("refuses a folder %s", async (_, files, message) => {
    const all = { "vocab.txt": "a", ...files };
    const entries = Object.entries(all).map(([name, content]) => [name, text(content)] as const);
    const opening = openTokenizer(folderOf(new Map(entries)));
    await expect(opening).rejects.toThrow(expect.objectContaining({ code: "TOKENIZER_INVALID" }));
    await expect(opening).rejects.toThrow(message);
  });
});

it("requests exactly the files that classes need", () => {
  expect([...vocabularyFiles].sort()).toEqual([...filesOfClasses].sort());
});
