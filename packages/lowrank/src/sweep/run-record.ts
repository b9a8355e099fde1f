// The record of a sweep's run: a small file next to its folder, so that gathering results needs no other file, and finished runs are
// not repeated.

import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { isObject, parseJson } from "@lowrank/contracts/internal";
import { writeFileAtomic } from "@lowrank/safetensors/node";
import { type MetricName, metricNames } from "../metric-names.ts";
import { omitUndefined } from "../omit-undefined.ts";
import { readRecipe } from "../recipe/read-recipe.ts";
import { recipeFile } from "../recipe/write-recipe.ts";
import type { SweepRun } from "./plan-sweep.ts";
import { invalidRecord, SweepDiffersError } from "./plan-sweep.ts";

/** Metrics by name, after a step. */
type MeasuredStep = Readonly<Record<string, number>> & { readonly step: number };

export interface RunEnd {
  readonly steps: number;
  /** The loss of the last step. */
  readonly loss?: number;
  readonly validation: readonly MeasuredStep[];
  /** The metric that decided which validation was best; absent in records of earlier versions. */
  readonly bestBy?: MetricName;
}

export type RunProgress =
  | { readonly state: "waiting" }
  | { readonly state: "begun" }
  | ({ readonly state: "complete" } & RunEnd)
  /** A repetition would fail in the same way. */
  | { readonly state: "diverged"; readonly message: string };

/** A run as its record needs it: its folder, its values of the varied options, all its options. */
export type RecordedRun = Pick<SweepRun, "out" | "values" | "recipe">;

/** Records are a few pages at most. */
const maxBytes = 4_000_000;
/** Options that may change when a run resumes. */
const notCompared: ReadonlySet<string> = new Set(["out", "engine", "threads"]);

/** The progress of a run. Throws SweepDiffersError if the record has other options, an error INVALID_RECORD if it is unreadable. */
export async function readProgress(run: RecordedRun): Promise<RunProgress> {
  const path = pathOf(run);
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined) return { state: "waiting" };
  const refuse = (reason: string) => invalidRecord(path, reason);
  if (facts.size > maxBytes) throw refuse(`has ${facts.size} bytes; the maximum is ${maxBytes}`);
  const record = parseJson(await readFile(path, "utf8"), { refuse });
  if (!isObject(record) || !isObject(record.choices) || !isProgress(record.progress))
    throw refuse("is not a file of lowrank sweep");
  const { choices: recorded, progress } = record;
  const planned = comparable(run);
  const names = [...new Set([...Object.keys(recorded), ...Object.keys(planned)])];
  const others = names.filter((name) => JSON.stringify(recorded[name]) !== JSON.stringify(planned[name]));
  if (others.length > 0) throw new SweepDiffersError(run.out, others);
  return progress;
}

/** Saves the progress. Throws the errors of `writeFileAtomic`. */
export async function writeProgress(run: RecordedRun, progress: RunProgress): Promise<void> {
  const record = { values: run.values, choices: comparable(run), progress };
  await writeFileAtomic(pathOf(run), `${JSON.stringify(record, null, 1)}\n`, { overwrite: true });
}

/** The end of a run, from the metrics.jsonl in its folder. */
export async function endOf({ out }: Pick<SweepRun, "out">): Promise<RunEnd> {
  const lines = (await readFile(join(out, "metrics.jsonl"), "utf8")).split("\n").filter((line) => line !== "");
  const rows = lines.map((line) => parseJson(line)).filter(isObject);
  const steps = rows.filter(({ loss }) => typeof loss === "number");
  const validation = rows.flatMap(({ step, validation: metrics }) =>
    isObject(metrics) ? [{ ...numbersOf(metrics), step: Number(step) }] : [],
  );
  const last = steps.at(-1);
  const recipe = await readRecipe(join(out, recipeFile));
  const bestBy = metricNames.find((name) => name === recipe.bestBy);
  return {
    steps: Number(rows.at(-1)?.step ?? 0),
    ...(last && { loss: Number(last.loss) }),
    validation,
    ...omitUndefined({ bestBy }),
  };
}

function pathOf({ out }: Pick<SweepRun, "out">): string {
  return `${out}.json`;
}

function comparable({ recipe }: Pick<SweepRun, "recipe">): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(recipe).filter(([name]) => !notCompared.has(name)));
}

function isProgress(value: unknown): value is RunProgress {
  if (!isObject(value)) return false;
  if (value.state === "begun") return true;
  if (value.state === "diverged") return typeof value.message === "string";
  const { state, steps, loss = 0, validation, bestBy = "loss" } = value;
  return (
    state === "complete" &&
    typeof steps === "number" &&
    typeof loss === "number" &&
    metricNames.some((name) => name === bestBy) &&
    Array.isArray(validation) &&
    validation.every((entry) => isObject(entry) && Object.values(entry).every((number) => typeof number === "number"))
  );
}

function numbersOf(metrics: Readonly<Record<string, unknown>>): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(metrics).filter((pair): pair is [string, number] => typeof pair[1] === "number"),
  );
}
