// Limits the memory of decoding an image, from its header: a small file may claim any number of pixels.

import { inflateSync } from "node:zlib";
import { maxPixels } from "../../platform.ts";

/** Megabytes per image, and for each byte of its file. */
const memory = { any: 256, each: 200e-6 };
/** Measured bytes: of pngjs per pixel of 8 and of 16 bits, of jpeg-js per sample and per pixel. */
const bytesTaken = { png8: 20, png16: 36, jpegSample: 8.5, jpegPixel: 4 };

export function megabytesFor(bytes: Uint8Array): number {
  return Math.min(2048, memory.any + memory.each * bytes.length);
}

/** Throws for a PNG that is too large; pngjs would inflate any amount of data of an interlaced one. */
export function checkPng(bytes: Buffer): void {
  if (bytes.length < 29) throw new Error("the file is incomplete");
  const [width, height, isInterlaced] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20), bytes[28] === 1];
  refuseLarge(bytes, [width, height, bytes[24] === 16 ? bytesTaken.png16 : bytesTaken.png8]);
  // Eight bytes per pixel, and one byte per line in each of seven passes.
  const maxOutputLength = 8 * (width + 8) * (height + 8);
  try {
    if (isInterlaced) inflateSync(Buffer.concat(pngData(bytes)), { maxOutputLength });
  } catch (cause) {
    throw new Error(`its data does not match its size, ${width} × ${height} pixels`, { cause });
  }
}

/** Throws for a JPEG that is too large. One without a size is left to its decoder. */
export function checkJpeg(bytes: Buffer): void {
  for (let start = 2; start + 18 <= bytes.length && bytes[start] === 0xff; start += 2 + bytes.readUInt16BE(start + 2)) {
    const isFrame = [0xc0, 0xc1, 0xc2].includes(bytes[start + 1] ?? 0);
    if (!isFrame) continue;
    const [height, width, components = 0] = [
      bytes.readUInt16BE(start + 5),
      bytes.readUInt16BE(start + 7),
      bytes[start + 9],
    ];
    // Four bits each: blocks of a component across and down, relative to the other components.
    const shares = Array.from({ length: components }, (_, index) => {
      const sampling = bytes[start + 11 + 3 * index] ?? 0;
      return (sampling >> 4) * (sampling & 15);
    });
    const samples = shares.reduce((sum, share) => sum + share, 0) / Math.max(1, ...shares);
    refuseLarge(bytes, [width, height, samples * bytesTaken.jpegSample + bytesTaken.jpegPixel]);
  }
}

function refuseLarge(bytes: Buffer, [width, height, perPixel]: readonly [number, number, number]): void {
  if (width * height <= maxPixels && (width * height * perPixel) / 1e6 <= megabytesFor(bytes)) return;
  throw new Error(`its size is too large: ${width} × ${height} pixels, in ${bytes.length} bytes; make it smaller`);
}

function pngData(bytes: Buffer): readonly Buffer[] {
  const parts: Buffer[] = [];
  for (let offset = 8; offset + 8 <= bytes.length; ) {
    const end = offset + 8 + bytes.readUInt32BE(offset);
    if (bytes.toString("latin1", offset + 4, offset + 8) === "IDAT") parts.push(bytes.subarray(offset + 8, end));
    offset = end + 4;
  }
  return parts;
}
