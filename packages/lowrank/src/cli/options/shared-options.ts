// Options that several commands have and the table of a run has not, and the types of those that it has.

import type { EngineName } from "@lowrank/engine/facts";
import { Option } from "commander";
import type { basePrecisions } from "../../options/file-options.ts";
import { type WeightedPath, weightedPath } from "./named-adapters.ts";

export interface CommonOptions {
  readonly json?: boolean;
}

export interface EngineOptions extends CommonOptions {
  readonly engine?: EngineName;
  readonly threads?: number;
}

export const json = new Option("--json", "print JSON on stdout, one object a line; text for people goes to stderr");

export const computing = [json, "engine", "threads"];

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

export interface BasePrecisionOptions {
  readonly basePrecision?: (typeof basePrecisions)[number];
}

export interface DistributedOptions {
  readonly distributed?: "off" | "mpi";
}

export function distributedOption(): Option {
  return new Option(
    "--distributed <how>",
    "train with the other processes that mpirun or srun has started: mpi, or off for each by itself (default: with them)",
  ).choices(["off", "mpi"]);
}

/** What commands have that ask a model, with an adapter or without. */
export interface ModelOptions extends EngineOptions, AdapterOptions, BasePrecisionOptions {
  readonly model?: string;
}
