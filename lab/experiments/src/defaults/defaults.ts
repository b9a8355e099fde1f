// The library's defaults against the best settings of a small sweep, task by task. The sweep's best is chosen by the test
// figure itself: it is an upper bound that no user can reach on purpose.

import type { Experiment, ExperimentOptions } from "../experiment.ts";
import { readSaved, saveResult } from "../training/saved-runs.ts";
import { type DefaultsRun, defaultSettings, makeRun } from "./make-run.ts";
import { areSame, beyond, type Settings, settingsText, sweepAround } from "./settings.ts";
import { type DefaultsTask, defaultsTasks, isBetter } from "./tasks.ts";
import { type Score, scoreOf, verdictOf } from "./verdict.ts";

export const defaults: Experiment = {
  name: "defaults",
  work: "the library's default settings against the best of a sweep, on 12 tasks; --only names tasks",
  async run({ only = defaultsTasks.map(({ name }) => name), seeds, log }) {
    const chosen = only.map((name) => {
      const task = defaultsTasks.find((one) => one.name === name);
      if (task !== undefined) return task;
      throw new Error(`No task "${name}". Tasks: ${defaultsTasks.map((one) => one.name).join(", ")}.`);
    });
    for (const task of chosen) {
      await sweep(task, { seeds, log });
      log("");
      for (const run of readSaved<SavedTask>(fileOf(task))?.runs ?? []) log(runText(task, run));
      const table = defaultsTasks.flatMap(comparisonOf);
      saveResult("defaults", table);
      for (const row of table.filter((one) => one.task === task.name)) log(comparisonText(row));
    }
  },
};

/** A task's file, so that two processes may run different tasks. */
interface SavedTask {
  readonly planned: Settings;
  readonly runs: readonly DefaultsRun[];
}

function fileOf({ name }: DefaultsTask): string {
  return `defaults/${name}`;
}

/** Makes the runs that are not kept yet: the sweep on the first seed, then the defaults and the best on the others. */
async function sweep(task: DefaultsTask, options: Pick<ExperimentOptions, "seeds" | "log">): Promise<void> {
  const [first = 0, ...others] = options.seeds;
  const planned = await defaultSettings(task, first);
  let runs = readSaved<SavedTask>(fileOf(task))?.runs ?? [];
  const run = async (settings: Settings, seed: number) => {
    if (runs.some((one) => one.seed === seed && areSame(one.settings, settings))) return;
    const made = await makeRun(task, settings, seed);
    runs = [...runs, made];
    saveResult(fileOf(task), { planned, runs });
    options.log(runText(task, made));
  };
  for (const settings of sweepAround(planned)) await run(settings, first);
  saveResult(fileOf(task), { planned, runs }); // the defaults may be others than those of the kept runs
  for (;;) {
    const tried = runsToCompare({ planned, runs }, first);
    const best = bestOf(task, tried);
    const next =
      best &&
      beyond(
        best.settings,
        tried.map((one) => one.settings),
      );
    if (next === undefined) break;
    await run(next, first);
  }
  const best = bestOf(task, runsToCompare({ planned, runs }, first))?.settings ?? planned;
  for (const seed of others) for (const settings of [planned, best]) await run(settings, seed);
}

/** The runs of one seed that make no more steps than the defaults. */
function runsToCompare({ planned, runs }: SavedTask, seed: number): readonly DefaultsRun[] {
  const max = planned.epochs / planned.batchSize;
  return runs.filter((one) => one.seed === seed && one.settings.epochs / one.settings.batchSize <= max);
}

function bestOf(task: DefaultsTask, runs: readonly DefaultsRun[]): DefaultsRun | undefined {
  return [...runs].sort((one, other) => (isBetter(task, one.figures, other.figures) ? -1 : 1))[0];
}

/** A row of the table. */
interface Comparison {
  readonly task: string;
  readonly figure: string;
  readonly defaults: SettingsScore;
  readonly best: SettingsScore;
  readonly verdict: string;
}

interface SettingsScore extends Score {
  readonly settings: Settings;
  readonly seeds: readonly number[];
}

/** Nothing for a task without runs. */
function comparisonOf(task: DefaultsTask): readonly Comparison[] {
  const kept = readSaved<SavedTask>(fileOf(task));
  const found = kept && bestOf(task, runsToCompare(kept, kept.runs[0]?.seed ?? 0));
  if (kept === undefined || found === undefined) return [];
  const score = (settings: Settings): SettingsScore => {
    const runs = kept.runs.filter((one) => areSame(one.settings, settings));
    const values = runs.map(({ figures }) => figures[task.figure] ?? Number.NaN);
    return { settings, seeds: runs.map(({ seed }) => seed), ...scoreOf(values) };
  };
  const [planned, best] = [score(kept.planned), score(found.settings)];
  const verdict = verdictOf(task.figure, planned, best);
  return [{ task: task.name, figure: task.figure, defaults: planned, best, verdict }];
}

function comparisonText({ task, figure, defaults: planned, best, verdict }: Comparison): string {
  const text = ({ mean, standardError, settings }: SettingsScore) =>
    `${mean.toFixed(4)} ± ${standardError.toFixed(4)} (${settingsText(settings)})`;
  return `${task}: ${figure} of the defaults ${text(planned)}, of the sweep's best ${text(best)}: ${verdict}`;
}

function runText({ name }: DefaultsTask, { settings, seed, figures, ...run }: DefaultsRun): string {
  const measured = Object.entries(figures).map(([figure, value]) => `${figure} ${value.toFixed(4)}`);
  const length = `best step ${run.bestStep} of ${run.steps}, ${run.seconds.toFixed(0)} s`;
  return `${name}, ${settingsText(settings)}, seed ${seed}: ${measured.join(", ")}; ${length}`;
}
