// Reads preprocessor_config.json, or image_processor of processor_config.json: how an image is prepared (size, filter, mean).

import { describeValue, failure } from "@lowrank/contracts/internal";

/** The filter of resizing. */
export type ResampleFilter = "nearest" | "lanczos" | "bilinear" | "bicubic" | "box";

/**
 * The target size: both lengths, or `edge` for the shorter one, or `longest` for the longer one, and the other in proportion. Or roughly
 * the image's own size, in whole squares and within a number of pixels.
 */
export type ResizeTarget =
  | { readonly height: number; readonly width: number }
  | { readonly edge: number }
  | { readonly longest: number }
  | SquaresTarget;

/** Both lengths become multiples of `side`; the model reads the squares of this side (Qwen's models). */
export interface SquaresTarget {
  readonly side: number;
  readonly minPixels: number;
  readonly maxPixels: number;
}

/** The steps of preparing an image, in this order; null for steps that are skipped. */
export interface ImagePreparation {
  readonly resize: { readonly target: ResizeTarget; readonly filter: ResampleFilter } | null;
  /** Center crop; a smaller image is padded with black. */
  readonly crop: { readonly height: number; readonly width: number } | null;
  /** The factor of values from 0 to 255. */
  readonly factor: number;
  /** Subtracted from red, green and blue. The result is divided by `deviation`. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  /**
   * For Idefics3: the length of the square images that the model reads. With `isSplit` a larger image becomes several of them, and one
   * more that shows the whole image.
   */
  readonly tiles?: { readonly side: number; readonly isSplit: boolean; readonly filter: ResampleFilter };
}

/** preprocessor_config.json or processor_config.json has an invalid or unsupported setting. Correct the key that the message names. */
function imagePreparationError(key: string, got: string, expected: string) {
  return failure(
    "IMAGE_PREPARATION",
    `Cannot prepare images by preprocessor_config.json or processor_config.json: ${key} is ${got}, expected ${expected}.`,
    { key, got, expected },
  );
}

/** In the order of Pillow's numbers. */
const filters: readonly ResampleFilter[] = ["nearest", "lanczos", "bilinear", "bicubic", "box"];
/** Maximum length in a file. A square of this size takes 800 MB as floats. */
const largest = 8_192;

/** Processors for which a single number is the shorter edge. */
const byShorterEdge = /^(CLIP|Bit|Siglip)/;
/** Processors that cut an image of any size into squares. */
const bySquares = /^Qwen2VL/;
const byBicubic = /^(CLIP|Bit|Siglip|Qwen2VL)/;
/** Processors that make tiles, and whose default filter is lanczos. */
const byTiles = /^(Idefics3|SmolVLM)/;
/** Maximum number of tiles along an edge. */
const maxTiles = 32;

/**
 * Reads a parsed preprocessor_config.json of ViT, DeiT, Swin, DINOv2, CLIP, SigLIP, Idefics3, SmolVLM or Qwen3-VL.
 *
 * @throws IMAGE_PREPARATION
 * @example
 * ```ts
 * import { readImagePreparation } from "@lowrank/data";
 *
 * const half = [0.5, 0.5, 0.5];
 * const size = { height: 224, width: 224 };
 * const file = { image_processor_type: "ViTImageProcessor", size, resample: 2, image_mean: half, image_std: half };
 * if (readImagePreparation(file).resize?.filter !== "bilinear") throw new Error("unexpected filter");
 * ```
 */
export function readImagePreparation(file: unknown): ImagePreparation {
  const values = new Map(typeof file === "object" && file !== null ? Object.entries(file) : []);
  const given = values.get("image_processor_type") ?? values.get("feature_extractor_type");
  const type = typeof given === "string" ? given : "";
  const isOn = (key: string, fallback: boolean) => (values.get(key) ?? fallback) === true;
  const hasCrop = isOn("do_center_crop", byShorterEdge.test(type) && values.has("crop_size"));
  const rescales = isOn("do_rescale", true);
  const normalizes = isOn("do_normalize", true);
  const defaultFilter = byTiles.test(type) ? 1 : byBicubic.test(type) ? 3 : 2;
  const filter = filterOf(values.get("resample") ?? defaultFilter);
  const isResized = isOn("do_resize", true);
  const target = bySquares.test(type) ? squaresIn(values) : isResized ? targetOf(values.get("size"), type) : null;
  return {
    ...(byTiles.test(type)
      ? { tiles: { ...tilesIn(values, target), filter, isSplit: isOn("do_image_splitting", true) } }
      : {}),
    resize: target === null ? null : { target, filter },
    crop: hasCrop ? squareOf("crop_size", values.get("crop_size")) : null,
    factor: rescales ? numberOf("rescale_factor", values.get("rescale_factor") ?? 1 / 255) : 1,
    mean: normalizes ? threeOf("image_mean", values.get("image_mean")) : [0, 0, 0],
    deviation: normalizes ? threeOf("image_std", values.get("image_std")) : [1, 1, 1],
  };
}

function targetOf(size: unknown, type: string): ResizeTarget {
  if (typeof size === "number" && byShorterEdge.test(type)) return { edge: lengthOf("size", size) };
  const { shortest_edge: edge, longest_edge: longest } = Object(size) as Readonly<Record<string, unknown>>;
  if (byTiles.test(type)) return { longest: lengthOf("size.longest_edge", longest) };
  if (edge === undefined || edge === null) return squareOf("size", size);
  if (longest !== undefined && longest !== null)
    throw imagePreparationError("size.longest_edge", describeValue(longest), "shortest_edge alone");
  return { edge: lengthOf("size.shortest_edge", edge) };
}

/** The size is in pixels of the whole image. */
function squaresIn(values: ReadonlyMap<string, unknown>): SquaresTarget {
  if (values.get("do_resize") === false) throw imagePreparationError("do_resize", "false", "true");
  const [patch, merge] = ["patch_size", "merge_size"].map((key) => lengthOf(key, values.get(key)));
  const { shortest_edge: min, longest_edge: max } = Object(values.get("size")) as Readonly<Record<string, unknown>>;
  return {
    side: lengthOf("patch_size times merge_size", Number(patch) * Number(merge)),
    minPixels: integerOf("size.shortest_edge", min, largest ** 2),
    maxPixels: integerOf("size.longest_edge", max, largest ** 2),
  };
}

/** Without a first resize, a long and narrow image would become any number of tiles. */
function tilesIn(values: ReadonlyMap<string, unknown>, target: ResizeTarget | null): { readonly side: number } {
  if (target === null || !("longest" in target)) throw imagePreparationError("do_resize", "false", "true");
  const { longest_edge: value } = Object(values.get("max_image_size")) as Readonly<Record<string, unknown>>;
  const side = lengthOf("max_image_size.longest_edge", value);
  if (target.longest <= side * maxTiles) return { side };
  const expected = `at least ${target.longest / maxTiles}, a part of size.longest_edge`;
  throw imagePreparationError("max_image_size.longest_edge", String(side), expected);
}

/** A size as an object, or a single number for both lengths. */
function squareOf(key: string, value: unknown): { readonly height: number; readonly width: number } {
  if (typeof value === "number") return { height: lengthOf(key, value), width: lengthOf(key, value) };
  const { height, width } = Object(value) as Readonly<Record<string, unknown>>;
  return { height: lengthOf(`${key}.height`, height), width: lengthOf(`${key}.width`, width) };
}

function lengthOf(key: string, value: unknown): number {
  return integerOf(key, value, largest);
}

function integerOf(key: string, value: unknown, max: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw imagePreparationError(key, describeValue(value), `an integer from 1 to ${max}`);
}

function filterOf(value: unknown): ResampleFilter {
  const filter = typeof value === "number" ? filters[value] : undefined;
  if (filter !== undefined) return filter;
  const expected = `0 to ${filters.length - 1} (${filters.join(", ")})`;
  throw imagePreparationError("resample", describeValue(value), expected);
}

function numberOf(key: string, value: unknown): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw imagePreparationError(key, describeValue(value), "a number");
}

function threeOf(key: string, value: unknown): readonly number[] {
  const isThree = Array.isArray(value) && value.length === 3 && value.every((each) => Number.isFinite(each));
  if (isThree) return value;
  throw imagePreparationError(key, describeValue(value), "three numbers, of red, green and blue");
}
