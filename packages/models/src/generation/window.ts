// The tokens that a model has not read yet, and their positions.

import * as tf from "@tensorflow/tfjs-core";
import { generationOptionError } from "../errors.ts";
import { placeImages } from "../inputs/image-grids.ts";
import type { ModelInputs } from "../inputs/model-inputs.ts";
import type { Grid } from "../parts/images/resample-grid.ts";
import type { PretrainedModel } from "../pretrained-model.ts";

type Rows = readonly (readonly number[])[];

export interface Window {
  /** Length of the longest text so far, including the new tokens; 0 if a source was read. */
  readonly positions: number;
  /** The inputs of the next call, except the cache. The caller disposes of the tensors. */
  inputs(): ModelInputs;
  /** The window after one more token in each row. */
  after(ids: readonly number[]): Window;
}

interface Beginning {
  /** The first token of a decoder that reads a source. */
  readonly start: number | null;
  readonly inputFeatures?: tf.Tensor3D | undefined;
  readonly pixelValues?: tf.Tensor4D | undefined;
  readonly imageGrids?: readonly Grid[] | undefined;
  /** Tokens of the only prompt that a cache holds already. */
  readonly cachedTokens?: number | undefined;
}

/** A decoder's prompts; for an encoder–decoder its sources, or recordings and the starts of their texts. */
export function firstWindow(
  model: PretrainedModel,
  promptIds: Rows,
  { start, inputFeatures, pixelValues, imageGrids, cachedTokens }: Beginning,
): Window {
  if (inputFeatures !== undefined) return audioWindow(inputFeatures, promptIds);
  if (model.task !== "sequence-to-sequence") {
    const { imageTokenId: token } = model.config;
    const shifts = imageGrids && placeImages(promptIds, [], { grids: imageGrids, token }).shifts;
    const prompts = afterCached(cachedTokens, padLeft(promptIds, model.firstPosition));
    return withImages(promptWindow({ ...prompts, shifts }), { pixelValues, imageGrids });
  }
  if (start === null) {
    throw generationOptionError("decoder_start_token_id", "missing in the model's files", "a token id");
  }
  return sourceWindow(
    padRight(promptIds),
    promptIds.map(() => start),
  );
}

/** All fields are [batch][time]. */
interface Prompts {
  readonly ids: Rows;
  /** One row for all prompts if none is padded. */
  readonly positions: Rows;
  /** For all tokens so far, [batch][past + time]; absent without padding. */
  readonly mask: Rows | undefined;
  /** Number of a text's first position. */
  readonly first: number;
  /** For texts whose images have fewer positions than tokens, the number that is added to the position after the last token; else 0. */
  readonly shifts?: readonly number[] | undefined;
}

function padLeft(prompts: Rows, first: number): Prompts {
  const longest = Math.max(...prompts.map(({ length }) => length));
  if (prompts.every(({ length }) => length === longest)) {
    const positions = [Array.from({ length: longest }, (_, index) => first + index)];
    return { ids: prompts, positions, mask: undefined, first };
  }
  const padding = prompts.map(({ length }) => Array<number>(longest - length).fill(0));
  return {
    ids: prompts.map((ids, row) => [...(padding[row] ?? []), ...ids]),
    // Padding gets position 0: no token attends to it.
    positions: prompts.map((ids, row) => [...(padding[row] ?? []), ...ids.map((_, index) => first + index)]),
    mask: prompts.map((ids, row) => [...(padding[row] ?? []), ...ids.map(() => 1)]),
    first,
  };
}

/** The rest of one prompt, without padding, after the cached tokens. */
function afterCached(cachedTokens = 0, { ids, positions, ...rest }: Prompts): Prompts {
  const uncached = (rows: Rows) => (cachedTokens === 0 ? rows : rows.map((row) => row.slice(cachedTokens)));
  return { ids: uncached(ids), positions: uncached(positions), ...rest };
}

function promptWindow({ ids, positions, mask, first, shifts }: Prompts): Window {
  const next = (row: readonly number[] = []) => (row.at(-1) ?? 0) + 1;
  return {
    positions: Math.max(...positions.map((row) => next(row) - first)),
    inputs: () => ({
      inputIds: matrix(ids),
      positionIds: positions,
      ...(mask === undefined ? {} : { attentionMask: matrix(mask) }),
    }),
    after: (chosen) =>
      promptWindow({
        ids: chosen.map((id) => [id]),
        positions:
          shifts?.map((shift, row) => [next(positions[row] ?? positions[0]) + shift]) ??
          positions.map((row) => [next(row)]),
        mask: mask?.map((row) => [...row, 1]),
        first,
      }),
  };
}

/** [batch][time] each. */
interface Sources {
  readonly ids: Rows;
  readonly mask: Rows;
}

/** An encoder counts positions from the first column, so its padding goes to the right. */
function padRight(sources: Rows): Sources {
  const longest = Math.max(...sources.map(({ length }) => length));
  const padding = sources.map(({ length }) => Array<number>(longest - length).fill(0));
  return {
    ids: sources.map((ids, row) => [...ids, ...(padding[row] ?? [])]),
    mask: sources.map((ids, row) => [...ids.map(() => 1), ...(padding[row] ?? [])]),
  };
}

function sourceWindow(source: Sources, latest: readonly number[]): Window {
  return {
    positions: 0,
    inputs: () => ({
      inputIds: matrix(source.ids),
      ...maskOf(source.mask),
      decoderInputIds: matrix(latest.map((id) => [id])),
    }),
    after: (next) => sourceWindow(source, next),
  };
}

function audioWindow(inputFeatures: tf.Tensor3D, latest: Rows): Window {
  return {
    positions: 0,
    inputs: () => ({ inputFeatures, decoderInputIds: matrix(latest) }),
    after: (next) =>
      audioWindow(
        inputFeatures,
        next.map((id) => [id]),
      ),
  };
}

/** Only the first window has the prompts' images; after it they are in the cache. */
function withImages(
  window: Window,
  { pixelValues, imageGrids }: Pick<Beginning, "pixelValues" | "imageGrids">,
): Window {
  if (pixelValues === undefined) return window;
  return { ...window, inputs: () => ({ ...window.inputs(), pixelValues, ...(imageGrids && { imageGrids }) }) };
}

function maskOf(mask: Rows): Pick<ModelInputs, "attentionMask"> {
  return mask.some((row) => row.includes(0)) ? { attentionMask: matrix(mask) } : {};
}

function matrix(rows: Rows): tf.Tensor2D {
  return tf.tensor2d(rows.flat(), [rows.length, rows[0]?.length ?? 0], "int32");
}
