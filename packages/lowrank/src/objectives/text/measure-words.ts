// How many words of what is said a model that hears has wrong.

import { type Example, type RowList, wordErrorRate } from "@lowrank/data";
import type { MediaReader } from "../../media/prepare-media.ts";
import { prepareRows } from "../../media/prepare-rows.ts";
import { type TranscribeOptions, type Transcriber, transcribe } from "../../predict/transcribe.ts";

/** Sounds that are held at a time: of each minute several megabytes. */
const soundsHeld = 64;

/** The word error rate of greedy transcripts: words put in, left out or replaced, over those that are said. */
export async function measureWords(
  transcriber: Transcriber & Pick<MediaReader, "platform">,
  rows: RowList<Example>,
  options: TranscribeOptions,
): Promise<number> {
  const [heard, said]: [string[], string[]] = [[], []];
  const { opened, platform } = transcriber;
  let held: Example[] = [];
  const hear = async () => {
    const prepared = await prepareRows(held, { ...opened, platform });
    const sounds = prepared.flatMap((row) => (row.kind === "speech" ? [row] : []));
    heard.push(...(await transcribe(transcriber, sounds, options)));
    said.push(...sounds.map(({ text }) => text));
    held = [];
  };
  for (const row of rows) {
    held.push(row);
    if (held.length === soundsHeld) await hear();
  }
  await hear();
  return wordErrorRate(heard, said);
}
