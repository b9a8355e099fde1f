// An image as the squares that a language model reads: one, or with Idefics3's processor also tiles of the enlarged image. Of Qwen's
// models, each square of the image is one token.

import type { ImagePreparation } from "./image-preparation.ts";
import { type DecodedImage, type Pixels, resizeImage, sizeOf, withoutOpacity } from "./prepare-image.ts";
import { type Bytes, resizeBytes } from "./resize-bytes.ts";

/** How many tiles an image is split into, in addition to itself as a small image, or squares of one token each; 0 if it is not split. */
export interface TileGrid {
  readonly rows: number;
  readonly columns: number;
}

type Size = Pick<DecodedImage, "width" | "height">;

/** The tiles of an image of this size. */
export function tileGrid(image: Size, preparation: ImagePreparation): TileGrid {
  const { tiles, resize } = preparation;
  if (resize !== null && "side" in resize.target) return gridOf(sizeOf(image, resize.target), resize.target.side);
  if (tiles?.isSplit !== true) return { rows: 0, columns: 0 };
  const { width, height } = splitSize(resize === null ? image : sizeOf(image, resize.target), tiles.side);
  const isSplit = width > tiles.side || height > tiles.side;
  return isSplit ? { rows: height / tiles.side, columns: width / tiles.side } : { rows: 0, columns: 0 };
}

/** The images that the model reads: the tiles row by row, then the whole image; or squares row by row. Throws IMAGE_DATA. */
export function tileImage(image: DecodedImage, preparation: ImagePreparation): readonly Pixels[] {
  const { tiles, resize, factor, mean, deviation } = preparation;
  if (resize !== null && "side" in resize.target) return squaresOf(resizeImage(image, preparation), resize.target.side);
  if (tiles === undefined) return [resizeImage(image, preparation)];
  const { side, isSplit, filter } = tiles;
  const square = { width: side, height: side };
  const whole = withoutOpacity(image);
  const resized = resize === null ? whole : resizeBytes(whole, sizeOf(whole, resize.target), resize.filter);
  const enlarged = isSplit ? resizeBytes(resized, splitSize(resized, side), filter) : resized;
  const { rows, columns } = tileGrid(image, preparation);
  const cut = Array.from({ length: rows * columns }, (_, tile) =>
    cutTile(enlarged, { side, row: Math.floor(tile / columns), column: tile % columns }),
  );
  return [...cut, resizeBytes(enlarged, square, filter)].map(({ width, height, data: bytes }) => {
    return { width, height, bytes, factor, mean, deviation };
  });
}

function gridOf({ width, height }: Size, side: number): TileGrid {
  return { rows: height / side, columns: width / side };
}

function squaresOf({ width, height, bytes: data, ...colours }: Pixels, side: number): readonly Pixels[] {
  const grid = gridOf({ width, height }, side);
  return Array.from({ length: grid.rows * grid.columns }, (_, index) => {
    const at = { side, row: Math.floor(index / grid.columns), column: index % grid.columns };
    const { data: bytes } = cutTile({ width, height, data }, at);
    return { ...colours, width: side, height: side, bytes, ...(index === 0 && { grid }) };
  });
}

/** transformers' `resize_for_vision_encoder`: both lengths are multiples of a tile's. */
function splitSize({ width, height }: Size, side: number): { width: number; height: number } {
  const up = (length: number) => Math.ceil(length / side) * side;
  const ratio = width / height;
  if (width >= height) return { width: up(width), height: up(Math.trunc(up(width) / ratio)) };
  return { height: up(height), width: up(Math.trunc(up(height) * ratio)) };
}

function cutTile(
  { width, data }: Bytes,
  { side, row, column }: { readonly side: number; readonly row: number; readonly column: number },
): Bytes {
  const tile = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++) {
    const from = ((row * side + y) * width + column * side) * 3;
    tile.set(data.subarray(from, from + side * 3), y * side * 3);
  }
  return { width: side, height: side, data: tile };
}
