// Options that several commands share and that are not in the table of a run, and the types of those that are.

import type { EngineName } from "@lowrank/engine/internal/facts";
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

export const json = new Option("--json", "print JSON lines on stdout; text goes to stderr");

export const computing = [json, "engine", "threads"];

export interface AdapterOptions {
  readonly adapter?: readonly WeightedPath[];
  readonly allowDifferentBase?: boolean;
}

/** The optional `--adapter` of commands that use adapters; several act together. */
export function adaptersOption(description = "PEFT adapter folders or llama.cpp's .gguf adapters to apply"): Option {
  const more = "; several are added, path:0.7 scales one";
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
    "mpi: train together with the processes of mpirun or srun (default there); off: train alone",
  ).choices(["off", "mpi"]);
}

/** The options of commands that run a model, with or without an adapter. */
export interface ModelOptions extends EngineOptions, AdapterOptions, BasePrecisionOptions {
  readonly model?: string;
}
