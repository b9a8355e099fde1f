// Images and recordings of a data set. Rows name them, and they are decoded when a batch uses the rows. Only a few are decoded in
// advance, and those that fit a memory limit are kept from one epoch to the next.

import { LowrankError } from "@lowrank/contracts";
import type { Example, ImagePreparation } from "@lowrank/data";
import type { AudioFeatures, AudioInput, ImageInput, Pixels, RowList, TokenizedExample } from "@lowrank/data/internal";

import type { Notices } from "../notices.ts";
import type { Platform } from "../platform.ts";
import type { RowMedia } from "../run-folder.ts";
import { hasImages, MessageImages } from "./message-images.ts";
import { audioFeaturesOf, bytesOf, imagePreparation, type MediaReader, pixelsOf } from "./prepare-media.ts";

export interface ReportingReader extends MediaReader {
  readonly platform: MediaReader["platform"] & Pick<Platform, "keepRows">;
  readonly notices: Notices;
}

/** Opens rows' files; undefined if no row has any. Opens a few at once, so that a missing decoder is reported early. Throws MEDIA_UNREADABLE. */
export async function rowMedia(
  { sees, lists }: { readonly sees: boolean; readonly lists: readonly RowList<Example>[] },
  reader: ReportingReader,
): Promise<RowMedia | undefined> {
  const images = lists.some((rows) => rows.some(hasImages)) ? await MessageImages.of(reader) : undefined;
  if (images !== undefined) return new OpenedMedia(reader, images.preparation, images);
  if (!sees && reader.model.config.melBins === 0) return undefined; // looking at a million texts takes seconds
  if (!lists.some((rows) => rows.some(({ kind }) => kind === "image" || kind === "audio"))) return undefined;
  const media = new OpenedMedia(reader, sees ? await imagePreparation(reader) : undefined);
  for (const rows of lists) await media.look(rows);
  return media;
}

/** Number of rows that are opened before the first batch. */
const maxLooked = 8;

/** Memory for prepared files: a small data set is decoded once, a large one mostly in each epoch. */
const maxKept = 2 ** 26;

class OpenedMedia implements RowMedia {
  readonly notices: Notices;
  readonly #pixels = new Map<string, Pixels>();
  readonly #tiles = new Map<string, readonly Pixels[]>();
  readonly #features = new Map<string, AudioFeatures>();
  #room = maxKept;

  constructor(
    private readonly reader: ReportingReader,
    readonly preparation: ImagePreparation | undefined,
    private readonly images?: MessageImages,
  ) {
    this.notices = reader.notices;
  }

  async open(row: TokenizedExample): Promise<TokenizedExample> {
    if ("image" in row && row.image !== undefined) {
      const { image, ...rest } = row;
      return { ...rest, pixels: await this.#preparePixels(image) };
    }
    if ("images" in row && row.images !== undefined) {
      const { images, ...rest } = row;
      const tiles: Pixels[] = [];
      for (const image of images) tiles.push(...(await this.#prepareTiles(image)));
      return { ...rest, tiles };
    }
    if ("audio" in row && row.audio !== undefined) {
      const { audio, ...rest } = row;
      return { ...rest, audioFeatures: await this.#computeFeatures(audio) };
    }
    return row;
  }

  bytes(file: string | Uint8Array | Blob): Promise<Uint8Array> {
    return bytesOf(file, this.reader.platform);
  }

  async worded(rows: RowList<Example>): Promise<RowList<Example>> {
    const { images } = this;
    if (images === undefined || !rows.some(hasImages)) return rows;
    const store = this.reader.platform.keepRows<Example>();
    for (const row of rows)
      store.add(row.kind === "chat" ? { ...row, messages: await images.worded(row.messages) } : row);
    return store.finish();
  }

  /** Opens some rows from the whole list. */
  async look(rows: RowList<Example>): Promise<void> {
    const count = Math.min(rows.length, maxLooked);
    for (let index = 0; index < count; index += 1) {
      const row = rows.at(Math.floor((index * rows.length) / count));
      if (row?.kind === "image") await this.#preparePixels(row.image);
      if (row?.kind === "audio") await this.#computeFeatures(row.audio);
    }
  }

  async #preparePixels(image: ImageInput): Promise<Pixels> {
    const { preparation } = this;
    if (preparation === undefined) throw new Error("Image rows for a speech model.");
    const name = typeof image === "string" ? image : undefined;
    const make = () => pixelsOf(image, preparation, this.reader);
    return this.#once(this.#pixels, name, { make, sizeOf: ({ bytes }) => bytes.byteLength });
  }

  async #prepareTiles(image: ImageInput): Promise<readonly Pixels[]> {
    const make = async () => (await this.images?.tiles(image)) ?? [];
    const sizeOf = (tiles: readonly Pixels[]) => tiles.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
    return this.#once(this.#tiles, typeof image === "string" ? image : undefined, { make, sizeOf });
  }

  async #computeFeatures(audio: AudioInput): Promise<AudioFeatures> {
    const name = typeof audio === "string" ? audio : undefined;
    const make = () => audioFeaturesOf(audio, this.reader);
    return this.#once<AudioFeatures>(this.#features, name, { make, sizeOf: ({ features }) => features.byteLength });
  }

  async #once<Made>(
    kept: Map<string, Made>,
    name: string | undefined,
    { make, sizeOf }: { make(): Promise<Made>; sizeOf(made: Made): number },
  ): Promise<Made> {
    const cached = name === undefined ? undefined : kept.get(name);
    if (cached !== undefined) return cached;
    const media = await make();
    if (name !== undefined && sizeOf(media) <= this.#room) {
      this.#room -= sizeOf(media);
      kept.set(name, media);
    }
    return media;
  }
}

/** Opens rows; returns undefined for a row whose file cannot be read, and warns of the first one. Throws DECODER_MISSING. */
export function openOrLeaveOut(
  media: RowMedia,
  { warn }: Pick<Notices, "warn">,
): (row: TokenizedExample) => Promise<TokenizedExample | undefined> {
  let hasWarned = false;
  return async (row) => {
    try {
      return await media.open(row);
    } catch (error) {
      if (!LowrankError.isInstance(error, "MEDIA_UNREADABLE")) throw error;
      const message = `${error.message} Skipped its row. Similar rows are skipped without another warning.`;
      if (!hasWarned) warn({ code: "ROWS_SKIPPED", message });
      hasWarned = true;
      return undefined;
    }
  };
}
