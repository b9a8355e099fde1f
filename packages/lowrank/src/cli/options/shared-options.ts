// Options that several commands have, described once so that they never drift apart.

import type { EngineName } from "@lowrank/engine/facts";
import { type Command, Option } from "commander";
import type { basePrecisions } from "../../options/file-options.ts";
import { type WeightedPath, weightedPath } from "./named-adapters.ts";
import { tableOption } from "./table-options.ts";

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
  return withJson(command).addOption(tableOption("engine")).addOption(tableOption("threads"));
}

/** `--model`, for which an adapter can stand. */
export function modelOption(): Option {
  return tableOption("model");
}

/** What every command has that uses adapters. */
export interface AdapterOptions {
  readonly adapter?: readonly WeightedPath[];
  readonly allowDifferentBase?: boolean;
}

/** The optional `--adapter` of commands that use adapters; several act together. */
export function adaptersOption(
  description = "PEFT adapter folder, or .gguf file of llama.cpp, to apply to the model",
): Option {
  const more = "; several act together, a:0.7 in part";
  return new Option("--adapter <paths...>", `${description}${more}`).argParser(
    (text: string, before: readonly WeightedPath[] = []) => [...before, weightedPath(text)],
  );
}

/** The `--allow-different-base` of commands that take an adapter. */
export function differentBaseOption(): Option {
  return tableOption("allowDifferentBase");
}

/** What commands have that take `--base-precision`. */
export interface BasePrecisionOptions {
  readonly basePrecision?: (typeof basePrecisions)[number];
}

/** The optional `--base-precision`. */
export function basePrecisionOption(): Option {
  return tableOption("basePrecision");
}

/** The required `--out` of commands that write a folder. */
export function outOption(description: string): Option {
  return tableOption("out", description);
}

/** `--columns` of commands that read data. */
export function columnsOption(): Option {
  return tableOption("columns");
}

/** `--class-names` of commands that read labels or write them. */
export function classNamesOption(): Option {
  return tableOption("classNames");
}

/** `--template` of commands that write prompts. */
export function templateOption(description: string): Option {
  return tableOption("template", description);
}

/** `--max-target-length` of commands that read data. */
export function maxTargetLengthOption(): Option {
  return tableOption("maxTargetLength");
}

/** `--header` of commands that read data. */
export function headerOption(): Option {
  return tableOption("header");
}

/** The required `--data`. */
export function dataOption(): Option {
  return tableOption("data");
}

/** `--skip-bad-rows` of commands that read data. */
export function skipBadRowsOption(): Option {
  return tableOption("skipBadRows");
}

/** `--seed`, the source of every random number. */
export function seedOption(description: string): Option {
  return tableOption("seed", description);
}

/** Appends examples to a command's help. */
export function withExamples(command: Command, ...examples: readonly string[]): Command {
  return command.addHelpText("after", `\nExample${examples.length > 1 ? "s" : ""}:\n  ${examples.join("\n  ")}`);
}
