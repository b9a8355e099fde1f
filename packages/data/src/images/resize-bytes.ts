// Resizes images exactly like Pillow, because models were trained on such images: first horizontally, then vertically. Each new pixel
// is a weighted mean of the old pixels that it covers, with weights as integers of 22 bits.

import type { ResampleFilter } from "./image-preparation.ts";

/** Rows of pixels, three bytes each: red, green, blue. */
export interface Bytes {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export function resizeBytes(image: Bytes, size: { width: number; height: number }, filter: ResampleFilter): Bytes {
  if (filter === "nearest") return pickNearest(image, size);
  const across = image.width === size.width ? image : resizeWidth(image, size.width, curves[filter]);
  if (image.height === size.height) return across;
  return transpose(resizeWidth(transpose(across), size.height, curves[filter]));
}

function pickNearest(image: Bytes, { width, height }: { width: number; height: number }): Bytes {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * image.height) / height);
    for (let x = 0; x < width; x++) {
      const from = (row * image.width + Math.floor(((x + 0.5) * image.width) / width)) * 3;
      data.set(image.data.subarray(from, from + 3), (y * width + x) * 3);
    }
  }
  return { width, height, data };
}

interface Curve {
  /** The distance from which a pixel has no weight. */
  readonly reach: number;
  share(distance: number): number;
}

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

const curves: Readonly<Record<Exclude<ResampleFilter, "nearest">, Curve>> = {
  box: { reach: 0.5, share: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { reach: 1, share: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { reach: 2, share: cubic },
  lanczos: { reach: 3, share: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** Keys 1981, with the slope −0.5 at distance 1. */
function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? -0.5 * (((x - 5) * x + 8) * x - 4) : 0;
}

const unit = 2 ** 22;

function resizeWidth({ width: old, height, data: from }: Bytes, width: number, curve: Curve): Bytes {
  const data = new Uint8Array(width * height * 3);
  for (let x = 0; x < width; x++) {
    const { first, shares } = sharesOf(x, { old, width }, curve);
    for (let y = 0; y < height; y++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = unit / 2;
        shares.forEach((share, index) => {
          sum += share * (from[(y * old + first + index) * 3 + channel] ?? 0);
        });
        data[(y * width + x) * 3 + channel] = Math.min(255, Math.max(0, Math.floor(sum / unit)));
      }
    }
  }
  return { width, height, data };
}

/** For each new pixel: its old pixels, and their weights, which sum to `unit`. */
function sharesOf(
  x: number,
  { old, width }: { readonly old: number; readonly width: number },
  { reach, share }: Curve,
): { readonly first: number; readonly shares: readonly number[] } {
  const scale = old / width;
  const stretch = Math.max(scale, 1);
  const center = (x + 0.5) * scale;
  const first = Math.max(0, Math.trunc(center - reach * stretch + 0.5));
  const end = Math.min(old, Math.trunc(center + reach * stretch + 0.5));
  const weights = Array.from({ length: end - first }, (_, index) => share((first + index - center + 0.5) / stretch));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const whole = (value: number) => Math.trunc(value * unit + (value < 0 ? -0.5 : 0.5));
  return { first, shares: weights.map((weight) => whole(weight / total)) };
}

/** Swaps rows and columns. */
function transpose({ width, height, data }: Bytes): Bytes {
  const transposed = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 3;
      transposed.set(data.subarray(from, from + 3), (x * height + y) * 3);
    }
  }
  return { width: height, height: width, data: transposed };
}
