// Results that survive an interruption: one file for each experiment, written again after every run.

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import type { Trained } from "./run-method.ts";

/** A run as it is saved. */
export interface SavedRun extends Trained {
  readonly method: string;
  readonly seed: number;
  readonly learningRate: number;
  /** Higher ones, at which the loss did not fall. */
  readonly failedRates?: readonly number[];
  readonly engine: string;
  readonly processor: string;
  /** ISO 8601 */
  readonly date: string;
}

const root = join(import.meta.dirname, "../..");

const resultsFolder = join(root, "results");
/** The folder of adapters, which may be lost. */
export const adaptersFolder: string = join(root, "runs");

/** The result with this name; undefined if there is none. */
export function readSaved<Saved>(name: string): Saved | undefined {
  const path = join(resultsFolder, `${name}.json`);
  // Written by a program of the same version of this repository.
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Saved) : undefined;
}

/** Replaces the file atomically. */
export function saveResult(name: string, value: unknown): void {
  const path = join(resultsFolder, `${name}.json`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, `${readable(value)}\n`);
  renameSync(`${path}.new`, path);
}

/** The processor, on which times depend, and the time of the end. */
export function processorAndDate(): Pick<SavedRun, "processor" | "date"> {
  return { processor: cpus()[0]?.model.trim() ?? "unknown", date: new Date().toISOString() };
}

/** "loss 0.3354, accuracy 0.8567" */
export function figuresText({ after }: Pick<SavedRun, "after">): string {
  return Object.entries(after)
    .map(([figure, value]) => `${figure} ${value.toFixed(4)}`)
    .join(", ");
}

/** JSON with a line for each list of numbers: a matrix reads as one, and a change of it as few lines. */
function readable(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll(
    /\[\s+(-?[\d.e+-]+(?:,\s+-?[\d.e+-]+)*)\s+\]/g,
    (_, numbers: string) => `[${numbers.replaceAll(/\s+/g, " ")}]`,
  );
}
