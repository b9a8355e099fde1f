// Sequences of different lengths as one rectangle of integers.

import { ExampleError } from "../errors.ts";
import { normalizedPixels } from "../images/prepare-image.ts";
import {
  type CountedLabels,
  ignoredLabel,
  isUndecoded,
  labelsOf,
  type Sounds,
  supervisedTokens,
  type TokenizedExample,
  type TokenSequence,
} from "../tokenized-example.ts";

/** A batch of token sequences: every array is row-major [rows, time] unless it says otherwise. */
export interface TokenBatch {
  readonly inputIds: Int32Array;
  /** 1 on tokens, 0 on padding. */
  readonly attentionMask: Int32Array;
  /**
   * [rows, time] with −100 where nothing is trained, [rows, targetTime] for an encoder–decoder, [rows, 2] of first and last
   * tokens, or [rows] of classes; `labelShape` says which. What a row's outputs should be, [rows, outputs], is floats.
   */
  readonly labels: Int32Array | Float32Array;
  readonly labelShape: readonly [rows: number] | readonly [rows: number, time: number];
  /** Present where an example of the batch has them. */
  readonly tokenTypeIds?: Int32Array;
  /** Of a batch of sounds, [rows, melBins, frames]; ids and mask are then nothing but padding. */
  readonly features?: Float32Array;
  readonly featureShape?: readonly [rows: number, melBins: number, frames: number];
  /** Of a batch of pictures, [rows, 3, height, width]; ids and mask are then nothing but padding. */
  readonly pixels?: Float32Array;
  readonly pixelShape?: readonly [rows: number, channels: number, height: number, width: number];
  readonly rows: number;
  readonly time: number;
  /**
   * Of a batch of comparisons: how many texts each has. Their first texts are the first rows, then all their second ones …;
   * `labels` are one 0 a row.
   */
  readonly columns?: number;
  /** How alike the two texts of each comparison are, where that is said. */
  readonly similarities?: readonly number[];
  /** Of judged answers: which rows are good ones. */
  readonly isGood?: readonly boolean[];
  /** Of pairs that are ranked: each row's search. */
  readonly searches?: readonly number[];
  /** Tokens without padding: those that the attention mask does not hide, or those of the texts about sounds. */
  readonly tokens: number;
  /** What the loss averages over: trained tokens – without a row's first, unless `firstCounts` –, a classifier's rows, comparisons, judged answers, or pairs of answers. */
  readonly supervised: number;
}

/** A batch of nothing: the share of a process for which a batch has too few rows. */
export const emptyBatch: TokenBatch = {
  inputIds: new Int32Array(),
  attentionMask: new Int32Array(),
  labels: new Int32Array(),
  labelShape: [0, 0],
  rows: 0,
  time: 0,
  tokens: 0,
  supervised: 0,
};

/** How to fill the rectangle. */
export interface PadOptions extends CountedLabels {
  readonly padId: number;
  /** Make `time` a multiple of this, so that a compiled or cached shape is met again; default 1. */
  readonly multipleOf?: number;
}

/**
 * Pads examples on the right to the longest of them. Throws ExampleError for none, for classes among sequences, for pictures and
 * recordings that nobody has opened, or for a `multipleOf` that is no whole number from 1.
 */
export function padBatch(examples: readonly TokenizedExample[], options: PadOptions): TokenBatch {
  const first = examples[0];
  if (first === undefined) throw new ExampleError("A batch needs at least one example.");
  if (examples.some((example) => example.kind !== first.kind)) {
    throw new ExampleError(
      "The rows of a batch are of different kinds. Expected one kind: class, scores, token labels, decoder target, answer span, texts to compare, rated answers or chosen/rejected answers.",
    );
  }
  if (examples.some(isUndecoded)) {
    throw new ExampleError(
      "A picture or recording of the batch is not decoded. Use `decodedBatches` with `resizeImage` or `logMelFeatures`.",
    );
  }
  if (first.kind === "comparison") return padComparisons(examples, options);
  if (first.kind === "preference") return padPreferences(examples, options);
  if (first.kind === "judged") return padJudged(examples, options);
  const rows = examples.length;
  const multiple = options.multipleOf ?? 1;
  if (!Number.isSafeInteger(multiple) || multiple < 1) {
    throw new ExampleError(`multipleOf must be a whole number from 1, got ${multiple}.`);
  }
  const time = paddedLength(
    examples.map(({ inputIds }) => inputIds.length),
    multiple,
  );
  const grid = (fill: number) => new Int32Array(rows * time).fill(fill);
  const inputIds = grid(options.padId);
  const attentionMask = grid(0);
  const tokenTypeIds = examples.some((example) => example.tokenTypeIds !== undefined) ? grid(0) : undefined;
  for (const [row, example] of examples.entries()) {
    inputIds.set(example.inputIds, row * time);
    attentionMask.set(example.attentionMask ?? example.inputIds.map(() => 1), row * time);
    tokenTypeIds?.set(example.tokenTypeIds ?? [], row * time);
  }
  return {
    inputIds,
    attentionMask,
    ...batchLabels(examples, { rows, time, ...options }),
    ...(tokenTypeIds === undefined ? {} : { tokenTypeIds }),
    rows,
    time,
    tokens: attentionMask.reduce((sum, seen) => (seen === 0 ? sum : sum + 1), 0),
    ...batchSounds(examples),
    ...batchPictures(examples),
    ...batchSearches(examples),
  };
}

/** Nothing for rows that belong to no search. */
function batchSearches(examples: readonly TokenizedExample[]): Pick<TokenBatch, "searches"> {
  const searches = examples.flatMap((example) => (example.kind === "scored" ? (example.search ?? []) : []));
  return searches.length === examples.length ? { searches } : {};
}

/** Chosen answers, then rejected ones in the same order. */
function padPreferences(examples: readonly TokenizedExample[], options: PadOptions): TokenBatch {
  const pairs = examples.flatMap((example) => (example.kind === "preference" ? [example] : []));
  const chosen = pairs.map((pair): TokenSequence => ({ ...pair, kind: "sequence" }));
  const batch = padBatch([...chosen, ...pairs.map(({ rejected }) => rejected)], options);
  return { ...batch, supervised: pairs.length };
}

function padJudged(examples: readonly TokenizedExample[], options: PadOptions): TokenBatch {
  const answers = examples.flatMap((example) => (example.kind === "judged" ? [example] : []));
  const batch = padBatch(
    answers.map((answer): TokenSequence => ({ ...answer, kind: "sequence" })),
    options,
  );
  return { ...batch, supervised: answers.length, isGood: answers.map(({ isGood }) => isGood) };
}

function padComparisons(examples: readonly TokenizedExample[], options: PadOptions): TokenBatch {
  const compared = examples.flatMap((example) => (example.kind === "comparison" ? [example] : []));
  const texts = compared.map(({ inputIds, others }) => [inputIds, ...others]);
  const columns = texts[0]?.length ?? 0;
  const similarities = compared.flatMap(({ score }) => score ?? []);
  if (texts.some(({ length }) => length !== columns) || ![0, compared.length].includes(similarities.length)) {
    throw new ExampleError(
      "The rows of a batch of comparisons need the same number of texts, and a score in all rows or in none.",
    );
  }
  const stacked = Array.from({ length: columns }, (_, column) =>
    texts.map((row) => ({ kind: "classified" as const, inputIds: row[column] ?? [], label: 0 })),
  ).flat();
  const batch = padBatch(stacked, options);
  return { ...batch, columns, supervised: compared.length, ...(similarities.length === 0 ? {} : { similarities }) };
}

/** Pictures of one size side by side; nothing for rows of text. Each counts as one token. */
function batchPictures(
  examples: readonly TokenizedExample[],
): Partial<Pick<TokenBatch, "pixels" | "pixelShape" | "tokens">> {
  const pictures = examples.flatMap((example) => ("pixels" in example ? (example.pixels ?? []) : []));
  const [first] = pictures;
  if (first === undefined) return {};
  const { width, height } = first;
  if (pictures.length !== examples.length || !pictures.every((one) => one.width === width && one.height === height)) {
    throw new ExampleError("A batch of pictures needs one picture in each row, all of the same size.");
  }
  const size = 3 * width * height;
  const pixels = new Float32Array(examples.length * size);
  for (const [row, picture] of pictures.entries()) pixels.set(normalizedPixels(picture), row * size);
  return { pixels, pixelShape: [examples.length, 3, height, width], tokens: examples.length };
}

/** Sounds of one shape side by side; nothing for rows of text. */
function batchSounds(
  examples: readonly TokenizedExample[],
): Partial<Pick<TokenBatch, "features" | "featureShape" | "tokens">> {
  const sounds = examples.flatMap((example) => (example.kind === "source-target" ? (example.sounds ?? []) : []));
  const [first] = sounds;
  if (first === undefined) return {};
  const { melBins } = first;
  const framesOf = ({ features, melBins: bins, frames = features.length / bins }: Sounds) => frames;
  const frames = framesOf(first);
  const isAlike = (one: Sounds) =>
    one.melBins === melBins && framesOf(one) === frames && one.features.length % melBins === 0;
  if (sounds.length !== examples.length || !sounds.every(isAlike)) {
    throw new ExampleError("A batch of recordings needs features of the same shape in each row, [melBins · frames].");
  }
  const length = melBins * frames;
  const features = new Float32Array(examples.length * length);
  for (const [row, { features: own }] of sounds.entries()) {
    const heard = own.length / melBins;
    for (let bin = 0; bin < melBins; bin++) {
      const at = row * length + bin * frames;
      features.set(own.subarray(bin * heard, (bin + 1) * heard), at);
      features.fill(own[(bin + 1) * heard - 1] ?? 0, at + heard, at + frames);
    }
  }
  const tokens = examples.reduce((sum, example) => sum + labelsOf(example).length, 0);
  return { features, featureShape: [examples.length, melBins, frames], tokens };
}

function paddedLength(lengths: readonly number[], multiple: number): number {
  const longest = lengths.reduce((max, length) => Math.max(max, length), 1);
  return Math.ceil(longest / multiple) * multiple;
}

function batchLabels(
  examples: readonly TokenizedExample[],
  { rows, time: sourceTime, ...options }: PadOptions & Pick<TokenBatch, "rows" | "time">,
): Pick<TokenBatch, "labels" | "labelShape" | "supervised"> {
  const lists = examples.map(labelsOf);
  const kind = examples[0]?.kind;
  if (kind === "classified") return { labels: Int32Array.from(lists.flat()), labelShape: [rows], supervised: rows };
  if (kind === "scored") {
    const [{ length: outputs } = []] = lists;
    if (lists.some(({ length }) => length !== outputs))
      throw new ExampleError("The rows of a batch need the same number of scores.");
    return { labels: Float32Array.from(lists.flat()), labelShape: [rows, outputs], supervised: rows * outputs };
  }
  // Start and end are two predictions.
  if (kind === "span") return { labels: Int32Array.from(lists.flat()), labelShape: [rows, 2], supervised: 2 * rows };
  // A decoder's labels have a length of their own, and it predicts the first of them, too.
  const hasTargets = kind === "source-target";
  const targetLengths = lists.map(({ length }) => length);
  const time = hasTargets ? paddedLength(targetLengths, options.multipleOf ?? 1) : sourceTime;
  const counted = hasTargets ? { firstCounts: true } : options;
  const labels = new Int32Array(rows * time).fill(ignoredLabel);
  for (const [row, list] of lists.entries()) labels.set(list, row * time);
  const supervised = lists.reduce((sum, list) => sum + supervisedTokens(list, counted), 0);
  return { labels, labelShape: [rows, time], supervised };
}
