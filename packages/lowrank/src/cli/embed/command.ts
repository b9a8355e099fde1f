// lowrank embed: embeddings of texts.

import { integerIn } from "../../options/option-table.ts";
import { defineCommand, option } from "../define-command.ts";
import { adaptersOption, computing } from "../options/shared-options.ts";
import type { EmbedCommandOptions } from "./run-embed.ts";

export const addEmbedCommand = defineCommand({
  name: "embed",
  summary: "compute embeddings of texts for search and comparison",
  description:
    "Writes one embedding for each text, a line of numbers each. Pooling and normalization are those of the model's folder (modules.json and 1_Pooling/config.json of " +
    "sentence-transformers), unless --pooling is given.",
  options: [
    "model",
    adaptersOption(),
    "allowDifferentBase",
    "basePrecision",
    option("--text <text...>", "texts to embed"),
    option("--file <file>", "file with a text on each line"),
    option("--out <file>", ".jsonl or .csv file to write (default: stdout)"),
    option("--overwrite", "replace an existing --out"),
    option("--pooling <name>", "how token states become one vector").choices(["mean", "first", "last"]),
    option("--normalize", "scale embeddings to length 1"),
    option("--dimensions <number>", "first dimensions to return, of Matryoshka models", integerIn({ min: 1 })),
    option("--prompt-name <name>", "prompt of the model's folder before each text, e.g. query (default: the folder's)"),
    option("--max-length <tokens>", "maximum tokens of a text", integerIn({ min: 1 })),
    option("--batch-size <number>", "texts in a batch", integerIn({ min: 1 }), 32),
    ...computing,
  ],
  examples: ['lowrank embed --model ./minilm --text "how do I reset my password" "a password is changed in settings"'],
  run: async (options: EmbedCommandOptions, report) => (await import("./run-embed.ts")).runEmbed(options, report),
});
