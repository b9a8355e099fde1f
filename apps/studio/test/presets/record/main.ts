// npm run studio:presets: trains each preset as the page does, tests it on new prompts, and writes the answers
// into recorded.json, for the page's cards, and into the app's README. Arguments: names of presets; default all.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chooseEngine } from "@lowrank/engine";
import { cacheFolder } from "@lowrank/testing/cache-folder";
import type { Preset, PresetId, Recording } from "../../../src/presets/preset.ts";
import { allPresets } from "../../../src/presets/presets.ts";
import { trials } from "../trials/trials.ts";
import { putTable, recordPreset, timePreset } from "./record-preset.ts";

const tiny = new URL("../../../../../packages/tiny-model/model/", import.meta.url).pathname;
const modelFiles: Readonly<Record<Preset["model"], readonly string[]>> = {
  tiny: ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"].map((name) => join(tiny, name)),
  smollm2: [join(cacheFolder, "smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")],
};
const recordedFile = new URL("../../../src/presets/recorded.json", import.meta.url);
const readmeFile = new URL("../../../README.md", import.meta.url);

const { positionals } = parseArgs({ allowPositionals: true });

for (const preset of allPresets) {
  if (positionals.length > 0 && !positionals.includes(preset.id)) continue;
  const files = modelFiles[preset.model];
  const missing = files.find((file) => !existsSync(file));
  if (missing !== undefined) {
    console.log(`${preset.id}: skipped, what is recorded stays – no ${missing} (scripts/python/prepare.py fetches it)`);
    continue;
  }
  // As in a tab that is not isolated from other pages: one thread, so that processor time is what a person waits.
  await chooseEngine({ order: ["wasm"], threads: 1 });
  const seconds = await timePreset(preset, { files });
  const { name: engine } = await chooseEngine({ order: ["native", "wasm"] });
  const examples = await recordPreset(preset, trials[preset.id], { files, log: console.log });
  const recording: Recording = { seconds, engine, examples };
  // Read again each time: another run may record other presets meanwhile.
  const all = JSON.parse(readFileSync(recordedFile, "utf8")) as Partial<Record<PresetId, Recording>>;
  const recorded = { ...all, [preset.id]: recording };
  writeFileSync(recordedFile, `${JSON.stringify(recorded, null, 2)}\n`);
  writeFileSync(readmeFile, putTable(readFileSync(readmeFile, "utf8"), recorded, trials));
}
