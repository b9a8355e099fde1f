// Rows { "image": path, "label": class } and the files that they name, as a model reads them.

import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type DecodedImage, type ImagePreparation, prepareImage } from "@lowrank/data";
import { PNG } from "pngjs";

export interface LabelledImage {
  readonly label: string;
  /** [3, height, width] */
  readonly values: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** Reads a JSONL file; paths begin in its folder. */
export async function readImages(list: string, preparation: ImagePreparation): Promise<readonly LabelledImage[]> {
  const lines = (await readFile(list, "utf8")).split("\n").filter((line) => line.trim() !== "");
  return Promise.all(
    lines.map(async (line) => {
      const { image, label }: Readonly<Record<string, unknown>> = JSON.parse(line);
      const decoded = decode(await readFile(join(dirname(list), String(image))));
      return { label: String(label), ...prepareImage(decoded, preparation) };
    }),
  );
}

/** PNG alone: for photographs put jpeg-js or sharp here, whose bytes are the same kind of rows. */
function decode(file: Buffer): DecodedImage {
  return PNG.sync.read(file);
}
