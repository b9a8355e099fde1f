// Text: the next token, or a label for each token; optionally with a teacher.

import type { Example, TextTokenizer } from "@lowrank/data";
import { type RowList, wordErrorRate } from "@lowrank/data/internal";
import { WrongTaskError } from "../../errors/model-errors.ts";
import { named } from "../../errors/named-option.ts";
import type { MediaReader } from "../../media/prepare-media.ts";
import { prepareRows } from "../../media/prepare-media.ts";
import { writesText } from "../../open/task-types.ts";
import { type TranscribeOptions, type Transcriber, transcribe } from "../../predict/transcribe.ts";
import { isAudio, needsTokenizer } from "../../rows/row-kinds.ts";
import { type DistillationSettings, distillationPlan } from "../distillation/distillation.ts";
import { headLoss } from "../head-loss/head-loss.ts";
import type { Objective } from "../objective.ts";
import { measureBleu } from "./measure-bleu.ts";

export const text: Objective<DistillationSettings & { readonly tokenizer?: TextTokenizer | undefined }> = {
  rows: "text, or a label for each token",
  takes: () => true,
  options: ["klToBase", "teacher", "labelSmoothing", "template"],
  hasText: true,
  refuse({ task, modelType, config }, { train }) {
    if (writesText(task) || !needsTokenizer(train)) return;
    const advice =
      config.decoderLayers > 0
        ? `To train its decoder, add ${named("task")} sequence-to-sequence.`
        : 'To train a classifier, use rows with "sentence" and "label".';
    throw new WrongTaskError(modelType, task, "Training on rows of text", advice);
  },
  plan: async (_source, _rows, { tokenizer, ...options }) => (await distillationPlan(options, tokenizer)) ?? headLoss,
  async evaluate(opened, rows, { tokenizer, generate, lengths, ...how }) {
    if (!generate || tokenizer === undefined) return {};
    if (rows.some((row) => !isAudio(row.kind)))
      return { bleu: await measureBleu(opened, rows, { ...how, ...lengths, data: how.file, tokenizer }) };
    return { wordErrorRate: await measureWords({ opened, tokenizer, platform: how.platform }, rows, how) };
  },
};

/** Recordings in memory at once: each minute takes several megabytes. */
const soundsHeld = 64;

/** Word error rate of greedy transcripts: insertions, deletions and substitutions divided by the words of the reference. */
async function measureWords(
  transcriber: Transcriber & Pick<MediaReader, "platform">,
  rows: RowList<Example>,
  options: TranscribeOptions,
): Promise<number> {
  const [transcripts, references]: [string[], string[]] = [[], []];
  const { opened, platform } = transcriber;
  let rowsInMemory: Example[] = [];
  const transcribeRows = async () => {
    const prepared = await prepareRows(rowsInMemory, { ...opened, platform });
    const recordings = prepared.flatMap((row) => (row.kind === "speech" ? [row] : []));
    transcripts.push(...(await transcribe(transcriber, recordings, options)));
    references.push(...recordings.map(({ text }) => text));
    rowsInMemory = [];
  };
  for (const row of rows) {
    rowsInMemory.push(row);
    if (rowsInMemory.length === soundsHeld) await transcribeRows();
  }
  await transcribeRows();
  return wordErrorRate(transcripts, references);
}
