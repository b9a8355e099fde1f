// tokenizer.json and tokenizer_config.json: a tokenizer that is accepted turns any text into ids of its vocabulary.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openTokenizer } from "@lowrank/data";
import { filesFolder } from "@lowrank/models";
import { joinFiles, splitFiles } from "../inputs/joined-files.ts";
import { Entries, type JsonTree, treeOf } from "../inputs/json-tree.ts";
import { mutateBytes } from "../inputs/mutate-bytes.ts";
import { jsonBytes, mutateJson } from "../inputs/mutate-json.ts";
import { jsonSeeds, root } from "../inputs/seeds.ts";
import { demand, mayRefuse, type Target } from "../target.ts";

const fixtures = "packages/data/fixtures";
const models = ["byte-level", "llama-like", "unigram", "word-level", "word-piece"];
const [parts] = jsonSeeds([`${fixtures}/rust-parts.json`]);
const seeds = [...jsonSeeds(models.map((name) => `${fixtures}/${name}.json`)), ...tokenizersOf(parts)];
const configs = [
  { bos_token: "<s>", eos_token: { content: "</s>" }, pad_token: "[PAD]", unk_token: "[UNK]" },
  { clean_up_tokenization_spaces: true, model_max_length: 512, chat_template: "{{ messages }}" },
].map(treeOf);

/** Folders without a tokenizer.json. */
const folders = [
  { type: "t5", files: { "spiece.model": "t5.model" } },
  { type: "deberta-v2", files: { "spm.model": "deberta.model" } },
  { type: "llama", files: { "tokenizer.model": "cleaning.model" } },
  {
    type: "marian",
    files: { "source.spm": "fairseq.model", "target.spm": "target.model", "vocab.json": "marian.vocab.json" },
  },
  { type: "gpt2", files: { "vocab.json": "vocab.json", "merges.txt": "merges.txt" } },
  { type: "bert", files: { "vocab.txt": "vocab.txt" } },
].map(({ type, files }) => ({
  config: jsonBytes(treeOf({ model_type: type })),
  files: Object.entries(files).map(
    ([name, source]) => [name, readFileSync(join(root, `${fixtures}/vocabularies/${source}`))] as const,
  ),
}));

const texts = [
  "",
  "Hello world!",
  "  two  words ",
  "é🦙 안녕\r\n",
  "a\0b\u0001\u001b[0m",
  `${"a".repeat(60)}!`,
  "[CLS]</s><s>",
];
const longestOutput = 100_000;

export const tokenizer: Target = {
  generate(random) {
    if (random.chance(0.3)) {
      const { config, files } = random.pick(folders);
      const broken = files.map(([name, bytes]) => [name, mutateBytes(new Uint8Array(bytes), random)] as const);
      return joinFiles(new Map([["config.json", config], ...broken]));
    }
    const files = new Map([["tokenizer.json", jsonBytes(mutateJson(random.pick(seeds), seeds, random))]]);
    if (random.chance(0.5)) {
      files.set("tokenizer_config.json", jsonBytes(mutateJson(random.pick(configs), configs, random)));
    }
    const input = joinFiles(files);
    return random.chance(0.05) ? mutateBytes(input, random) : input;
  },

  async check(input) {
    const opened = await openTokenizer(filesFolder("fuzz", splitFiles(input)));
    demand(Number.isSafeInteger(opened.vocabSize), `the vocabulary has ${opened.vocabSize} tokens`);
    const checkIds = (ids: readonly number[]) => {
      const wrong = ids.find((id) => !(Number.isInteger(id) && id >= 0 && id < opened.vocabSize));
      demand(wrong === undefined, `the id ${wrong} is outside the vocabulary`);
      demand(ids.length <= longestOutput, `a short text became ${ids.length} tokens`);
    };
    for (const text of texts) {
      const ids = opened.encode(text);
      checkIds(ids);
      demand(opened.decode(ids).length <= longestOutput, "few tokens became a text without end");
      const pair = opened.encodePair("Who?", text, { maxLength: 20 });
      checkIds(pair.inputIds);
      demand(pair.tokenTypeIds.length === pair.inputIds.length, "ids and segments differ in number");
      const question = mayRefuse(() => opened.encodeQuestion("Who?", text, { maxLength: 20 }));
      const isInside = question?.spans.every(([start, end]) => start >= 0 && end <= text.length) ?? true;
      demand(isInside, "a token is made of characters that the text does not have");
    }
  },
};

/** The tokenizers of the fixture: { parts: [{ name, json, texts }] }. */
function tokenizersOf(tree: JsonTree | undefined): readonly JsonTree[] {
  const at = (of: JsonTree | undefined, key: string) =>
    of instanceof Entries ? of.list.find(([name]) => name === key)?.[1] : undefined;
  const list = at(tree, "parts");
  return Array.isArray(list) ? list.flatMap((part) => at(part, "json") ?? []) : [];
}
