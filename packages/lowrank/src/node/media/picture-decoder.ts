// PNG and JPEG in plain JavaScript, by packages that only those need who have pictures. It runs in a thread.

import type { DecodedImage } from "@lowrank/data";
import { maxPixels } from "../../platform.ts";
import { checkJpeg, checkPng, megabytesFor } from "./picture-bounds.ts";

/** Decodes pictures of the two kinds. Errors are plain; one of code ERR_MODULE_NOT_FOUND says that the package is absent. */
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
    maxMemoryUsageInMB: megabytesFor(bytes), // which it takes more of than it counts
  });
  return upright(image, exifOrientation(image.exifBuffer)); // its types do not know the block
}

// Cameras write pictures as the sensor lay and note how they are to be turned (EXIF, tag 0x0112), which JPEG decoders leave to others.

const orientationTag = 0x0112;

/** The number from 1 to 8 that an EXIF block holds; 1, as it is, where it holds none or is damaged. */
export function exifOrientation(exif: Uint8Array | undefined): number {
  // Its mark, "Exif" and two zeros, may be there or not; jpeg-js leaves the last zero.
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

/** The picture, four bytes a pixel, as it is to be seen: as Pillow's `exif_transpose` turns it, which Hugging Face datasets call, has it. */
export function upright(image: DecodedImage, orientation: number): DecodedImage {
  if (orientation === 1) return image;
  const { width, height, data } = image;
  const isTransposed = orientation >= 5;
  const [newWidth, newHeight] = isTransposed ? [height, width] : [width, height];
  // Which of the two sensor's axes run backwards.
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
