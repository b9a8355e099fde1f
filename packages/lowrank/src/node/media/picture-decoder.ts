// Decodes PNG and JPEG in plain JavaScript, with optional packages. Runs in a thread.

import type { DecodedImage } from "@lowrank/data";
import { maxPixels } from "../../platform.ts";
import { checkJpeg, checkPng, megabytesFor } from "./picture-bounds.ts";

/** Decodes both formats. Errors are plain; the code ERR_MODULE_NOT_FOUND means that the package is missing. */
export function open(): (file: { readonly bytes: Uint8Array; readonly isPng: boolean }) => Promise<DecodedImage> {
  return ({ bytes, isPng }) => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return isPng ? decodePng(buffer) : decodeJpeg(buffer);
  };
}

async function decodePng(bytes: Buffer): Promise<DecodedImage> {
  const { PNG } = await import("pngjs");
  checkPng(bytes);
  const { width, height, data } = PNG.sync.read(bytes);
  return { width, height, data };
}

async function decodeJpeg(bytes: Buffer): Promise<DecodedImage> {
  const { default: jpeg } = await import("jpeg-js");
  checkJpeg(bytes);
  const image: DecodedImage & { readonly exifBuffer?: Uint8Array } = jpeg.decode(bytes, {
    useTArray: true,
    maxResolutionInMP: maxPixels / 1e6,
    maxMemoryUsageInMB: megabytesFor(bytes), // jpeg-js takes more memory than it counts
  });
  return rotateUpright(image, exifOrientation(image.exifBuffer)); // jpeg-js's types lack `exifBuffer`
}

// Cameras store images in the sensor's orientation with a note on rotation (EXIF, tag 0x0112), which JPEG decoders ignore.

const orientationTag = 0x0112;

/** The orientation, 1 to 8, in an EXIF block; 1 (unchanged) if it has none or is damaged. */
export function exifOrientation(exif: Uint8Array | undefined): number {
  // The prefix "Exif" and two zeros is optional; jpeg-js leaves the last zero.
  const start = [0, 1, 6].find((at) => exif?.[at] === exif?.[at + 1] && (exif?.[at] === 0x49 || exif?.[at] === 0x4d));
  if (exif === undefined || start === undefined) return 1;
  const view = new DataView(exif.buffer, exif.byteOffset + start, exif.byteLength - start);
  try {
    const isLittle = view.getUint16(0) === 0x4949;
    const entries = view.getUint32(4, isLittle);
    for (let entry = 0; entry < view.getUint16(entries, isLittle); entry += 1) {
      const at = entries + 2 + 12 * entry;
      if (view.getUint16(at, isLittle) !== orientationTag) continue;
      const orientation = view.getUint16(at + 8, isLittle);
      return orientation >= 1 && orientation <= 8 ? orientation : 1;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // an offset beyond the block
  }
  return 1;
}

/** The upright image, four bytes per pixel: like Pillow's `exif_transpose`, which Hugging Face datasets use. */
export function rotateUpright(image: DecodedImage, orientation: number): DecodedImage {
  if (orientation === 1) return image;
  const { width, height, data } = image;
  const isTransposed = orientation >= 5;
  const [newWidth, newHeight] = isTransposed ? [height, width] : [width, height];
  // Whether each of the sensor's axes is reversed.
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBottom = [3, 4, 6, 7].includes(orientation);
  const from = new Uint32Array(data.buffer, data.byteOffset, width * height);
  const to = new Uint32Array(width * height);
  for (let y = 0; y < newHeight; y += 1) {
    for (let x = 0; x < newWidth; x += 1) {
      const [column, row] = isTransposed ? [y, x] : [x, y];
      const sourceColumn = fromRight ? width - 1 - column : column;
      const sourceRow = fromBottom ? height - 1 - row : row;
      to[y * newWidth + x] = from[sourceRow * width + sourceColumn] ?? 0;
    }
  }
  return { width: newWidth, height: newHeight, data: new Uint8Array(to.buffer) };
}
