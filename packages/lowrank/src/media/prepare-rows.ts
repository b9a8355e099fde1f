// Rows that are asked at once, with their pictures and recordings prepared.

import type { Example, ImagePreparation } from "@lowrank/data";
import { imagePreparation, type MediaReader, pixelsOf, soundsOf } from "./prepare-media.ts";

/**
 * The rows with their pictures in the model's size and their recordings as features, all in memory; other rows as they are. Throws
 * MediaError, PreprocessorMissingError, DecoderMissingError, ImagePreparationError.
 */
export async function prepareRows(examples: readonly Example[], reader: MediaReader): Promise<readonly Example[]> {
  let preparation: ImagePreparation | undefined;
  const prepared: Example[] = [];
  for (const example of examples) {
    if (example.kind === "image") {
      preparation ??= await imagePreparation(reader);
      prepared.push({ ...example, image: await pixelsOf(example.image, preparation, reader) });
    } else if (example.kind === "audio") {
      const { text, start } = example;
      const begins = start === undefined ? {} : { start };
      prepared.push({ kind: "speech", ...(await soundsOf(example.audio, reader)), text, ...begins });
    } else prepared.push(example);
  }
  return prepared;
}
