// Options that several commands have, described once so that they never drift apart.

import { type EngineName, engineNames } from "@lowrank/engine/facts";
import { type Command, Option } from "commander";
import { type WeightedPath, weightedPath } from "./named-adapters.ts";
import { columnNames, integerIn, nameList } from "./parse-values.ts";

/** What every command has. */
export interface CommonOptions {
  readonly json?: boolean;
}

/** What every command that computes has. */
export interface EngineOptions extends CommonOptions {
  readonly engine?: EngineName;
  readonly threads?: number;
}

/** Adds `--json`. */
export function withJson(command: Command): Command {
  return command.option("--json", "print JSON on stdout, one object a line; text for people goes to stderr");
}

/** Adds `--json`, `--engine` and `--threads`. */
export function withEngine(command: Command): Command {
  return withJson(command)
    .addOption(
      new Option("--engine <name>", "compute with this engine (default: the best that starts)").choices(engineNames),
    )
    .addOption(
      new Option("--threads <number>", "threads that compute (default: one for each processor)").argParser(
        integerIn({ min: 1, max: 1024 }),
      ),
    );
}

/** `--model`, for which an adapter can stand. */
export function modelOption(): Option {
  return new Option(
    "--model <path>",
    "Hugging Face model folder, .gguf file, or owner/name on the Hugging Face Hub (default: the base of --adapter)",
  );
}

/** What every command has that uses adapters. */
export interface AdapterOptions {
  readonly adapter?: readonly WeightedPath[];
  readonly allowDifferentBase?: boolean;
}

/** The optional `--adapter` of commands that use adapters; several act together. */
export function adaptersOption(description = "PEFT adapter folder to apply to the model"): Option {
  const more = "; several act together, a:0.7 in part";
  return new Option("--adapter <paths...>", `${description}${more}`).argParser(
    (text: string, before: readonly WeightedPath[] = []) => [...before, weightedPath(text)],
  );
}

/** The `--allow-different-base` of commands that take an adapter. */
export function differentBaseOption(): Option {
  return new Option(
    "--allow-different-base",
    "take the adapter even if it was made on other files than the base's, such as the same model as GGUF",
  );
}

/** How the base's weights may be kept. */
const basePrecisions = ["float32", "as-stored", "nf4", "bf16", "int8"] as const;

/** What commands have that take `--base-precision`. */
export interface BasePrecisionOptions {
  readonly basePrecision?: (typeof basePrecisions)[number];
}

/** The optional `--base-precision`. */
export function basePrecisionOption(): Option {
  return new Option(
    "--base-precision <bits>",
    "keep the base in float32 (default), in the bits of its file (as-stored), its linear layers in 4 bits (nf4): less " +
      "memory, more time; in bf16, which tfjs-node also multiplies, faster and less exactly; or its linear layers in 8 bits " +
      "(int8), which native also multiplies: two to three times as fast where the processor has the instructions",
  ).choices(basePrecisions);
}

/** The required `--out` of commands that write a folder. */
export function outOption(description: string): Option {
  return new Option("--out <path>", description).makeOptionMandatory();
}

/** `--columns` of commands that read data. */
export function columnsOption(): Option {
  return new Option(
    "--columns <pairs>",
    'names of a file\'s columns, where they differ: "prompt=question,completion=answer"',
  ).argParser(columnNames);
}

/** Names that `--template` takes; "chat" is the model's own. */
export const templateNames = ["plain", "alpaca", "vicuna", "koalpaca", "chat"] as const;

/** `--template` of commands that write prompts. */
export function templateOption(description: string): Option {
  return new Option("--template <name>", description).choices(templateNames);
}

/** `--max-target-length` of commands that read data. */
export function maxTargetLengthOption(): Option {
  return new Option(
    "--max-target-length <number>",
    "for an encoder–decoder: cut answers after so many tokens (default: 512 or the model's limit)",
  ).argParser(integerIn({ min: 2 }));
}

/** `--header` of commands that read data. */
export function headerOption(): Option {
  return new Option(
    "--header <names>",
    'for a CSV or TSV file whose first line is a row already: names of its columns, such as "sentence,label"',
  ).argParser(nameList);
}

/** What may be named as data. */
const dataHelp =
  'JSONL, JSON, CSV, TSV or Parquet, packed by gzip or not, a pattern ("data/*.jsonl"), owner/name of a data set on the Hugging Face Hub, or - for stdin';

/** The required `--data`. */
export function dataOption(): Option {
  return new Option(
    "--data <files...>",
    `files of examples, whose rows follow each other: ${dataHelp}`,
  ).makeOptionMandatory();
}

/** `--skip-bad-rows` of commands that read data. */
export function skipBadRowsOption(): Option {
  return new Option("--skip-bad-rows", "leave broken rows out and count them, instead of refusing the file");
}

/** `--seed`, the source of every random number. */
export function seedOption(description: string): Option {
  return new Option("--seed <number>", description).argParser(integerIn({ min: 0, max: 2 ** 32 - 1 })).default(0);
}

/** Appends examples to a command's help. */
export function withExamples(command: Command, ...examples: readonly string[]): Command {
  return command.addHelpText("after", `\nExample${examples.length > 1 ? "s" : ""}:\n  ${examples.join("\n  ")}`);
}
