// lowrank embed: embeddings of texts.

import { type Command, Option } from "commander";
import type { EmbedCommandOptions } from "../embed/run-embed.ts";
import type { CommandIo } from "../io.ts";
import { integerIn } from "../options/parse-values.ts";
import {
  adaptersOption,
  basePrecisionOption,
  differentBaseOption,
  modelOption,
  withEngine,
  withExamples,
} from "../options/shared-options.ts";
import { createReport } from "../terminal/report.ts";

/** Adds the command to the program. */
export function addEmbedCommand(program: Command, io: CommandIo): void {
  const command = program
    .command("embed")
    .summary("embed texts for search and comparison")
    .description(
      "Writes one embedding for each text, a line of numbers each: the model's states, pooled and normalised as its folder " +
        "says (modules.json and 1_Pooling/config.json of sentence-transformers) unless --pooling says it.",
    )
    .addOption(modelOption())
    .addOption(adaptersOption())
    .addOption(differentBaseOption())
    .addOption(basePrecisionOption())
    .option("--text <text...>", "text to embed, or several")
    .option("--file <file>", "file with a text on each line")
    .option("--out <file>", "write to this file, of the kind that its name says (.jsonl or .csv), instead of stdout")
    .option("--overwrite", "replace --out if it is there")
    .addOption(new Option("--pooling <name>", "which states stand for a text").choices(["mean", "first", "last"]))
    .option("--normalise", "make embeddings of length 1")
    .option(
      "--prompt-name <name>",
      "prompt of the model's folder to write before each text, as query (default: the folder's)",
    )
    .addOption(new Option("--max-length <tokens>", "cut longer texts").argParser(integerIn({ min: 1 })))
    .addOption(new Option("--batch-size <number>", "texts at one time").argParser(integerIn({ min: 1 })).default(32));
  withExamples(
    withEngine(command),
    'lowrank embed --model ./minilm --text "how do I reset my password" "a password is changed in settings"',
  ).action(async (options: EmbedCommandOptions) => {
    const { runEmbed } = await import("../embed/run-embed.ts");
    await runEmbed(options, createReport(io, options));
  });
}
