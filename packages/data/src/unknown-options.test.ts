// Unknown options are refused by every function with options, except functions that run once for each row.

import { expect, it } from "vitest";
import { batches, batchIndices } from "./batching/batches.ts";
import { splitByKey } from "./batching/split-by-key.ts";
import { readDataFile, streamDataFile } from "./files/read-data-file.ts";
import { readCsv, readTsv } from "./reading/read-csv.ts";
import { readJson } from "./reading/read-json.ts";
import { readJsonl } from "./reading/read-jsonl.ts";
import { chatTemplate } from "./templates/chat-template.ts";
import { promptTemplate } from "./templates/prompt-templates.ts";
import { extendTokenizer } from "./tokenizer/extend-tokenizer.ts";
import { TextTokenizer } from "./tokenizer/text-tokenizer.ts";
import { tokenizeExamples } from "./tokenizing/tokenize-examples.ts";

const tokenizer = TextTokenizer.fromJson({
  model: { type: "WordLevel", vocab: { "[UNK]": 0 }, unk_token: "[UNK]" },
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: "Whitespace" },
  post_processor: null,
  decoder: null,
});
const files = { name: "none", has: async () => false, readText: async () => "" };

it.each<[name: string, misspelt: string, nearest: string, call: (options: never) => unknown]>([
  ["readCsv", "collumns", "columns", (options) => readCsv("text\na\n", options)],
  ["readTsv", "max_rows", "maxRows", (options) => readTsv("text\na\n", options)],
  ["readJson", "maxRow", "maxRows", (options) => readJson('[{"text": "a"}]', options)],
  ["readJsonl", "maxsize", "maxSize", (options) => readJsonl('{"text": "a"}', options)],
  ["readDataFile", "fromat", "format", (options) => readDataFile("rows.jsonl", options)],
  ["streamDataFile", "formt", "format", (options) => streamDataFile("rows.jsonl", options).next()],
  [
    "tokenizeExamples",
    "max_length",
    "maxLength",
    (options) => tokenizeExamples([], tokenizer, promptTemplate("plain"), options),
  ],
  ["chatTemplate", "bos_token", "bosToken", (options) => chatTemplate("", options)],
  ["splitByKey", "sede", "seed", (options) => splitByKey(["a"], (row) => row, options)],
  ["batches", "batch_size", "batchSize", (options) => [...batches([], options)]],
  ["batchIndices", "drop_last", "dropLast", (options) => batchIndices([], options)],
  ["extendTokenizer", "specials", "special", (options) => extendTokenizer(files, ["a"], options)],
  ["TextTokenizer.fromJson", "maxToken", "maxTokens", (options) => TextTokenizer.fromJson({}, {}, options)],
])("%s refuses %s and names %s", async (name, misspelt, nearest, call) => {
  const refused = `${name} got unknown options:\n  - "${misspelt}" → "${nearest}"`;
  await expect(async () => call({ [misspelt]: 1 } as never)).rejects.toThrow(refused);
});
