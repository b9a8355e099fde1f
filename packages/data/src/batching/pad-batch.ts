// Pads sequences of different lengths to one array of integers.

import { ExampleError } from "../errors.ts";
import type { TileGrid } from "../images/image-tiles.ts";
import { normalizedPixels, type Pixels } from "../images/prepare-image.ts";
import {
  type AudioFeatures,
  type CountedLabels,
  ignoredLabel,
  isUndecoded,
  labelsOf,
  supervisedTokens,
  type TokenizedExample,
  type TokenSequence,
} from "../tokenized-example.ts";

/** A batch of token sequences. Arrays are row-major [rows, time] unless noted otherwise. */
export interface TokenBatch {
  readonly inputIds: Int32Array;
  /** 1 on tokens, 0 on padding. */
  readonly attentionMask: Int32Array;
  /**
   * [rows, time] with −100 where nothing is trained; [rows, targetTime] for an encoder–decoder; [rows, 2] for first and last
   * tokens of answers; [rows] for classes; [rows, outputs], as floats, for regression and multi-label. `labelShape` is the shape.
   */
  readonly labels: Int32Array | Float32Array;
  readonly labelShape: readonly [rows: number] | readonly [rows: number, time: number];
  /** Present if an example of the batch has them. */
  readonly tokenTypeIds?: Int32Array;
  /** For a batch of recordings: [rows, melBins, frames]. Ids and mask are then padding. */
  readonly features?: Float32Array;
  readonly featureShape?: readonly [rows: number, melBins: number, frames: number];
  /** For a batch of images: [rows, 3, height, width]. Ids and mask are then padding. */
  readonly pixels?: Float32Array;
  readonly pixelShape?: readonly [rows: number, channels: number, height: number, width: number];
  /** The images of a batch of conversations, in the order of their tokens: [images, 3, height, width]. */
  readonly images?: Float32Array;
  readonly imageShape?: readonly [images: number, channels: number, height: number, width: number];
  /** If `images` are squares of larger images: rows and columns of squares of each. */
  readonly imageGrids?: readonly TileGrid[];
  readonly rows: number;
  readonly time: number;
  /**
   * For a batch of comparisons: how many texts each has. The rows are all first texts, then all second texts, and so on;
   * `labels` is 0 for each row.
   */
  readonly columns?: number;
  /** The similarity scores of comparisons, if the rows have them. */
  readonly similarities?: readonly number[];
  /** For single judgements (KTO): which rows are good answers. */
  readonly isGood?: readonly boolean[];
  /** For ranking: the search that each row belongs to. */
  readonly searches?: readonly number[];
  /** Tokens without padding: tokens in the attention mask, or for recordings the tokens of their texts. */
  readonly tokens: number;
  /** What the loss averages over: trained tokens (without a row's first, unless `firstCounts`), rows of a classifier, comparisons, judgements, or preference pairs. */
  readonly supervised: number;
}

/** The batch of a process that gets no rows. */
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

/** How to pad. */
export interface PadOptions extends CountedLabels {
  readonly padId: number;
  /** Pads `time` to a multiple of this, so that compiled or cached shapes are reused; default 1. */
  readonly multipleOf?: number;
}

/**
 * Pads examples on the right to the longest of them. Throws ExampleError for no examples, for a mix of classes and sequences, for
 * images and recordings that are not decoded, or if `multipleOf` is not an integer from 1.
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
    ...batchFeatures(examples),
    ...batchPixels(examples),
    ...batchImages(examples),
    ...batchSearches(examples),
  };
}

/** Empty for rows without a search. */
function batchSearches(examples: readonly TokenizedExample[]): Pick<TokenBatch, "searches"> {
  const searches = examples.flatMap((example) => (example.kind === "scored" ? (example.search ?? []) : []));
  return searches.length === examples.length ? { searches } : {};
}

/** All chosen answers, then all rejected ones in the same order. */
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

/** The pixels of images of one size; empty for rows of text. Each image counts as one token. */
function batchPixels(
  examples: readonly TokenizedExample[],
): Partial<Pick<TokenBatch, "pixels" | "pixelShape" | "tokens">> {
  const pictures = examples.flatMap((example) => ("pixels" in example ? (example.pixels ?? []) : []));
  const [first] = pictures;
  if (first === undefined) return {};
  if (pictures.length !== examples.length) throw new ExampleError(unlike);
  const { pixels, shape } = stackPixels(pictures);
  return { pixels, pixelShape: shape, tokens: examples.length };
}

const unlike = "A batch of pictures needs one picture in each row, all of the same size.";

/** The image tiles of all conversations; empty without any. */
function batchImages(examples: readonly TokenizedExample[]): Partial<ImageBatch> {
  const tiles = examples.flatMap((example) => (example.kind === "sequence" ? (example.tiles ?? []) : []));
  return tiles.length === 0 ? {} : stackTiles(tiles);
}

/** The images of texts as numbers. */
type ImageBatch = Required<Pick<TokenBatch, "images" | "imageShape">> & Pick<TokenBatch, "imageGrids">;

/**
 * Images of `tileImage`, those of one text after those of another, as one array [images, 3, height, width], with the grid of each that
 * was cut into squares. Throws ExampleError if their sizes differ.
 */
export function stackTiles(tiles: readonly Pixels[]): ImageBatch {
  const { pixels, shape } = stackPixels(tiles);
  const imageGrids = tiles.flatMap(({ grid }) => grid ?? []);
  return { images: pixels, imageShape: shape, ...(imageGrids.length > 0 && { imageGrids }) };
}

function stackPixels(pictures: readonly Pixels[]) {
  const { width = 0, height = 0 } = pictures[0] ?? {};
  if (!pictures.every((image) => image.width === width && image.height === height)) throw new ExampleError(unlike);
  const size = 3 * width * height;
  const pixels = new Float32Array(pictures.length * size);
  for (const [row, picture] of pictures.entries()) pixels.set(normalizedPixels(picture), row * size);
  return { pixels, shape: [pictures.length, 3, height, width] as const };
}

/** The features of recordings of one shape; empty for rows of text. */
function batchFeatures(
  examples: readonly TokenizedExample[],
): Partial<Pick<TokenBatch, "features" | "featureShape" | "tokens">> {
  const recordings = examples.flatMap((row) => (row.kind === "source-target" ? (row.audioFeatures ?? []) : []));
  const [first] = recordings;
  if (first === undefined) return {};
  const { melBins } = first;
  const framesOf = ({ features, melBins: bins, frames = features.length / bins }: AudioFeatures) => frames;
  const frames = framesOf(first);
  const isAlike = (recording: AudioFeatures) =>
    recording.melBins === melBins && framesOf(recording) === frames && recording.features.length % melBins === 0;
  if (recordings.length !== examples.length || !recordings.every(isAlike)) {
    throw new ExampleError("A batch of recordings needs features of the same shape in each row, [melBins · frames].");
  }
  const length = melBins * frames;
  const features = new Float32Array(examples.length * length);
  for (const [row, { features: own }] of recordings.entries()) {
    const frameCount = own.length / melBins;
    for (let bin = 0; bin < melBins; bin++) {
      const at = row * length + bin * frames;
      features.set(own.subarray(bin * frameCount, (bin + 1) * frameCount), at);
      features.fill(own[(bin + 1) * frameCount - 1] ?? 0, at + frameCount, at + frames);
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
  // Start and end are two predictions, so each row counts twice.
  if (kind === "span") return { labels: Int32Array.from(lists.flat()), labelShape: [rows, 2], supervised: 2 * rows };
  // The labels of an encoder–decoder have their own length, and the first label is predicted, too.
  const hasTargets = kind === "source-target";
  const targetLengths = lists.map(({ length }) => length);
  const time = hasTargets ? paddedLength(targetLengths, options.multipleOf ?? 1) : sourceTime;
  const counted = hasTargets ? { firstCounts: true } : options;
  const labels = new Int32Array(rows * time).fill(ignoredLabel);
  for (const [row, list] of lists.entries()) labels.set(list, row * time);
  const supervised = lists.reduce((sum, list) => sum + supervisedTokens(list, counted), 0);
  return { labels, labelShape: [rows, time], supervised };
}
