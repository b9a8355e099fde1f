// What is said in sounds, as a model writes it that hears.

import { padBatch, type SpeechExample, type TextTokenizer } from "@lowrank/data";
import { batchTensors, generate } from "@lowrank/models";
import * as tf from "@tensorflow/tfjs-core";
import { given } from "../given.ts";
import { namingBrokenWeights } from "../open/broken-weights.ts";
import type { OpenedBase } from "../open/open-base.ts";
import { endTokens } from "../rows/text-ending.ts";

export interface Transcriber {
  readonly opened: OpenedBase;
  readonly tokenizer: TextTokenizer;
}

export interface TranscribeOptions {
  readonly batchSize: number;
  /** Default: as many as the model has places for. */
  readonly maxNewTokens?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The likeliest text of each sound, in their order; it begins as the row says, else as the tokenizer's texts do. */
export async function transcribe(
  { opened, tokenizer }: Transcriber,
  sounds: readonly SpeechExample[],
  { batchSize, maxNewTokens, signal }: TranscribeOptions,
): Promise<readonly string[]> {
  const { model, context } = opened;
  const prompts = sounds.map(({ start }) => promptOf(start, { opened, tokenizer }));
  // A batch's texts begin equally long.
  const order = [...sounds.keys()].sort((one, other) => lengthOf(prompts[one]) - lengthOf(prompts[other]));
  const texts: string[] = [];
  for (let from = 0; from < order.length; ) {
    const length = lengthOf(prompts[order[from] ?? 0]);
    const places = order.slice(from, from + batchSize).filter((place) => lengthOf(prompts[place]) === length);
    from += places.length;
    const rows = places.flatMap((place) => sounds[place] ?? []);
    const batch = padBatch(
      rows.map((row) => ({ kind: "source-target", inputIds: [], sounds: row, labels: [0] }) as const),
      { padId: 0 },
    );
    const inputFeatures = tf.tidy(() => batchTensors(batch).inputFeatures);
    try {
      const written = await namingBrokenWeights(opened, () =>
        generate(model, {
          promptIds: places.map((place) => prompts[place] ?? []),
          maxNewTokens: maxNewTokens ?? Math.max(1, model.config.maxPositions - length),
          eosTokenIds: endTokens(model, tokenizer),
          context,
          ...given({ inputFeatures, signal }),
        }),
      );
      for (const [index, place] of places.entries()) texts[place] = tokenizer.decode(written[index] ?? []).trim();
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
