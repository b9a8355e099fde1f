// What a server does with adapters that others upload, without TensorFlow.js and without the model: reads one strictly, says
// what it is, and writes a copy that is half as strong. Broken files are one error that lists everything wrong.

import { readAdapterFolder, writeAdapterFolder } from "@lowrank/adapter-format/node";

const root = new URL("../../", import.meta.url).pathname;
const [path = `${root}fixtures/peft/gpt2/adapter`, out = `${root}runs/half-as-strong`] = process.argv.slice(2);

const adapter = await readAdapterFolder(path);
const { config, tensors } = adapter;
console.log(`for ${config.baseModel ?? "a base that it does not name"}, ${config.taskType ?? "no task type"}`);
console.log(`rank ${config.rank}, alpha ${config.alpha}, starts by ${config.init}, targets ${config.targetModules}`);

let numbers = 0;
for (const [key, { shape, values }] of tensors) {
  const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  console.log(`${key} [${shape}]: largest entry ${largest.toFixed(3)}`);
  numbers += values.length;
}
console.log(`${tensors.size} tensors, ${numbers} numbers`);

// ΔW = (alpha / rank) · B · A: half of alpha is half of the change.
const half = { ...adapter, config: { ...config, alpha: config.alpha / 2 } };
await writeAdapterFolder(out, half, { overwrite: true });
console.log(`written: ${out}`);
