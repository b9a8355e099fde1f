import jpeg from "jpeg-js";
import { describe, expect, it } from "vitest";
import { decodeImage } from "./decode-image.ts";
import { exifOrientation, rotateUpright } from "./picture-decoder.ts";

/** An EXIF block of one entry, as cameras write it: little-endian after "Exif". */
function exifOf(orientation: number): Uint8Array {
  const tiff = [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0];
  return Uint8Array.from([...Buffer.from("Exif"), 0, 0, ...tiff]);
}

/** Three pixels by two: 1 2 3 over 4 5 6. */
const image = { width: 3, height: 2, data: Uint8Array.from([1, 2, 3, 4, 5, 6].flatMap((red) => [red, 0, 0, 255])) };

describe("upright", () => {
  // The result of Pillow 12's exif_transpose.
  it.each([
    [1, [3, 2], [1, 2, 3, 4, 5, 6]],
    [2, [3, 2], [3, 2, 1, 6, 5, 4]],
    [3, [3, 2], [6, 5, 4, 3, 2, 1]],
    [4, [3, 2], [4, 5, 6, 1, 2, 3]],
    [5, [2, 3], [1, 4, 2, 5, 3, 6]],
    [6, [2, 3], [4, 1, 5, 2, 6, 3]],
    [7, [2, 3], [6, 3, 5, 2, 4, 1]],
    [8, [2, 3], [3, 6, 2, 5, 1, 4]],
  ] as const)("rotates a picture of orientation %d as Pillow does", (orientation, size, pixels) => {
    const turned = rotateUpright(image, exifOrientation(exifOf(orientation)));
    expect([turned.width, turned.height]).toEqual(size);
    expect([...turned.data].filter((_, at) => at % 4 === 0)).toEqual(pixels);
  });
});

describe("exifOrientation", () => {
  it("is 1 if a block is absent, damaged, or has an unknown value", () => {
    expect([undefined, exifOf(9), exifOf(6).subarray(0, 20), new Uint8Array(40)].map(exifOrientation)).toEqual([
      1, 1, 1, 1,
    ]);
  });
});

it("decodeImage applies a JPEG file's orientation", async () => {
  const { data } = jpeg.encode({ width: 16, height: 8, data: Buffer.alloc(16 * 8 * 4, 128) }, 90);
  const block = exifOf(6);
  const marked = [0xff, 0xd8, 0xff, 0xe1, 0, block.length + 2, ...block, ...data.subarray(2)];
  expect(await decodeImage(Uint8Array.from(marked), "photo.jpg")).toMatchObject({ width: 8, height: 16 });
  expect(await decodeImage(data, "photo.jpg")).toMatchObject({ width: 16, height: 8 });
});
