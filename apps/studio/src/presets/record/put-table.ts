// The table in the app's README: each preset's prompts, and whether base and adapted model answer them right.

import type { PresetId } from "../preset.ts";
import { type Recording, scoreOf } from "../recording.ts";
import type { Trials } from "../trials/trial.ts";

const [begin, end] = ["<!-- presets -->", "<!-- /presets -->"];

/** The README with the table in place of the one between its marks. Throws an Error where the marks are missing. */
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
