import { logMelFeatures } from "@lowrank/data";
import { resample } from "@lowrank/data/internal";
import type { PretrainedModel } from "@lowrank/models";
import { fetchedFolder } from "@lowrank/models/internal";
import { expect, it } from "vitest";
import { nodePlatform } from "../node/node-platform.ts";
import { audioFeaturesOf, imagePreparation } from "./prepare-media.ts";

const [melBins, frames] = [80, 100];
const config = { melBins, sourcePositions: frames / 2 } as PretrainedModel["config"]; // all that is read of it
const reader = { platform: nodePlatform, model: { config } };

it("a recording longer than the model's maximum has the features of its beginning, and only that is resampled", async () => {
  const long = { samples: Float32Array.from({ length: 100_000 }, (_, at) => Math.sin(at / 7)), sampleRate: 44_100 };
  const { features } = await audioFeaturesOf(long, reader);
  expect(features).toEqual(logMelFeatures(resample(long, 16_000), { melBins, frames }));
  // A day: resampled as a whole, it would take 5.5 GB.
  await audioFeaturesOf({ samples: new Float32Array(86_400_000), sampleRate: 1000 }, reader);
});

/** A folder with these files; as on a server, the others do not exist. */
function folderOf(files: Readonly<Record<string, object>>) {
  const answer = async (url: URL | RequestInfo) => {
    const found = files[String(url).split("/").at(-1) ?? ""];
    return found === undefined ? new Response(null, { status: 404 }) : Response.json(found);
  };
  return { folder: fetchedFolder("https://example.org/model", answer), path: "model" };
}

/** The side of the images that a folder's files describe. */
async function sideIn(files: Readonly<Record<string, object>>): Promise<unknown> {
  const { resize } = await imagePreparation({ source: folderOf(files) });
  return resize?.target;
}

it("the settings of images are in either file, first in transformers 5's, which has a part for each kind of input", async () => {
  const settings = (side: number) => ({ size: side, image_mean: [0, 0, 0], image_std: [1, 1, 1] });
  const [ofImages, ofAllInputs] = [settings(8), { image_processor: settings(6), feature_extractor: {} }];
  expect(await sideIn({ "preprocessor_config.json": ofImages })).toEqual({ height: 8, width: 8 });
  expect(await sideIn({ "processor_config.json": ofAllInputs })).toEqual({ height: 6, width: 6 });
  const both = { "preprocessor_config.json": ofImages, "processor_config.json": ofAllInputs };
  expect(await sideIn(both)).toEqual({ height: 6, width: 6 });
  const older = { ...both, "processor_config.json": { image_seq_len: 64 } };
  expect(await sideIn(older)).toEqual({ height: 8, width: 8 });
  await expect(sideIn({ "processor_config.json": {} })).rejects.toThrow(
    "no processor_config.json with an image_processor",
  );
});
