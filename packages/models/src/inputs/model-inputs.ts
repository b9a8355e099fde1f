// The inputs of a model, checked before anything is computed.

import type { ModelConfig } from "@lowrank/contracts/families";
import { imageReaderOf } from "@lowrank/contracts/families/checkpoint";
import { currentBackend } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { modelInputError, positionLimitError } from "../errors.ts";
import type { Backbone } from "../parts/backbone/backbone.ts";
import type { PositionRules } from "../parts/backbone/stages.ts";
import type { KeyValueCache } from "../parts/cache/key-value-cache.ts";
import type { Grid } from "../parts/images/resample-grid.ts";

/** One batch. All tensors belong to the caller. */
export interface ModelInputs {
  /** Token ids, int32 [batch, time]; for multiple choice [batch, choices, time]. Absent only for models of images or audio. */
  readonly inputIds?: tf.Tensor2D | tf.Tensor3D;
  /**
   * Images: float32 [batch, channels, height, width]. For a language model [images, channels, height, width], optional: all images of
   * the batch in the order of their tokens.
   */
  readonly pixelValues?: tf.Tensor4D;
  /**
   * Of a language model that reads images of any size (Qwen3-VL): rows and columns of tokens of each image. `pixelValues` are then
   * squares, one for each token: the first image's, row by row, then the next one's.
   */
  readonly imageGrids?: readonly Grid[];
  /**
   * Audio features: float32 [batch, melBins, frames], `logMelFeatures` of "@lowrank/data" for each row. The number of frames is
   * fixed by the model, here twice `sourcePositions`.
   */
  readonly inputFeatures?: tf.Tensor3D;
  /** 1 for tokens, 0 for padding, int32 as `inputIds`; with a cache [batch, past + time]. Absent: no padding. */
  readonly attentionMask?: tf.Tensor2D | tf.Tensor3D;
  /**
   * Which segment each token belongs to (BERT), int32 as `inputIds`. Absent: all 0. PaliGemma: 0 for the prompt, whose tokens see each
   * other; absent: the tokens before a row's first label, or all. Other models without a table of segments ignore them
   * (transformers' GPT-2, GPT-J and GPT-Neo would add rows of their table of tokens).
   */
  readonly tokenTypeIds?: tf.Tensor2D | tf.Tensor3D;
  /**
   * int32 as `inputIds`, or plain rows: [batch or 1][time], [batch·choices or 1][time]. Absent: 0, 1, 2 …, whatever the
   * mask, as in transformers. With `imageGrids` they count tokens.
   */
  readonly positionIds?: tf.Tensor2D | tf.Tensor3D | readonly (readonly number[])[];
  /** Inputs of an encoder–decoder's decoder, int32 [batch, targetTime]. Absent: made from `labels`. */
  readonly decoderInputIds?: tf.Tensor2D;
  /** 1 for tokens, 0 for padding, int32 [batch, targetTime]; with a cache [batch, past + targetTime]. Absent: no padding. */
  readonly decoderAttentionMask?: tf.Tensor2D;
  /** The labels. Without `decoderInputIds`, an encoder–decoder reads them, shifted by one position. */
  readonly labels?: tf.Tensor;
  /** Keys and values of earlier tokens; the call adds its own. */
  readonly cache?: KeyValueCache;
}

/** Inputs with one sequence a row. */
export interface SequenceInputs
  extends Omit<ModelInputs, "inputIds" | "attentionMask" | "tokenTypeIds" | "positionIds"> {
  readonly inputIds?: tf.Tensor2D;
  readonly attentionMask?: tf.Tensor2D;
  readonly tokenTypeIds?: tf.Tensor2D;
  readonly positionIds?: tf.Tensor2D | readonly (readonly number[])[];
  /** How many neighbouring rows are the choices of one question; absent for other tasks. */
  readonly choices?: number;
}

/** The inputs that decide about positions. */
export interface TextInputs extends Pick<SequenceInputs, "attentionMask" | "positionIds" | "cache"> {
  readonly inputIds: tf.Tensor2D;
}

/** A batch with labels. */
export interface LabelledInputs extends ModelInputs {
  /**
   * Tokens [batch, time], not shifted, with −100 where nothing is trained; or classes or numbers [batch]. For a question the start and
   * the end of its answer, [batch, 2]. For multiple choice the number of the right choice, [batch]. For replaced tokens 0 or 1,
   * [batch, time]. For a second sentence 1 if it does not follow the first, [batch].
   */
  readonly labels: tf.Tensor;
}

/** Throws MODEL_INPUT for shapes and ids that the model cannot take. */
export function checkInputs(inputs: SequenceInputs, config: ModelConfig, { tokens }: Pick<Backbone, "tokens">): void {
  if (config.melBins > 0) {
    checkFeatures(inputs, config);
    return;
  }
  if (inputs.inputFeatures !== undefined) throw modelInputError("inputFeatures", "this model does not read audio");
  const readsText = tokens !== undefined;
  const readsImages = config.imageSize > 0;
  if (!readsText && inputs.inputIds !== undefined)
    throw modelInputError("inputIds", "this model reads images, not text");
  const reader = imageReaderOf(config);
  if (readsImages) checkImages(inputs, config);
  else if (reader !== undefined && inputs.pixelValues !== undefined) checkImages(inputs, reader.tower);
  if (!readsText) return;
  const { inputIds, attentionMask, tokenTypeIds, positionIds, decoderInputIds } = inputs;
  if (inputIds === undefined) throw modelInputError("inputIds", "they are missing: this model reads text");
  if (!readsImages && reader === undefined && inputs.pixelValues !== undefined)
    throw modelInputError("pixelValues", "this model reads text, not images");
  if (inputIds.shape.length !== 2 || inputIds.size === 0) {
    throw modelInputError("inputIds", `the shape is [${inputIds.shape}], expected [batch, time] without zeros`);
  }
  const [batch, time] = inputIds.shape;
  // An encoder sees its whole input at once; the cache belongs to the decoder.
  const past = config.decoderLayers > 0 ? 0 : (inputs.cache?.length ?? 0);
  checkCache(inputs.cache, batch);
  checkShape("attentionMask", attentionMask, [batch, past + time]);
  checkShape("tokenTypeIds", tokenTypeIds, [batch, time]);
  checkPositions(positionIds, [batch, time]);
  checkIds("inputIds", inputIds, config.vocabularySize);
  if (decoderInputIds !== undefined) checkDecoderInputs({ ...inputs, decoderInputIds }, batch, config);
  if (tokenTypeIds !== undefined && config.tokenTypes > 0) checkIds("tokenTypeIds", tokenTypeIds, config.tokenTypes);
}

function checkCache(cache: KeyValueCache | undefined, batch: number): void {
  const rows = cache?.rows ?? batch;
  if (rows !== batch) throw modelInputError("cache", `it has ${rows} rows, but the batch has ${batch}`);
}

function checkDecoderInputs(
  { decoderInputIds, decoderAttentionMask, cache }: SequenceInputs & { readonly decoderInputIds: tf.Tensor2D },
  batch: number,
  config: ModelConfig,
): void {
  if (config.decoderLayers === 0) throw modelInputError("decoderInputIds", "this model has no decoder");
  const [, time = 0] = decoderInputIds.shape;
  const past = cache?.length ?? 0;
  checkShape("decoderInputIds", decoderInputIds, [batch, time]);
  checkShape("decoderAttentionMask", decoderAttentionMask, [batch, past + time]);
  checkIds("decoderInputIds", decoderInputIds, config.vocabularySize);
}

function checkFeatures(inputs: SequenceInputs, config: ModelConfig): void {
  const { inputFeatures, decoderInputIds } = inputs;
  for (const name of ["inputIds", "attentionMask", "pixelValues"] as const) {
    if (inputs[name] !== undefined) throw modelInputError(name, "this model reads audio: use `inputFeatures`");
  }
  if (inputFeatures === undefined) throw modelInputError("inputFeatures", "missing: this model reads audio");
  const [batch] = inputFeatures.shape;
  checkShape("inputFeatures", inputFeatures, [Math.max(1, batch), config.melBins, 2 * config.sourcePositions]);
  checkType("inputFeatures", inputFeatures);
  checkCache(inputs.cache, batch);
  if (decoderInputIds !== undefined) checkDecoderInputs({ ...inputs, decoderInputIds }, batch, config);
}

function checkImages(inputs: SequenceInputs, config: ModelConfig): void {
  const { pixelValues } = inputs;
  const { imageChannels, imageSize, imageWidth, patchSize, patchWidth } = config;
  if (pixelValues === undefined) throw modelInputError("pixelValues", "they are missing: this model reads images");
  const [batch, , height = 0, width = 0] = pixelValues.shape;
  const isLargeEnough = height >= patchSize && width >= patchWidth;
  const mayDiffer = config.family.readsImagesOfAnySize === true && isLargeEnough;
  const [rows, columns] = mayDiffer ? [height, width] : [imageSize, imageWidth];
  checkShape("pixelValues", pixelValues, [batch, imageChannels, rows, columns]);
  checkType("pixelValues", pixelValues);
}

function checkType(name: string, { dtype }: tf.Tensor): void {
  if (dtype !== "float32") throw modelInputError(name, `the type is ${dtype}, expected float32`);
}

/** Rotations accept any sign; float32 counts up to this number. */
const maxPosition = 2 ** 24;

/** Positions of each row, or once for all rows: [batch or 1][time]. Throws MODEL_INPUT and POSITION_LIMIT. */
export function positionsOf(
  inputs: TextInputs,
  { positionRows: limit, positionsFrom = "columns" }: PositionRules,
): readonly (readonly number[])[] {
  const input = givenPositions(inputs.positionIds);
  if (input !== undefined) checkNumbers(input, limit === undefined ? -maxPosition : positionsFrom === "mask" ? -2 : 0);
  const rows = input ?? countPositions(inputs, positionsFrom);
  const highest = rows.reduce((max, row) => row.reduce((higher, position) => Math.max(higher, position), max), 0);
  if (limit !== undefined && highest >= limit) throw positionLimitError(highest + 1, limit);
  return rows;
}

function givenPositions(positions: SequenceInputs["positionIds"]): readonly (readonly number[])[] | undefined {
  return positions === undefined || isRows(positions) ? positions : positions.arraySync();
}

/** A table that counts by the mask begins with a row for padding, −1, and one below it (OPT). */
function checkNumbers(rows: readonly (readonly number[])[], min: number): void {
  const isPosition = (position: number) => Number.isInteger(position) && position >= min && position <= maxPosition;
  const wrong = rows.flat().find((position) => !isPosition(position));
  if (wrong === undefined) return;
  throw modelInputError("positionIds", `got ${wrong}, expected integers from ${min} to ${maxPosition}`);
}

function isRows(positions: NonNullable<SequenceInputs["positionIds"]>): positions is readonly (readonly number[])[] {
  return Array.isArray(positions);
}

function countPositions(
  inputs: TextInputs,
  from: NonNullable<PositionRules["positionsFrom"]>,
): readonly (readonly number[])[] {
  if (from === "columns") return [columnsOf(inputs)];
  return from === "mask" ? shownPositions(inputs) : positionsAfter(from.padding, inputs);
}

/** Padding gets the padding id itself; every other token counts upwards from it, whatever the mask is. */
function positionsAfter(padding: number, { inputIds, cache }: TextInputs): readonly (readonly number[])[] {
  return inputIds.arraySync().map((row) => {
    let last = padding + (cache?.length ?? 0);
    return row.map((id) => (id === padding ? padding : ++last));
  });
}

function columnsOf({ inputIds, cache }: TextInputs): readonly number[] {
  const past = cache?.length ?? 0;
  return Array.from({ length: inputIds.shape[1] }, (_, index) => past + index);
}

/** Each token's index among the tokens that the mask shows; −1 for padding. */
function shownPositions(inputs: TextInputs): readonly (readonly number[])[] {
  const { attentionMask, cache } = inputs;
  if (attentionMask === undefined) return [columnsOf(inputs)];
  return attentionMask.arraySync().map((row) => {
    let shown = 0;
    const positions = row.map((isShown) => {
      shown += isShown;
      return isShown * shown - 1;
    });
    return positions.slice(cache?.length ?? 0);
  });
}

function checkPositions(positions: SequenceInputs["positionIds"], [batch = 0, time = 0]: readonly number[]): void {
  if (positions === undefined) return;
  if (!isRows(positions)) {
    checkShape("positionIds", positions, [batch, time]);
    return;
  }
  const fits = (positions.length === batch || positions.length === 1) && positions.every((row) => row.length === time);
  const got = `[${positions.length}, ${positions.map(({ length }) => length).join(" or ")}]`;
  if (!fits) throw modelInputError("positionIds", `the rows are ${got}, expected [${batch} or 1, ${time}]`);
}

function checkShape(name: string, tensor: tf.Tensor | undefined, expected: readonly number[]): void {
  if (tensor === undefined || tf.util.arraysEqual(tensor.shape, [...expected])) return;
  throw modelInputError(name, `the shape is [${tensor.shape}], expected [${expected}]`);
}

/** Throws MODEL_INPUT for ids outside a table of `size` rows. Not on a GPU, where the check would read the values back. */
export function checkIds(name: string, ids: tf.Tensor, size: number): void {
  if (ids.dtype !== "int32") throw modelInputError(name, `the type is ${ids.dtype}, expected int32`);
  if (currentBackend()?.memory === "gpu") return;
  const wrong = ids.dataSync().find((id) => id < 0 || id >= size);
  if (wrong !== undefined) throw modelInputError(name, `${wrong} is outside 0 to ${size - 1}`);
}
