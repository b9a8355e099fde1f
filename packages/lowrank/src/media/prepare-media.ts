// Pictures and recordings of rows as what the model reads: files are opened, decoded, resized or resampled one by one, and of
// each only that is kept.

import {
  AudioError,
  type AudioExample,
  type DecodedImage,
  type Example,
  ImageDataError,
  type ImageExample,
  type ImagePreparation,
  logMelFeatures,
  type Pixels,
  type RowList,
  readImagePreparation,
  readWav,
  resample,
  resizeImage,
  type SpeechExample,
  whisperSampleRate,
} from "@lowrank/data";
import { type PretrainedModel, readJsonObject } from "@lowrank/models";
import { MediaError, PreprocessorMissingError } from "../errors/media-errors.ts";
import type { ModelSource } from "../open/model-source.ts";
import type { Platform } from "../platform.ts";
import type { TrainingRows } from "../rows/training-rows.ts";

/** Who reads them. */
export interface MediaReader {
  readonly platform: Pick<Platform, "readMedia" | "decodeImage" | "keepRows">;
  readonly source: Pick<ModelSource, "folder" | "path">;
  readonly model: Pick<PretrainedModel, "config">;
}

/**
 * The rows with their pictures in the model's size and their recordings as features; other rows are given back as they are.
 * Throws MediaError, PreprocessorMissingError, DecoderMissingError, ImagePreparationError.
 */
export async function prepareMedia(examples: RowList<Example>, reader: MediaReader): Promise<RowList<Example>> {
  if (!examples.some(({ kind }) => kind === "image" || kind === "audio")) return examples;
  let preparation: ImagePreparation | undefined;
  const prepared = reader.platform.keepRows<Example>();
  for (const example of examples) {
    if (example.kind === "image") {
      preparation ??= await imagePreparation(reader);
      prepared.add({ ...example, image: await pixelsOf(example, preparation, reader) });
    } else prepared.add(example.kind === "audio" ? await speechOf(example, reader) : example);
  }
  return prepared.finish();
}

/** The same of a run's rows. */
export async function withMedia(rows: TrainingRows, reader: MediaReader): Promise<TrainingRows> {
  const train = await prepareMedia(rows.train, reader);
  return { ...rows, train, validation: await prepareMedia(rows.validation, reader) };
}

async function imagePreparation({ source: { folder, path } }: MediaReader): Promise<ImagePreparation> {
  if (folder === undefined || !(await folder.has("preprocessor_config.json"))) throw new PreprocessorMissingError(path);
  return readImagePreparation(await readJsonObject(folder, "preprocessor_config.json"));
}

async function pixelsOf(
  { image }: ImageExample,
  preparation: ImagePreparation,
  { platform }: MediaReader,
): Promise<Pixels> {
  if (typeof image === "object" && "factor" in image) return image;
  const name = typeof image === "string" ? image : "the picture of a row";
  const decoded: DecodedImage =
    typeof image === "object" && "data" in image
      ? image
      : await platform.decodeImage(await bytesOf(image, platform), name);
  try {
    return resizeImage(decoded, preparation);
  } catch (error) {
    throw error instanceof ImageDataError ? new MediaError(name, error.message, { cause: error }) : error;
  }
}

async function speechOf(
  { audio, text, start }: AudioExample,
  { platform, model }: MediaReader,
): Promise<SpeechExample> {
  const name = typeof audio === "string" ? audio : "the recording of a row";
  const { melBins, sourcePositions } = model.config;
  if (melBins === 0) throw new MediaError(name, "this model does not hear, as Whisper does.");
  try {
    const sound = typeof audio === "object" && "samples" in audio ? audio : readWav(await bytesOf(audio, platform));
    const samples = resample(sound, whisperSampleRate);
    const frames = 2 * sourcePositions;
    const features = heard(logMelFeatures(samples, { melBins, frames }), { melBins, frames, samples: samples.length });
    return { kind: "speech", features, melBins, frames, text, ...(start === undefined ? {} : { start }) };
  } catch (error) {
    throw error instanceof AudioError ? new MediaError(name, error.message, { cause: error }) : error;
  }
}

/** Samples from one column of features to the next, and how far a column reaches. */
const [step, reach] = [160, 200];

/** The features up to one column behind the last sample: from there on all columns are the same. */
function heard(
  features: Float32Array,
  { melBins, frames, samples }: { readonly melBins: number; readonly frames: number; readonly samples: number },
): Float32Array {
  const kept = Math.min(frames, Math.ceil((samples + reach) / step) + 1);
  if (kept === frames) return features;
  const cut = new Float32Array(melBins * kept);
  for (let bin = 0; bin < melBins; bin++) cut.set(features.subarray(bin * frames, bin * frames + kept), bin * kept);
  return cut;
}

async function bytesOf(file: string | Uint8Array | Blob, platform: MediaReader["platform"]): Promise<Uint8Array> {
  if (typeof file === "string") return platform.readMedia(file);
  return file instanceof Uint8Array ? file : new Uint8Array(await file.arrayBuffer());
}
