// Transcribes recordings with a speech model.

import { padBatch, type TextTokenizer } from "@lowrank/data";
import type { SpeechExample } from "@lowrank/data/internal";
import { batchTensors, generate } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";
import { omitUndefined } from "../omit-undefined.ts";
import { namingBrokenWeights } from "../open/broken-weights.ts";
import type { OpenedBase } from "../open/open-base.ts";
import { endTokens } from "../rows/text-ending.ts";

export interface Transcriber {
  readonly opened: OpenedBase;
  readonly tokenizer: TextTokenizer;
}

export interface TranscribeOptions {
  readonly batchSize: number;
  /** Default: the number of the model's positions. */
  readonly maxNewTokens?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The likeliest text of each recording, in order. It begins with the row's `start`, else with the tokenizer's prefix. */
export async function transcribe(
  { opened, tokenizer }: Transcriber,
  recordings: readonly SpeechExample[],
  { batchSize, maxNewTokens, signal }: TranscribeOptions,
): Promise<readonly string[]> {
  const { model, context } = opened;
  const prompts = recordings.map(({ start }) => promptOf(start, { opened, tokenizer }));
  // All texts of a batch have a start of the same length.
  const order = [...recordings.keys()].sort((one, other) => lengthOf(prompts[one]) - lengthOf(prompts[other]));
  const texts: string[] = [];
  for (let from = 0; from < order.length; ) {
    const length = lengthOf(prompts[order[from] ?? 0]);
    const indices = order.slice(from, from + batchSize).filter((position) => lengthOf(prompts[position]) === length);
    from += indices.length;
    const rows = indices.flatMap((position) => recordings[position] ?? []);
    const batch = padBatch(
      rows.map((row) => ({ kind: "source-target", inputIds: [], audioFeatures: row, labels: [0] }) as const),
      { padId: 0 },
    );
    const inputFeatures = tf.tidy(() => batchTensors(batch).inputFeatures);
    try {
      const written = await namingBrokenWeights(opened, () =>
        generate(model, {
          promptIds: indices.map((position) => prompts[position] ?? []),
          maxNewTokens: maxNewTokens ?? Math.max(1, model.config.maxPositions - length),
          eosTokenIds: endTokens(model, tokenizer),
          context,
          ...omitUndefined({ inputFeatures, signal }),
        }),
      );
      for (const [index, position] of indices.entries())
        texts[position] = tokenizer.decode(written[index] ?? []).trim();
    } finally {
      inputFeatures?.dispose();
    }
  }
  return texts;
}

function promptOf(start: string | undefined, { opened, tokenizer }: Transcriber): readonly number[] {
  const ids = start === undefined ? tokenizer.prefixIds : tokenizer.encode(start, { addSpecialTokens: false });
  const { decoderStartTokenId } = opened.model.config;
  return ids.length > 0 || decoderStartTokenId === null ? ids : [decoderStartTokenId];
}

function lengthOf(ids: readonly number[] | undefined): number {
  return ids?.length ?? 0;
}
