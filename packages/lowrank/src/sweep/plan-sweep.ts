// Plans the runs of a sweep: every combination of the values of its options. Reads and writes no files.

import { createHash } from "node:crypto";
import { join } from "node:path";
import { itemized } from "@lowrank/contracts";
import { failure } from "@lowrank/contracts/internal";

import { UsageError } from "../errors/usage-errors.ts";
import { recipeOptions } from "../options/all-options.ts";
import { recipeProblems } from "../recipe/check-recipe.ts";
import { completeRecipe } from "../recipe/complete-recipe.ts";
import type { CompleteRecipe } from "../recipe/recipe.ts";
import { checkCombinations } from "../recipe/run/check-combinations.ts";

export type SweepSets = ReadonlyMap<string, readonly unknown[]>;

export interface SweepRun {
  /** Counted from 0. */
  readonly index: number;
  /** Its values of the varied options. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Its folder, named after its values, so that a larger sweep finds the runs of a smaller one. */
  readonly out: string;
  readonly recipe: CompleteRecipe;
}

/** The inputs of a plan. */
export interface SweepOutput {
  /** The recipe's name, for messages. */
  readonly name: string;
  /** The folder of all runs; default the recipe's, or "sweep". */
  readonly out: string | undefined;
}

/** The default limit of Slurm's job arrays (MaxArraySize). */
const maxRuns = 1000;

/** The runs, the last set's values changing first. Throws SweepError; RecipeError and UsageError for an invalid combination. */
export function planSweep(
  recipe: Readonly<Record<string, unknown>>,
  sets: SweepSets,
  { name, out }: SweepOutput,
): readonly SweepRun[] {
  const problems = problemsOf(sets);
  if (problems.length > 0) throw new SweepError(problems);
  const folder = sweepFolder(recipe, out);
  const rest = withoutExcluded(recipe, sets);
  return combinationsOf(sets).map((values, index) => {
    const target = join(folder, folderName(values));
    const full = completeRecipe({ ...rest, ...values }, { name: `${name}, ${describeValues(values)}`, out: target });
    checkCombinations(full);
    if ([...full.data, ...(full.validation ?? [])].includes("-"))
      throw new SweepError(["data: standard input can be read only once, not by each run; pass a file"]);
    return { index, values, out: target, recipe: full };
  });
}

export function sweepFolder(recipe: Readonly<Record<string, unknown>>, out: string | undefined): string {
  return out ?? (typeof recipe.out === "string" ? recipe.out : "sweep");
}

/** "rank 4, learningRate 0.0003" */
export function describeValues(values: SweepRun["values"]): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${valueText(value)}`)
    .join(", ");
}

export function valueText(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function problemsOf(sets: SweepSets): string[] {
  const problems = [...sets].flatMap(([name, values]) => [
    ...(name === "out" ? ["out: cannot be varied; each run has its own folder"] : []),
    ...(values.length === 0 ? [`${name}: has no value; expected a set such as rank=4,8,16`] : []),
    ...new Set(values.flatMap((value) => recipeProblems({ [name]: value }))),
    ...repeated(values.map(valueText)).map((text) => `${name}: ${text} is listed twice`),
  ]);
  for (const name of sets.keys())
    for (const other of excludedBy(name)) if (sets.has(other)) problems.push(`${name}: excludes ${other}`);
  if (sets.size === 0) problems.push("no option is varied; expected a set such as rank=4,8,16");
  const runs = [...sets.values()].reduce((count, { length }) => count * length, 1);
  if (runs > maxRuns) problems.push(`the sweep has ${runs} runs; the maximum is ${maxRuns}; use fewer values`);
  return problems;
}

function repeated(texts: readonly string[]): readonly string[] {
  return [...new Set(texts.filter((text, index) => texts.indexOf(text) < index))];
}

function excludedBy(name: string): readonly string[] {
  return recipeOptions.get(name)?.excludes ?? [];
}

/** Removes settings of the recipe that a varied option replaces: its epochs if steps vary. */
function withoutExcluded(recipe: Readonly<Record<string, unknown>>, sets: SweepSets) {
  const names = [...sets.keys()];
  const isExcluded = (other: string) =>
    names.some((name) => excludedBy(name).includes(other)) || excludedBy(other).some((name) => sets.has(name));
  return Object.fromEntries(Object.entries(recipe).filter(([name]) => !isExcluded(name)));
}

function combinationsOf(sets: SweepSets): readonly SweepRun["values"][] {
  return [...sets].reduce<readonly SweepRun["values"][]>(
    (before, [name, values]) => before.flatMap((chosen) => values.map((value) => ({ ...chosen, [name]: value }))),
    [{}],
  );
}

/** "rank-4_learningRate-0.0003"; values that cannot be in a folder name are hashed. */
function folderName(values: SweepRun["values"]): string {
  const parts = Object.entries(values).map(([name, value]) => {
    const text = valueText(value);
    return `${name}-${/^[\w.+-]{1,32}$/.test(text) ? text : hashOf(text)}`;
  });
  const name = parts.join("_");
  return name.length <= 120 ? name : hashOf(name);
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

/** The values by option. After "=" comes a YAML list without brackets: targetModules=all-linear,[q_proj,v_proj]. Throws SweepError. */
export async function parseSets(texts: readonly string[]): Promise<SweepSets> {
  const { parse } = await import("yaml");
  const sets = new Map<string, readonly unknown[]>();
  const problems: string[] = [];
  for (const text of texts) {
    const [, name, list] = /^\s*([^=\s]+)\s*=(.*)$/s.exec(text) ?? [];
    if (name === undefined || list === undefined) problems.push(`"${text}": expected a set such as rank=4,8,16`);
    else if (sets.has(name)) problems.push(`${name}: is set twice; list all its values in one set`);
    else
      sets.set(
        name,
        listOf(list, (why) => void problems.push(`${name}: ${why}`)),
      );
  }
  if (problems.length > 0) throw new SweepError(problems);
  return sets;

  function listOf(list: string, refuse: (why: string) => void): readonly unknown[] {
    try {
      const value: unknown = parse(`[${list}\n]`, { version: "1.2", schema: "core", maxAliasCount: 0 });
      if (Array.isArray(value)) return value;
    } catch (error) {
      refuse(error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
    }
    return [];
  }
}

/** The sweep cannot be planned. The message lists every problem; exit code 2. */
export class SweepError extends UsageError {
  constructor(readonly problems: readonly string[]) {
    super(`The sweep is invalid:${itemized(problems)}`);
  }
}

/** A run of the sweep was started with another recipe. */
export class SweepDiffersError extends UsageError {
  constructor(
    readonly out: string,
    readonly options: readonly string[],
  ) {
    super(
      `The run in "${out}" was started with another recipe (${options.join(", ")}). Choose another \`out\` for this sweep, or remove that folder.`,
    );
  }
}

/** The record next to a run's folder cannot be read. */
export function invalidRecord(path: string, reason: string) {
  const message = `"${path}" ${reason}. To repeat that run, remove this file and the folder next to it.`;
  return failure("INVALID_RECORD", message, { path, reason });
}
