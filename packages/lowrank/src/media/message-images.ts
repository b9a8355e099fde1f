// Images in conversations: the text that a model reads for each image, and its pixels.

import { imageReaderOf } from "@lowrank/contracts/families/checkpoint";
import type { ChatMessage, Example, ImagePreparation } from "@lowrank/data";
import {
  type ImageInput,
  type ImagePart,
  imageParts,
  imageWordings,
  type Pixels,
  stackTiles,
  type TileGrid,
  tileGrid,
  tileImage,
  withImages,
} from "@lowrank/data/internal";
import * as tf from "@tensorflow/tfjs-core";
import { decodedImage, imagePreparation, type MediaReader, namingBadData } from "./prepare-media.ts";

const wordings: Readonly<Record<string, keyof typeof imageWordings>> = {
  smolvlm: "idefics3",
  gemma3: "gemma3",
  paligemma: "paligemma",
  qwen3_vl: "qwen3Vl",
};

/** Whether a row has images that a language model reads. */
export function hasImages(row: Example): boolean {
  return row.kind === "chat" && imageParts(row.messages).length > 0;
}

/** The images of texts as a model's inputs. */
export interface ImageTensors {
  /** [squares, 3, height, width] */
  readonly pixelValues: tf.Tensor4D;
  /** If the squares are those of larger images: rows and columns of each. */
  readonly imageGrids?: readonly TileGrid[];
}

/** Reads the images of messages for one model. */
export class MessageImages {
  private constructor(
    private readonly reader: MediaReader,
    readonly preparation: ImagePreparation,
    private readonly tokens: number,
  ) {}

  /** Undefined for a model that does not read images with texts. Throws PREPROCESSOR_MISSING, IMAGE_PREPARATION. */
  static async of(reader: MediaReader): Promise<MessageImages | undefined> {
    const images = imageReaderOf(reader.model.config);
    return images && new MessageImages(reader, await imagePreparation(reader), images.tokens);
  }

  /** The messages with the tokens of each image. Throws MEDIA_UNREADABLE, DECODER_MISSING. */
  async worded(messages: readonly ChatMessage[]): Promise<readonly ChatMessage[]> {
    const wordOf = new Map<ImagePart, ImagePart>();
    for (const part of imageParts(messages)) wordOf.set(part, { ...part, wording: await this.#wordingOf(part.image) });
    return withImages(messages, (part) => wordOf.get(part) ?? part);
  }

  /** The tiles of an image: one or several squares. Throws MEDIA_UNREADABLE, DECODER_MISSING. */
  async tiles(image: ImageInput): Promise<readonly Pixels[]> {
    if (isPrepared(image)) return [image];
    const decoded = await decodedImage(image, this.reader);
    return namingBadData(image, () => tileImage(decoded, this.preparation));
  }

  /** The images of messages, whose tensor the caller owns; undefined without images. Throws MEDIA_UNREADABLE, DECODER_MISSING. */
  async tensors(messages: readonly ChatMessage[]): Promise<ImageTensors | undefined> {
    const tiles: Pixels[] = [];
    for (const { image } of imageParts(messages)) tiles.push(...(await this.tiles(image)));
    if (tiles.length === 0) return undefined;
    const { images, imageShape, ...grids } = stackTiles(tiles);
    return { pixelValues: tf.tensor4d(images, [...imageShape]), ...grids };
  }

  /** Only a processor that cuts images needs their size. */
  async #wordingOf(image: ImageInput): Promise<NonNullable<ImagePart["wording"]>> {
    const { tokens, preparation, reader } = this;
    const words = imageWordings[wordings[reader.model.config.modelType] ?? "idefics3"];
    const isCut = preparation.tiles?.isSplit === true || "side" in (preparation.resize?.target ?? {});
    if (!isCut || isPrepared(image)) return words({ tokens, grid: unsplit });
    const decoded = await decodedImage(image, reader);
    return words({ tokens, grid: tileGrid(decoded, preparation) });
  }
}

const unsplit = { rows: 0, columns: 0 };

function isPrepared(image: ImageInput): image is Pixels {
  return typeof image === "object" && "factor" in image;
}
