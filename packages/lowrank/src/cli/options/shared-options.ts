// Options that several commands have and the table of a run has not, and the types of those that it has.

import type { EngineName } from "@lowrank/engine/facts";
import { Option } from "commander";
import type { basePrecisions } from "../../options/file-options.ts";
import { type WeightedPath, weightedPath } from "./named-adapters.ts";

/** What every command has. */
export interface CommonOptions {
  readonly json?: boolean;
}

/** What every command that computes has. */
export interface EngineOptions extends CommonOptions {
  readonly engine?: EngineName;
  readonly threads?: number;
}

/** `--json`. */
export const json = new Option("--json", "print JSON on stdout, one object a line; text for people goes to stderr");

/** `--json`, `--engine` and `--threads`. */
export const computing = [json, "engine", "threads"];

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

/** What commands have that take `--base-precision`. */
export interface BasePrecisionOptions {
  readonly basePrecision?: (typeof basePrecisions)[number];
}

/** What it may be; absent: as the launcher says. */
export interface DistributedOptions {
  readonly distributed?: "off" | "mpi";
}

/** The option. */
export function distributedOption(): Option {
  return new Option(
    "--distributed <how>",
    "train with the other processes that mpirun or srun has started: mpi, or off for each by itself (default: with them)",
  ).choices(["off", "mpi"]);
}
