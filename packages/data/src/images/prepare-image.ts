// Converts decoded pixels to the input of a model.

import { failure } from "@lowrank/contracts/internal";
import type { ImagePreparation, ResizeTarget, SquaresTarget } from "./image-preparation.ts";
import { type Bytes, resizeBytes } from "./resize-bytes.ts";

/** A decoded image, in the form of `ImageData`, pngjs, jpeg-js and sharp's raw output. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  /** Rows of pixels with three bytes (RGB) or four bytes (RGBA) each. Opacity is ignored. */
  readonly data: Uint8Array | Uint8ClampedArray;
}

type Size = Pick<DecodedImage, "width" | "height">;

/** The input of a model: [3, height, width], row-major. */
export interface PreparedImage {
  readonly height: number;
  readonly width: number;
  readonly values: Float32Array;
}

/** An image in the model's size, still as bytes, which take a quarter of the memory of floats. */
export interface Pixels extends Pick<ImagePreparation, "factor" | "mean" | "deviation"> {
  readonly height: number;
  readonly width: number;
  /** [height · width · 3]: red, green and blue of each pixel. */
  readonly bytes: Uint8Array;
  /** The grid of the first square of an image that was cut into squares of one token each. */
  readonly grid?: { readonly rows: number; readonly columns: number };
}

/** The image's bytes are not three or four for each pixel. Pass RGB or RGBA bytes. */
function imageDataError(width: number, height: number, length: number) {
  const expected = `${3 * width * height} (red, green, blue) or ${4 * width * height} (with opacity)`;
  return failure("IMAGE_DATA", `An image of ${width} × ${height} pixels has ${length} bytes, expected ${expected}.`, {
    width,
    height,
    length,
  });
}

/**
 * Resizes, crops and normalizes an image, as transformers' image processors do with Pillow.
 *
 * @throws IMAGE_DATA
 * @example
 * ```ts
 * import { prepareImage, readImagePreparation } from "@lowrank/data";
 *
 * const preparation = readImagePreparation({
 *   size: { height: 2, width: 2 }, resample: 2, image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5],
 * });
 * const white = { width: 4, height: 4, data: new Uint8Array(4 * 4 * 3).fill(255) };
 * if (prepareImage(white, preparation).values[0] !== 1) throw new Error("white is 1");
 * ```
 */
export function prepareImage(image: DecodedImage, preparation: ImagePreparation): PreparedImage {
  const pixels = resizeImage(image, preparation);
  return { width: pixels.width, height: pixels.height, values: normalizedPixels(pixels) };
}

/** The first half of `prepareImage`: resizes and crops. Throws IMAGE_DATA. */
export function resizeImage(image: DecodedImage, preparation: ImagePreparation): Pixels {
  const { resize, crop, factor, mean, deviation } = preparation;
  const colours = withoutOpacity(image);
  const resized = resize === null ? colours : resizeBytes(colours, sizeOf(colours, resize.target), resize.filter);
  const { width, height, data: bytes } = crop === null ? resized : cropMiddle(resized, crop);
  return { width, height, bytes, factor, mean, deviation };
}

/** The second half: [3, height, width], row-major. */
export function normalizedPixels({ width, height, bytes, factor, mean, deviation }: Pixels): Float32Array {
  const area = width * height;
  return Float32Array.from({ length: 3 * area }, (_, index) => {
    const channel = Math.floor(index / area);
    const value = Math.fround((bytes[(index % area) * 3 + channel] ?? 0) * factor);
    return (value - (mean[channel] ?? 0)) / (deviation[channel] ?? 1);
  });
}

export function withoutOpacity({ width, height, data }: DecodedImage): Bytes {
  const pixels = width * height;
  if (pixels === 0 || (data.length !== 3 * pixels && data.length !== 4 * pixels)) {
    throw imageDataError(width, height, data.length);
  }
  const stride = data.length / pixels;
  const colours = Uint8Array.from(
    { length: 3 * pixels },
    (_, index) => data[Math.floor(index / 3) * stride + (index % 3)] ?? 0,
  );
  return { width, height, data: colours };
}

export function sizeOf({ width, height }: Size, target: ResizeTarget): { width: number; height: number } {
  if ("side" in target) return squaresSize({ width, height }, target);
  if ("longest" in target) return longestSize({ width, height }, target.longest);
  if (!("edge" in target)) return target;
  const { edge } = target;
  const long = (shorter: number, longer: number) => Math.trunc((edge * longer) / shorter);
  return width <= height ? { width: edge, height: long(width, height) } : { width: long(height, width), height: edge };
}

/** transformers' `smart_resize`, which rounds halves to even numbers. */
function squaresSize({ width, height }: Size, { side, minPixels, maxPixels }: SquaresTarget): Size {
  const round = (squares: number) => (squares % 1 === 0.5 ? 2 * Math.round(squares / 2) : Math.round(squares));
  const pixels = round(width / side) * round(height / side) * side ** 2;
  const [shrinking, growing] = [Math.sqrt((width * height) / maxPixels), Math.sqrt(minPixels / (width * height))];
  const resized = (length: number) => {
    if (pixels > maxPixels) return side * Math.max(1, Math.floor(length / shrinking / side));
    return side * (pixels < minPixels ? Math.ceil((length * growing) / side) : round(length / side));
  };
  return { width: resized(width), height: resized(height) };
}

/** transformers' `get_resize_output_image_size`: the shorter length is even, and no length is above 4096. */
function longestSize({ width, height }: Size, longest: number): Size {
  const isWide = width >= height;
  const shorter = Math.trunc(isWide ? longest / (width / height) : longest * (width / height));
  const even = Math.max(1, shorter + (shorter % 2));
  const most = 4096;
  const [long, short] = longest > most ? [most, Math.max(1, Math.trunc((most * even) / longest))] : [longest, even];
  return isWide ? { width: long, height: short } : { width: short, height: long };
}

function cropMiddle(image: Bytes, { width, height }: { readonly width: number; readonly height: number }): Bytes {
  const top = Math.floor((image.height - height) / 2);
  const left = Math.floor((image.width - width) / 2);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [row, column] = [y + top, x + left];
      if (row < 0 || row >= image.height || column < 0 || column >= image.width) continue;
      const from = (row * image.width + column) * 3;
      data.set(image.data.subarray(from, from + 3), (y * width + x) * 3);
    }
  }
  return { width, height, data };
}
