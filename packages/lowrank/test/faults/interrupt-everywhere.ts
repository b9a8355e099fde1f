// Interrupts a scenario at each of its calls to the disk and looks at what is there: at once, and after the next run.

import { spawn } from "node:child_process";
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { tidyUpTemporaries } from "@lowrank/safetensors/internal/node";
import type { FaultKind } from "./break-file-system.ts";
import type { FailedRun } from "./child.ts";
import type { Scenario } from "./scenarios.ts";
import { remainsIn, treeOf } from "./trees.ts";

/** Where everything happens. */
export interface Workspace {
  /** The program of `child.ts`, in one file. */
  readonly program: string;
  /** An empty folder. */
  readonly root: string;
}

/** What was tried, and what was wrong, a line each. */
export interface Outcome {
  readonly tried: number;
  readonly problems: readonly string[];
}

/** Two processes at a time: a machine of two cores has nothing else to do. */
const atOnce = 2;

/** What happens, and at which calls: the first, counted from 1, and every `step`-th after it. */
export interface Faults {
  readonly kind: FaultKind;
  readonly first: number;
  readonly step: number;
}

export async function interruptEverywhere(scenario: Scenario, faults: Faults, place: Workspace): Promise<Outcome> {
  const states = await undisturbed(scenario, place.root);
  return faults.kind === "kill" ? killAt(scenario, faults, states, place) : failAt(scenario, faults, states, place);
}

/** The output before, and each time that it is complete; the last is the result. */
async function undisturbed(scenario: Scenario, root: string): Promise<readonly string[]> {
  await mkdir(join(root, "before"), { recursive: true });
  await mkdir(join(root, "after"));
  await scenario.prepare(join(root, "before", "out"));
  await cp(join(root, "before"), join(root, "after"), { recursive: true });
  const out = join(root, "after", "out");
  const states = [await treeOf(out)];
  await scenario.run(out, async () => void states.push(await treeOf(out)));
  return [...states, await treeOf(out)];
}

async function killAt(
  scenario: Scenario,
  { first, step }: Faults,
  states: readonly string[],
  { program, root }: Workspace,
): Promise<Outcome> {
  const problems: string[] = [];
  let next = first;
  let tried = 0;
  let isOver = false;
  const work = async () => {
    while (!isOver) {
      const call = next;
      next += step;
      const folder = join(root, String(call));
      await cp(join(root, "before"), folder, { recursive: true });
      const { code, text } = await ended(spawnChild(program, [scenario.name, "kill", folder, String(call)]));
      if (code !== "SIGKILL") {
        isOver = true;
        if (code !== 0) problems.push(`${scenario.name}, killed at call ${call}: it ended with ${code}. ${text}`);
        continue;
      }
      tried += 1;
      await tidyUpTemporaries(folder); // as whoever looks for the output does
      const found = [...(await wholeness(scenario, folder, states)), ...(await afterNextRun(scenario, folder, states))];
      problems.push(...found.map((problem) => `${scenario.name}, killed at call ${call}: ${problem}`));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { tried, problems };
}

async function failAt(
  scenario: Scenario,
  { kind, first, step }: Faults,
  states: readonly string[],
  { program, root }: Workspace,
): Promise<Outcome> {
  const child = spawnChild(program, [scenario.name, kind, root, String(first), String(step)]);
  const runs: FailedRun[] = [];
  // What this repository's own program printed.
  createInterface(child.stdout).on("line", (line) => void runs.push(JSON.parse(line) as FailedRun));
  const { code, text } = await ended(child);
  const problems = code === 0 ? [] : [`${scenario.name}, ${kind}: it ended with ${code}. ${text}`];
  for (const { call, error } of runs) {
    const folder = join(root, String(call));
    const found = await wholeness(scenario, folder, states);
    if (error?.isTyped === false) found.push(`an error that is not ours: ${error.text}`);
    const remains = error === undefined ? [] : await remainsIn(folder);
    if (remains.length > 0) found.push(`left behind after ${error?.text}: ${remains.join(", ")}`);
    found.push(...(await afterNextRun(scenario, folder, states)));
    problems.push(...found.map((problem) => `${scenario.name}, ${kind} at call ${call}: ${problem}`));
  }
  return { tried: runs.length, problems };
}

async function wholeness(scenario: Scenario, folder: string, states: readonly string[]): Promise<string[]> {
  const out = join(folder, "out");
  const tree = await treeOf(out);
  if (states.includes(tree) || (await scenario.isWhole?.(out)) === true) return [];
  return [`the output is neither old nor new:\n${tree}`];
}

async function afterNextRun(scenario: Scenario, folder: string, states: readonly string[]): Promise<string[]> {
  try {
    await scenario.run(join(folder, "out"), async () => undefined);
  } catch (error) {
    return [`the next run failed: ${error}`];
  }
  const problems: string[] = [];
  const tree = await treeOf(join(folder, "out"));
  if (tree !== states.at(-1)) problems.push(`the next run gave another result:\n${tree}`);
  const remains = await remainsIn(folder);
  if (remains.length > 0) problems.push(`left behind after the next run: ${remains.join(", ")}`);
  return problems;
}

function spawnChild(program: string, argv: readonly string[]) {
  return spawn(process.execPath, [program, ...argv], { stdio: ["ignore", "pipe", "pipe"] });
}

/** The exit code, or the signal, and what was written to stderr. */
function ended(child: ReturnType<typeof spawnChild>): Promise<{ code: number | string | null; text: string }> {
  let text = "";
  child.stderr.on("data", (bytes) => {
    text += bytes;
  });
  return new Promise((resume, refuse) => {
    child.on("error", refuse);
    child.on("close", (code, signal) => resume({ code: signal ?? code, text }));
  });
}
