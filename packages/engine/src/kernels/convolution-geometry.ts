// The input pixel for each output pixel and each tap of a filter.

import * as tf from "@tensorflow/tfjs-core";
import { ArgumentError } from "../errors.ts";
import { numbersOf } from "../gradients/attributes.ts";

type Shape4 = [number, number, number, number];
type Padding = "same" | "valid" | number | tf.backend_util.ExplicitPadding;

/** Sizes of a convolution over NHWC tensors with an HWIO filter. */
export type Geometry = tf.backend_util.Conv2DInfo;

/** Reads a convolution kernel's attributes. */
export function geometryOf(
  attributes: tf.NamedAttrMap,
  shapes: { readonly input: readonly number[]; readonly filter: readonly number[]; readonly isDepthwise: boolean },
): Geometry {
  const dilations = numbersOf({ dilations: attributes.dilations ?? 1 }, "dilations"); // tf.layers passes null
  return tf.backend_util.computeConv2DInfo(
    four(shapes.input),
    four(shapes.filter),
    pair(numbersOf(attributes, "strides")),
    pair(dilations),
    paddingOf(attributes),
    roundingOf(attributes),
    shapes.isDepthwise,
    "channelsLast",
  );
}

/** Calls `visit` with the indices of each input and output pixel that the filter's `tap` joins. */
export function visitTap(geometry: Geometry, tap: number, visit: (input: number, output: number) => void): void {
  const { batchSize, inHeight, inWidth, outHeight, outWidth, strideHeight, strideWidth } = geometry;
  const rowShift = Math.floor(tap / geometry.filterWidth) * geometry.dilationHeight - geometry.padInfo.top;
  const columnShift = (tap % geometry.filterWidth) * geometry.dilationWidth - geometry.padInfo.left;
  for (let image = 0; image < batchSize; image++) {
    for (let outRow = 0; outRow < outHeight; outRow++) {
      const row = outRow * strideHeight + rowShift;
      if (row < 0 || row >= inHeight) continue;
      for (let outColumn = 0; outColumn < outWidth; outColumn++) {
        const column = outColumn * strideWidth + columnShift;
        if (column < 0 || column >= inWidth) continue;
        visit((image * inHeight + row) * inWidth + column, (image * outHeight + outRow) * outWidth + outColumn);
      }
    }
  }
}

function four(shape: readonly number[]): Shape4 {
  const [first = 0, second = 0, third = 0, fourth = 0] = shape;
  return [first, second, third, fourth];
}

function pair(numbers: readonly number[]): [number, number] {
  const [first = 1, second = first] = numbers;
  return [first, second];
}

function paddingOf(attributes: tf.NamedAttrMap): Padding {
  const pad: unknown = attributes.pad;
  if (pad === "same" || pad === "valid" || typeof pad === "number") return pad;
  if (!Array.isArray(pad)) throw new ArgumentError("A convolution", "pad", pad, '"same", "valid", a number or pairs');
  const margins = pad.map((margin) => pair(numbersOf({ margin: Array.isArray(margin) ? margin : [] }, "margin")));
  const none: [number, number] = [0, 0];
  const [first = none, second = none, third = none, fourth = none] = margins;
  return [first, second, third, fourth];
}

function roundingOf(attributes: tf.NamedAttrMap): "floor" | "round" | "ceil" | undefined {
  const mode: unknown = attributes.dimRoundingMode;
  return mode === "floor" || mode === "round" || mode === "ceil" ? mode : undefined;
}
