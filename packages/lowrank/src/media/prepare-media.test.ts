import { logMelFeatures, resample } from "@lowrank/data";
import type { PretrainedModel } from "@lowrank/models";
import { expect, it } from "vitest";
import { nodePlatform } from "../node/node-platform.ts";
import { audioFeaturesOf } from "./prepare-media.ts";

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
