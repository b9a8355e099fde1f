// PNG and JPEG in plain JavaScript, by packages that only those need who have pictures. It runs in a thread.

import type { DecodedImage } from "@lowrank/data";
import { mostPixels } from "../../platform.ts";
import { exifOrientation, upright } from "./jpeg-orientation.ts";
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
    maxResolutionInMP: mostPixels / 1e6,
    maxMemoryUsageInMB: megabytesFor(bytes), // which it takes more of than it counts
  });
  return upright(image, exifOrientation(image.exifBuffer)); // its types do not know the block
}
