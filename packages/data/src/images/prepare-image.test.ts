// Against transformers' own image processors; fixtures/make_image_preparation.py made the numbers.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ImagePreparationError, readImagePreparation } from "./image-preparation.ts";
import { ImageDataError, prepareImage } from "./prepare-image.ts";

interface Case {
  readonly config: Readonly<Record<string, unknown>>;
  readonly width: number;
  readonly height: number;
  readonly shape: readonly number[];
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

describe("an image prepared by preprocessor_config.json", () => {
  it.each(cases.map((one, index) => [index, String(one.config.image_processor_type), one] as const))(
    "%d (%s) is what transformers makes of it",
    (_, __, one) => {
      const { width, height, values } = prepareImage(imageOf(one), readImagePreparation(one.config));
      expect([3, height, width]).toEqual(one.shape);
      const farthest = one.values.reduce((max, value, index) => {
        return Math.max(max, Math.abs(value - (values[index] ?? Number.NaN)));
      }, 0);
      expect(farthest).toBeLessThan(2e-6 * Math.max(1, ...one.values.map(Math.abs)));
    },
  );

  it("has a single number for both lengths in ViT's older files, and for the shorter one in CLIP's", () => {
    const colours = { image_mean: [0, 0, 0], image_std: [1, 1, 1], size: 8 };
    const targetOf = (type: string) =>
      readImagePreparation({ ...colours, feature_extractor_type: type }).resize?.target;
    expect(targetOf("ViTFeatureExtractor")).toEqual({ height: 8, width: 8 });
    expect(targetOf("CLIPFeatureExtractor")).toEqual({ edge: 8 });
  });

  it("is refused, with the key, for unsupported settings", () => {
    const file = { size: 8, image_mean: [0, 0, 0], image_std: [1, 1, 1] };
    expect(() => readImagePreparation({ ...file, resample: 5 })).toThrow(ImagePreparationError);
    expect(() => readImagePreparation({ ...file, size: { longest_edge: 9 } })).toThrow(/size\.height/);
    expect(() => readImagePreparation({ ...file, image_mean: [0.5] })).toThrow(/image_mean/);
  });

  it("is refused if it has not three or four bytes for each pixel", () => {
    const preparation = readImagePreparation({ size: 8, image_mean: [0, 0, 0], image_std: [1, 1, 1] });
    expect(() => prepareImage({ width: 2, height: 2, data: new Uint8Array(4) }, preparation)).toThrow(ImageDataError);
  });
});
