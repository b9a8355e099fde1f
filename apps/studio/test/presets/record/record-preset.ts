// Trains and evaluates one preset with the code of the page's worker.

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { Preset, PresetId, Trials } from "../../../src/presets/preset.ts";
import { type RecordedExample, type Recording, scoreOf } from "../../../src/presets/preset.ts";
import type { TrainingProgress } from "../../../src/protocol/run.ts";
import { memoryStore } from "../../../src/storage/store.ts";
import { chat } from "../../../src/worker/chat/chat.ts";
import { open } from "../../../src/worker/models/open.ts";
import { train } from "../../../src/worker/training/train.ts";
import { rated } from "../../../src/worker/training/unfinished.ts";
import { WorkerState } from "../../../src/worker/worker-state.ts";

export interface RecordPlace {
  /** The model's, as a person would drop them onto the page. */
  readonly files: readonly string[];
  log(line: string): void;
}

const draw = { temperature: 0, topP: 1, maxNewTokens: 60, seed: 0, strength: 1, sides: ["base", "adapted"] } as const;

/** On the engine that runs. */
export async function recordPreset(preset: Preset, { trials }: Trials, place: RecordPlace): Promise<RecordedExample[]> {
  const { id, adapter: settings, training } = preset;
  const state = await openWorkerState(place.files);
  const { adapter } = await train(
    state,
    { rows: rowsOf(preset), adapter: settings, training, name: id },
    (progress) => {
      if (progress.type === "rate") void answerRating(state, progress);
      if (progress.type === "step" && progress.step % 10 === 0)
        place.log(
          `${id}: step ${progress.step}, ${progress.reward === undefined ? "loss" : "reward"} ${(progress.reward ?? progress.loss).toFixed(3)}`,
        );
    },
  );
  const examples: RecordedExample[] = [];
  for (const { prompt, passes } of trials) {
    const { texts } = await chat(state, { ...draw, turns: [{ role: "user", content: prompt }], adapter }, () => {});
    const { base = "", adapted = "" } = texts;
    examples.push({ prompt, base, adapted, basePasses: passes(base), adaptedPasses: passes(adapted) });
    place.log(`${id}: ${passes(adapted) ? "right" : "wrong"} | ${prompt} | ${adapted}`);
  }
  state.loaded.opened.dispose();
  return examples;
}

/** Seconds of processor time that the whole training takes, by a few of its steps. */
export async function timePreset(preset: Preset, { files }: Pick<RecordPlace, "files">): Promise<number> {
  const steps = 4;
  const state = await openWorkerState(files);
  const request = { rows: rowsOf(preset), adapter: preset.adapter, training: { ...preset.training, steps } };
  const made: number[] = [];
  await train(state, { ...request, name: "timed" }, (progress) => {
    const { user, system } = process.cpuUsage();
    if (progress.type === "rate") void answerRating(state, progress);
    if (progress.type === "step") made.push((user + system) / 1e6);
  });
  state.loaded.opened.dispose();
  const [first = 0, last = 0] = [made[0], made.at(-1)]; // without the first step, which warms up
  return Math.round(((last - first) / (steps - 1)) * preset.training.steps);
}

async function openWorkerState(paths: readonly string[]): Promise<WorkerState> {
  const state = new WorkerState(memoryStore());
  state.engine = { name: "wasm", threads: 1, skipped: [] };
  const files = paths.map((path) => new File([readFileSync(path)], basename(path)));
  await open(state, { kind: "files", files }, () => {});
  return state;
}

/** Rewards of presets are our own code: no sandbox. */
async function answerRating(
  state: WorkerState,
  { reward, texts }: Extract<TrainingProgress, { type: "rate" }>,
): Promise<void> {
  const module = await import(`data:text/javascript,export default ${encodeURIComponent(reward)}`);
  await rated(state, { values: texts.map(module.default) }, () => {});
}

function rowsOf({ rows }: Preset) {
  return rows.map((row, index) => ({ id: `${index}`, ...row }));
}

const [begin, end] = ["<!-- presets -->", "<!-- /presets -->"];

/** The README with a new table between its marks. Throws an Error if the marks are missing. */
export function putTable(
  readme: string,
  recorded: Readonly<Partial<Record<PresetId, Recording>>>,
  trials: Readonly<Record<PresetId, Trials>>,
): string {
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`The README has no place for the table: expected ${begin} and ${end}.`);
  const parts = (Object.keys(recorded) as PresetId[]).map((id) => {
    const recording = recorded[id];
    return recording === undefined ? "" : section(id, recording, trials[id].rule);
  });
  return `${readme.slice(0, from)}${begin}\n\n${parts.join("\n")}\n${readme.slice(to)}`;
}

function section(id: PresetId, recording: Recording, rule: string): string {
  const { base, adapted, of } = scoreOf(recording);
  const { seconds, engine, examples } = recording;
  const rows = examples.map(
    ({ prompt, adapted: answer, basePasses, adaptedPasses }) =>
      `| ${cell(prompt)} | ${mark(basePasses)} | ${mark(adaptedPasses)} | ${cell(answer)} |`,
  );
  return [
    `**${id}** – base ${base} of ${of}, adapted ${adapted} of ${of}; answers by ${engine}; ${seconds} s to train on one wasm thread. Right: ${rule}.`,
    "",
    "| prompt | base | adapted | what the adapted model says |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

const mark = (passes: boolean): string => (passes ? "yes" : "no");
const cell = (text: string): string => text.replaceAll(/\s+/g, " ").replaceAll("|", "\\|");
