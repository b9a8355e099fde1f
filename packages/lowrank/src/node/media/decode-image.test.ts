import { deflateSync } from "node:zlib";
import jpeg from "jpeg-js";
import { PNG } from "pngjs";
import { describe, expect, it } from "vitest";

import { decodeImage } from "./decode-image.ts";

/** A part of a PNG, without a true checksum. */
function part(name: string, data: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, Buffer.from(name), data, Buffer.alloc(4)]);
}

function header(width: number, height: number, isInterlaced: boolean): Buffer {
  const sizes = Buffer.alloc(8);
  sizes.writeUInt32BE(width);
  sizes.writeUInt32BE(height, 4);
  return part("IHDR", Buffer.from([...sizes, 8, 6, 0, 0, isInterlaced ? 1 : 0]));
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** A flat picture of 16 × 8 that says it is of another size. */
function resizedJpeg(width: number, height: number): Uint8Array {
  const { data } = jpeg.encode({ width: 16, height: 8, data: Buffer.alloc(16 * 8 * 4, 128) }, 90);
  const frame = data.indexOf(Buffer.from([0xff, 0xc0]));
  data.writeUInt16BE(height, frame + 5);
  data.writeUInt16BE(width, frame + 7);
  return data;
}

describe("decodeImage", () => {
  it("returns the pixels of a PNG, and does not change its bytes", async () => {
    const png = new PNG({ width: 2, height: 1 });
    png.data = Buffer.from([1, 2, 3, 255, 4, 5, 6, 255]);
    const bytes = Uint8Array.from(PNG.sync.write(png));
    const [first, second] = await Promise.all([decodeImage(bytes, "a.png"), decodeImage(bytes, "b.png")]);
    expect(first).toEqual({ width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 255, 4, 5, 6, 255) });
    expect(second).toEqual(first);
  });

  it.each([
    ["an interlaced PNG with more data than pixels", header(8, 8, true), "does not match its size, 8 × 8 pixels"],
    ["a PNG that says it is huge", header(60_000, 60_000, false), "60000 × 60000 pixels"],
    ["a PNG of one flat colour that takes GBs", header(9_000, 9_000, true), "9000 × 9000 pixels"],
  ])("refuses %s before it is unpacked", async (_, head, message) => {
    const data = part("IDAT", deflateSync(new Uint8Array(2 ** 20)));
    const error = decodeImage(Buffer.concat([signature, head, data, part("IEND", Buffer.alloc(0))]), "bomb.png");
    await expect(error).rejects.toThrow(expect.objectContaining({ code: "MEDIA_UNREADABLE" }));
    await expect(error).rejects.toThrow(new RegExp(message));
  });

  it("refuses a JPEG of a few bytes that claims to have millions of pixels", async () => {
    const error = decodeImage(resizedJpeg(9000, 9000), "bomb.jpg");
    await expect(error).rejects.toThrow(expect.objectContaining({ code: "MEDIA_UNREADABLE" }));
    await expect(error).rejects.toThrow("9000 × 9000 pixels");
  });
});
