// lowrank embed: embeddings of texts.

import { integerIn } from "../../options/option-table.ts";
import { defineCommand, option } from "../define-command.ts";
import { adaptersOption, computing } from "../options/shared-options.ts";
import type { EmbedCommandOptions } from "./run-embed.ts";

export const addEmbedCommand = defineCommand({
  name: "embed",
  summary: "embed texts for search and comparison",
  description:
    "Writes one embedding for each text, a line of numbers each: the model's states, pooled and normalised as its folder " +
    "says (modules.json and 1_Pooling/config.json of sentence-transformers) unless --pooling says it.",
  options: [
    "model",
    adaptersOption(),
    "allowDifferentBase",
    "basePrecision",
    option("--text <text...>", "text to embed, or several"),
    option("--file <file>", "file with a text on each line"),
    option("--out <file>", "write to this file, of the kind that its name says (.jsonl or .csv), instead of stdout"),
    option("--overwrite", "replace --out if it is there"),
    option("--pooling <name>", "which states stand for a text").choices(["mean", "first", "last"]),
    option("--normalize", "make embeddings of length 1"),
    option(
      "--prompt-name <name>",
      "prompt of the model's folder to write before each text, as query (default: the folder's)",
    ),
    option("--max-length <tokens>", "cut longer texts", integerIn({ min: 1 })),
    option("--batch-size <number>", "texts at one time", integerIn({ min: 1 }), 32),
    ...computing,
  ],
  examples: ['lowrank embed --model ./minilm --text "how do I reset my password" "a password is changed in settings"'],
  run: async (options: EmbedCommandOptions, report) => (await import("./run-embed.ts")).runEmbed(options, report),
});
