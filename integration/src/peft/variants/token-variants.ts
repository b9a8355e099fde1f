// Tokens that `lowrank train --add-tokens` adds: one row a variant.

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fixturesRoot } from "@lowrank/testing";

export interface TokenVariant {
  readonly name: string;
  /** A folder with a base; it is copied, with `tokenizer` in it where it has none of its own. */
  readonly base: string;
  readonly tokenizer?: object;
  readonly tokens: readonly string[];
  readonly special: boolean;
  readonly prompt: string;
  readonly completion: string;
}

/** A word has one letter, and the vocabulary this many words. */
const letters = Object.fromEntries([..."abcdefghijklmnopqrstuvwxyz"].map((letter, id) => [letter, id + 1]));

export const tokenVariants: readonly TokenVariant[] = [
  {
    name: "the tiny model with tokens of its own",
    base: join(dirname(createRequire(import.meta.url).resolve("@lowrank/tiny-model/package.json")), "model"),
    tokens: ["<fact>", "</fact>", " riverside", "café", "the"], // "the" is in the vocabulary
    special: false,
    prompt: "name[Aromi], area[riverside] <fact>",
    completion: " Aromi is a riverside café.</fact>",
  },
  {
    name: "llama with rows to spare for special tokens",
    base: join(fixturesRoot, "llama-gqa", "base"),
    tokenizer: {
      version: "1.0",
      model: { type: "WordLevel", vocab: { "[UNK]": 0, ...letters }, unk_token: "[UNK]" },
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: { type: "Whitespace" },
      post_processor: null,
      decoder: null,
    },
    tokens: ["<x>", "<y>"],
    special: true,
    prompt: "a b <x> c",
    completion: "d <y><x> e <y>",
  },
];
