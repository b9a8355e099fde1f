// Computes one embedding per text: vectors for search and comparison.

import { padBatch, promptTemplate, type TextTokenizer, tokenizeExample } from "@lowrank/data";
import type { TokenizedExample } from "@lowrank/data/internal";
import { batchTensors } from "@lowrank/models";
import { NonFiniteOutputError } from "@lowrank/models/internal";
import * as tf from "@tensorflow/tfjs-core";
import { promptUnknown } from "../errors/model-errors.ts";
import { breather } from "../generate/breathe.ts";
import { maxCharacters } from "../generate/character-limit.ts";
import { namingBrokenWeights } from "../open/broken-weights.ts";
import type { OpenedBase } from "../open/open-base.ts";
import { defaultMaxLength, maxLengthFor, positionLimit } from "../open/position-limit.ts";
import {
  type EmbeddingSource,
  findEmbeddingSettings,
  type PoolingOptions,
  sentenceLength,
  sentencePrompts,
} from "./embedding-settings.ts";

/** Options of `embed`. Defaults come from sentence-transformers' files in the model's folder. */
export interface EmbedOptions extends PoolingOptions {
  /** Default 32. */
  readonly batchSize?: number | undefined;
  /** Maximum number of tokens per text; default: from the folder, or 512, limited to the model's positions. */
  readonly maxLength?: number | undefined;
  /** Name of a prompt in the model's folder to write before each text ("query"); default: the folder's default prompt. */
  readonly promptName?: string | undefined;
  /** Stops between batches; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each batch with the number of its tokens. */
  readonly onTokens?: ((tokens: number) => void) | undefined;
}

/** One embedding per text, in order. Throws PoolingUnknownError, PROMPT_UNKNOWN, UsageError, NonFiniteOutputError. */
export async function embedTexts(
  { opened, tokenizer }: { readonly opened: OpenedBase; readonly tokenizer: TextTokenizer },
  texts: readonly string[],
  { batchSize = 32, signal, onTokens, ...options }: EmbedOptions,
): Promise<readonly Float32Array[]> {
  const { model, context, source } = opened;
  const settings = await findEmbeddingSettings(source, options, opened.embedding);
  const prompt = await promptOf(source, options.promptName);
  const ownLength = Math.min((await sentenceLength(source)) ?? defaultMaxLength, positionLimit(model.config));
  const maxLength = options.maxLength === undefined ? ownLength : maxLengthFor(model, options.maxLength);
  const breathe = breather();
  const examples: TokenizedExample[] = [];
  for (const sentence of texts) {
    await breathe();
    signal?.throwIfAborted();
    examples.push(beginningOf(prompt + sentence, tokenizer, maxLength));
  }
  const embeddings: Float32Array[] = [];
  for (const indices of byLength(examples, batchSize)) {
    await breathe();
    signal?.throwIfAborted();
    const batch = padBatch(
      indices.map((index) => examples[index] as (typeof examples)[number]),
      { padId: tokenizer.padId },
    );
    const vectors = await namingBrokenWeights(opened, async () => {
      const rows = tf.tidy(() => {
        const { labels: _, ...inputs } = batchTensors(batch);
        return model.embed(inputs, settings, context); // [rows, width]
      });
      try {
        return await rows.array();
      } finally {
        rows.dispose();
      }
    });
    for (const [row, values] of vectors.entries()) embeddings[indices[row] ?? 0] = Float32Array.from(values);
    onTokens?.(indices.reduce((sum, index) => sum + (examples[index]?.inputIds.length ?? 0), 0));
  }
  const broken = embeddings.flatMap((values) => [...values]).find((value) => !Number.isFinite(value));
  if (broken !== undefined) throw new NonFiniteOutputError("An embedding", broken);
  return embeddings;
}

async function promptOf(source: EmbeddingSource, name: string | undefined): Promise<string> {
  const { byName, byDefault } = await sentencePrompts(source);
  if (name === undefined) return byDefault ?? "";
  const prompt = byName.get(name);
  if (prompt === undefined) throw promptUnknown(source.path, name, [...byName.keys()]);
  return prompt;
}

/** Groups texts by length, so that little is padded. */
function byLength(
  examples: readonly { readonly inputIds: readonly number[] }[],
  batchSize: number,
): readonly (readonly number[])[] {
  const sorted = [...examples.keys()].sort(
    (one, other) => (examples[one]?.inputIds.length ?? 0) - (examples[other]?.inputIds.length ?? 0),
  );
  return Array.from({ length: Math.ceil(sorted.length / batchSize) }, (_, batch) =>
    sorted.slice(batch * batchSize, (batch + 1) * batchSize),
  );
}

/** How much more of a text is tokenized than needed, so that the cut within a word is far behind the last token. */
const margin = 4;

/** The first `maxLength` tokens of a text. The whole text is only tokenized if most characters make no tokens, such as spaces. */
export function beginningOf(sentence: string, tokenizer: TextTokenizer, maxLength: number): TokenizedExample {
  const tokenized = (text: string) =>
    tokenizeExample({ kind: "sentence", sentence: text, label: 0 }, tokenizer, promptTemplate("plain"), { maxLength });
  const max = margin * maxCharacters(maxLength, tokenizer);
  const first = tokenized(sentence.slice(0, max));
  return sentence.length <= max || first.inputIds.length >= maxLength ? first : tokenized(sentence);
}
