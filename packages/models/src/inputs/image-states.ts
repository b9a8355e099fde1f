// Finds the image state for each image token of a call.

import { adapterRows, type ForwardContext } from "@lowrank/contracts";
import type { ModelConfig } from "@lowrank/contracts/families";
import { imageReaderOf } from "@lowrank/contracts/families/checkpoint";
import { modelInputError } from "../errors.ts";
import { Pass, type ShownImages } from "../parts/pass.ts";
import { patchInputs } from "./image-grids.ts";
import type { SequenceInputs } from "./model-inputs.ts";

/** The images of a call to a language model; undefined without images. Throws MODEL_INPUT if their number does not fit the ids. */
export function imagesOf(
  { inputIds, pixelValues, imageGrids: grids = [] }: SequenceInputs,
  context: ForwardContext,
  config: ModelConfig,
): ShownImages | undefined {
  const reader = imageReaderOf(config);
  if (reader === undefined || inputIds === undefined || pixelValues === undefined) return undefined;
  if (reader.tokens === 0) {
    const reason = `the patches of an image do not make squares of ${config.mergedSide} × ${config.mergedSide}`;
    throw modelInputError("pixelValues", `${reason}. Correct image_size, patch_size or scale_factor in config.json.`);
  }
  const ids = inputIds.dataSync();
  const tokens: number[] = [];
  const stateOf = Array.from(ids, (id, token) => (id === config.imageTokenId ? tokens.push(token) - 1 : -1));
  const [count] = pixelValues.shape;
  if (tokens.length !== count * reader.tokens) {
    const expected = `${count} images need ${count} × ${reader.tokens} tokens with the id ${config.imageTokenId}`;
    throw modelInputError("pixelValues", `${expected}, but inputIds has ${tokens.length}`);
  }
  const rows = Array.from({ length: count }, (_, image) => {
    return Math.floor((tokens[image * reader.tokens] ?? 0) / inputIds.shape[1]);
  });
  const hasGrids = config.rotary?.sections !== undefined;
  const squares = grids.reduce((sum, grid) => sum + grid.rows * grid.columns, 0);
  if (hasGrids && squares !== count)
    throw modelInputError("imageGrids", `they have ${squares} squares, but pixelValues has ${count}`);
  const places = hasGrids ? patchInputs(grids, config.mergedSide) : { positions: [] };
  return { stateOf, pass: new Pass(ofImages(context, rows), { pixelValues, ...places, causal: false }) };
}

/** Each image has the adapter of the row that shows it, wherever in the text an adapter begins to act. */
function ofImages({ tokenPositions: _, ...context }: ForwardContext, rows: readonly number[]): ForwardContext {
  const { adapters } = context;
  if (adapters.kind !== "rows") return context;
  return { ...context, adapters: adapterRows(rows.map((row) => adapters.rows[row] ?? null)) };
}
