// Against transformers' own image processors; fixtures/make_image_preparation.py made the numbers.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readImagePreparation } from "./image-preparation.ts";
import { tileGrid, tileImage } from "./image-tiles.ts";
import { normalizedPixels, prepareImage } from "./prepare-image.ts";

interface Case {
  readonly config: Readonly<Record<string, unknown>>;
  readonly width: number;
  readonly height: number;
  readonly shape: readonly number[];
  /** Rows and columns of tiles, if the processor makes any. */
  readonly grid?: readonly [number, number];
  readonly values: readonly number[];
}

const cases: readonly Case[] = JSON.parse(
  readFileSync(new URL("../../fixtures/image-preparation.json", import.meta.url), "utf8"),
);

/** The fixture's image, opaque. */
function imageOf({ width, height }: Case) {
  const data = Uint8Array.from({ length: width * height * 4 }, (_, index) => {
    const [pixel, channel] = [index >> 2, index % 4];
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    return channel === 3 ? 255 : (37 * x + 59 * y + 101 * channel + 13 * ((x * y) % 7)) % 256;
  });
  return { width, height, data };
}

function farthest(actual: ArrayLike<number>, expected: readonly number[]): number {
  return expected.reduce((max, value, index) => Math.max(max, Math.abs(value - (actual[index] ?? Number.NaN))), 0);
}

describe("an image prepared by preprocessor_config.json", () => {
  it.each(cases.filter(({ grid }) => grid !== undefined).map((one) => [`${one.width} × ${one.height}`, one] as const))(
    "%s is split into the tiles that transformers makes of it",
    (_, one) => {
      const preparation = readImagePreparation(one.config);
      const { rows, columns } = tileGrid(one, preparation);
      expect([rows, columns]).toEqual(one.grid);
      const tiles = tileImage(imageOf(one), preparation);
      expect([tiles.length, 3, tiles[0]?.height, tiles[0]?.width]).toEqual(one.shape);
      const values = tiles.flatMap((tile) => [...normalizedPixels(tile)]);
      expect(farthest(values, one.values)).toBeLessThan(2e-6);
    },
  );

  it.each(
    cases
      .filter(({ grid }) => grid === undefined)
      .map((one, index) => [index, String(one.config.image_processor_type), one] as const),
  )("%d (%s) is what transformers makes of it", (_, __, one) => {
    const { width, height, values } = prepareImage(imageOf(one), readImagePreparation(one.config));
    expect([3, height, width]).toEqual(one.shape);
    expect(farthest(values, one.values)).toBeLessThan(2e-6 * Math.max(1, ...one.values.map(Math.abs)));
  });

  it("has a single number for both lengths in ViT's older files, and for the shorter one in CLIP's", () => {
    const colours = { image_mean: [0, 0, 0], image_std: [1, 1, 1], size: 8 };
    const targetOf = (type: string) =>
      readImagePreparation({ ...colours, feature_extractor_type: type }).resize?.target;
    expect(targetOf("ViTFeatureExtractor")).toEqual({ height: 8, width: 8 });
    expect(targetOf("CLIPFeatureExtractor")).toEqual({ edge: 8 });
  });

  it("is refused, with the key, for unsupported settings", () => {
    const file = { size: 8, image_mean: [0, 0, 0], image_std: [1, 1, 1] };
    expect(() => readImagePreparation({ ...file, resample: 5 })).toThrow(
      expect.objectContaining({ code: "IMAGE_PREPARATION" }),
    );
    expect(() => readImagePreparation({ ...file, size: { longest_edge: 9 } })).toThrow(/size\.height/);
    expect(() => readImagePreparation({ ...file, image_mean: [0.5] })).toThrow(/image_mean/);
    const tiled = { ...file, image_processor_type: "Idefics3ImageProcessor", size: { longest_edge: 999 } };
    expect(() => readImagePreparation({ ...tiled, max_image_size: { longest_edge: 9 } })).toThrow(/at least 31/);
    expect(() => readImagePreparation({ ...tiled, do_resize: false })).toThrow(/do_resize/);
  });

  it("is refused if it has not three or four bytes for each pixel", () => {
    const preparation = readImagePreparation({ size: 8, image_mean: [0, 0, 0], image_std: [1, 1, 1] });
    expect(() => prepareImage({ width: 2, height: 2, data: new Uint8Array(4) }, preparation)).toThrow(
      expect.objectContaining({ code: "IMAGE_DATA" }),
    );
  });
});
