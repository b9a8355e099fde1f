// PNG and JPEG in plain JavaScript, by packages that only those need who have pictures. It runs in a thread.

import { inflateSync } from "node:zlib";
import type { DecodedImage } from "@lowrank/data";
import { mostPixels } from "../../platform.ts";
import { exifOrientation, upright } from "./jpeg-orientation.ts";

/** Megabytes for any picture and for each byte of its file: a small file may say that it has any number of pixels. */
const memory = { any: 256, each: 200e-6 };
/** Megabytes that a decoder takes for each that jpeg-js counts, and for each million of a PNG's pixels by the bits of a sample. */
const [jpegShare, pngShare] = [1.5, (bits: number) => (bits > 8 ? 36 : 20)];

/** Decodes pictures of the two kinds. Errors are plain; one of code ERR_MODULE_NOT_FOUND says that the package is absent. */
export function open(): (file: { readonly bytes: Uint8Array; readonly isPng: boolean }) => Promise<DecodedImage> {
  return async ({ bytes, isPng }) => (isPng ? decodePng(bytes) : decodeJpeg(bytes));
}

async function decodePng(bytes: Uint8Array): Promise<DecodedImage> {
  const { PNG } = await import("pngjs");
  refuseBomb(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const { width, height, data } = PNG.sync.read(Buffer.from(bytes));
  return { width, height, data };
}

async function decodeJpeg(bytes: Uint8Array): Promise<DecodedImage> {
  const { default: jpeg } = await import("jpeg-js");
  const image: DecodedImage & { readonly exifBuffer?: Uint8Array } = jpeg.decode(bytes, {
    useTArray: true,
    maxResolutionInMP: mostPixels / 1e6,
    maxMemoryUsageInMB: megabytesFor(bytes) / jpegShare,
  });
  return upright(image, exifOrientation(image.exifBuffer)); // its types do not know the block
}

function megabytesFor(bytes: Uint8Array): number {
  return Math.min(2048, memory.any + memory.each * bytes.length);
}

/** Width, height and more are at one place in every PNG; of an interlaced one pngjs inflates whatever there is. */
function refuseBomb(bytes: Buffer): void {
  if (bytes.length < 29) throw new Error("it ends within its first bytes");
  const [width, height, bits = 8, isInterlaced] = [
    bytes.readUInt32BE(16),
    bytes.readUInt32BE(20),
    bytes[24],
    bytes[28] === 1,
  ];
  const megabytes = (pngShare(bits) * width * height) / 1e6;
  if (width * height > mostPixels || megabytes > megabytesFor(bytes)) {
    throw new Error(`${width} × ${height} pixels in ${bytes.length} bytes; make it smaller`);
  }
  // Eight bytes a pixel, and a byte a line in each of seven passes.
  const maxOutputLength = 8 * (width + 8) * (height + 8);
  try {
    if (isInterlaced) inflateSync(Buffer.concat(dataOf(bytes)), { maxOutputLength });
  } catch (cause) {
    throw new Error(`its data is not that of ${width} × ${height} pixels`, { cause });
  }
}

/** The parts of a PNG that hold its pixels. */
function dataOf(bytes: Buffer): readonly Buffer[] {
  const parts: Buffer[] = [];
  for (let place = 8; place + 8 <= bytes.length; ) {
    const end = place + 8 + bytes.readUInt32BE(place);
    if (bytes.toString("latin1", place + 4, place + 8) === "IDAT") parts.push(bytes.subarray(place + 8, end));
    place = end + 4;
  }
  return parts;
}
