// Images in conversations: the text that a model reads for each image, and its pixels.

import { imageReaderOf } from "@lowrank/contracts/families/checkpoint";
import {
  type ChatMessage,
  type Example,
  type ImageInput,
  type ImagePart,
  type ImagePreparation,
  imageParts,
  imageWordings,
  normalizedPixels,
  type Pixels,
  tileGrid,
  tileImage,
  withImages,
} from "@lowrank/data";
import * as tf from "@tensorflow/tfjs-core";
import { decodedImage, imagePreparation, type MediaReader, namingBadData } from "./prepare-media.ts";

const wordings: Readonly<Record<string, keyof typeof imageWordings>> = {
  smolvlm: "idefics3",
  gemma3: "gemma3",
  paligemma: "paligemma",
};

/** Whether a row has images that a language model reads. */
export function hasImages(row: Example): boolean {
  return row.kind === "chat" && imageParts(row.messages).length > 0;
}

/** Reads the images of messages for one model. */
export class MessageImages {
  private constructor(
    private readonly reader: MediaReader,
    readonly preparation: ImagePreparation,
    private readonly tokens: number,
  ) {}

  /** Undefined for a model that does not read images with texts. Throws PREPROCESSOR_MISSING, ImagePreparationError. */
  static async of(reader: MediaReader): Promise<MessageImages | undefined> {
    const images = imageReaderOf(reader.model.config);
    return images && new MessageImages(reader, await imagePreparation(reader), images.tokens);
  }

  /** The messages with the tokens of each image. Throws MediaError, DECODER_MISSING. */
  async worded(messages: readonly ChatMessage[]): Promise<readonly ChatMessage[]> {
    const wordOf = new Map<ImagePart, ImagePart>();
    for (const part of imageParts(messages)) wordOf.set(part, { ...part, wording: await this.#wordingOf(part.image) });
    return withImages(messages, (part) => wordOf.get(part) ?? part);
  }

  /** The tiles of an image: one or several squares. Throws MediaError, DECODER_MISSING. */
  async tiles(image: ImageInput): Promise<readonly Pixels[]> {
    if (isPrepared(image)) return [image];
    const decoded = await decodedImage(image, this.reader);
    return namingBadData(image, () => tileImage(decoded, this.preparation));
  }

  /** The images of messages as one tensor [squares, 3, height, width], which the caller owns; undefined without images. */
  async pixels(messages: readonly ChatMessage[]): Promise<tf.Tensor4D | undefined> {
    const tiles: Pixels[] = [];
    for (const { image } of imageParts(messages)) tiles.push(...(await this.tiles(image)));
    const [first] = tiles;
    if (first === undefined) return undefined;
    const shape = [3, first.height, first.width] as const;
    return tf.tidy(() => tf.stack(tiles.map((tile) => tf.tensor3d(normalizedPixels(tile), [...shape]))) as tf.Tensor4D);
  }

  /** Only a processor that splits images needs their size. */
  async #wordingOf(image: ImageInput): Promise<NonNullable<ImagePart["wording"]>> {
    const { tokens, preparation, reader } = this;
    const words = imageWordings[wordings[reader.model.config.modelType] ?? "idefics3"];
    if (preparation.tiles?.isSplit !== true || isPrepared(image)) return words({ tokens, grid: unsplit });
    return words({ tokens, grid: tileGrid(await decodedImage(image, reader), preparation) });
  }
}

const unsplit = { rows: 0, columns: 0 };

function isPrepared(image: ImageInput): image is Pixels {
  return typeof image === "object" && "factor" in image;
}
