// Greedy generation with a merged model, or with one in fewer bits.

import { mergeAdapter } from "@lowrank/merge";
import { generate } from "@lowrank/models";
import { serve } from "../harness/serve.ts";
import { receivedSettings } from "../settings.ts";
import { addAdapter, disturbAdapter, loadRandomModel, startEngine } from "./adapted-model.ts";
import { randomBatch } from "./random-batch.ts";

const settings = receivedSettings();
const versions = await startEngine();
const model = await loadRandomModel(settings);
// A model merged in memory is in float32; one with fewer bits was saved and loaded again.
if (settings.precision === "f32") {
  const handle = addAdapter(model, settings);
  disturbAdapter(handle);
  await mergeAdapter(model, handle, { keepOriginals: false });
  handle.dispose();
}
const prompt = [...randomBatch(settings).ids];
const newTokens = settings.tiny ? 4 : 64;

await serve({
  versions,
  steps: {
    async generate() {
      const [tokens = []] = await generate(model, { promptIds: [prompt], maxNewTokens: newTokens, eosTokenIds: [] });
      if (tokens.length !== newTokens) throw new Error(`${tokens.length} tokens instead of ${newTokens}`);
      return undefined;
    },
  },
});
