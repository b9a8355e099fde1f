// How many words of what is said a model that hears has wrong.

import { type Example, type RowList, type SpeechExample, wordErrorRate } from "@lowrank/data";
import { type TranscribeOptions, type Transcriber, transcribe } from "../predict/transcribe.ts";

/** Sounds that are held at a time: of each minute several megabytes. */
const soundsHeld = 64;

/** The word error rate of greedy transcripts: words put in, left out or replaced, over those that are said. */
export async function measureWords(
  transcriber: Transcriber,
  rows: RowList<Example>,
  options: TranscribeOptions,
): Promise<number> {
  const [heard, said]: [string[], string[]] = [[], []];
  let held: SpeechExample[] = [];
  const hear = async () => {
    heard.push(...(await transcribe(transcriber, held, options)));
    said.push(...held.map(({ text }) => text));
    held = [];
  };
  for (const row of rows) {
    if (row.kind === "speech") held.push(row);
    if (held.length === soundsHeld) await hear();
  }
  await hear();
  return wordErrorRate(heard, said);
}
