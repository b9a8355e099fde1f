// How many words of what is said a model that hears has wrong.

import { type Example, type SpeechExample, wordErrorRate } from "@lowrank/data";
import { type TranscribeOptions, type Transcriber, transcribe } from "../predict/transcribe.ts";

/** Whether a row is a sound with what is said in it. */
export function isSpeech(row: Example): row is SpeechExample {
  return row.kind === "speech";
}

/** The word error rate of greedy transcripts: words put in, left out or replaced, over those that are said. */
export async function measureWords(
  transcriber: Transcriber,
  rows: readonly SpeechExample[],
  options: TranscribeOptions,
): Promise<number> {
  const texts = await transcribe(transcriber, rows, options);
  return wordErrorRate(
    texts,
    rows.map(({ text }) => text),
  );
}
