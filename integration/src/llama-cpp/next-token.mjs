// Run by llama-cpp.test.ts in the folder where node-llama-cpp is: what follows the ids, for each case.
// stdin: [{ "model": path, "lora": path or null, "scale": number, "ids": [] }]; stdout: probabilities by token, a list for each.

import { createRequire } from "node:module";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

const path = createRequire(`${process.cwd()}/package.json`).resolve("node-llama-cpp");
const { getLlama } = await import(pathToFileURL(path));
const llama = await getLlama({ gpu: false, build: "never", logLevel: "error", maxThreads: 2 });

const results = [];
for (const { model: modelPath, lora, scale, ids } of JSON.parse(await text(process.stdin))) {
  const model = await llama.loadModel({ modelPath });
  const adapters = lora === null ? {} : { lora: { adapters: [{ filePath: lora, scale }] } };
  // By itself llama.cpp keeps keys and values in 16 bits.
  const cache = { experimentalKvCacheKeyType: "F32", experimentalKvCacheValueType: "F32" };
  const context = await model.createContext({ contextSize: 64, ...cache, ...adapters });
  const sequence = context.getSequence();
  // What is sampled from is neither cut nor sharpened.
  const options = { temperature: 1, topK: 0, topP: 1, minP: 0 };
  const input = ids.map((id, place) => {
    return place === ids.length - 1 ? [id, { generateNext: { probabilities: true, options } }] : id;
  });
  const output = (await sequence.controlledEvaluate(input)).at(-1);
  results.push([...output.next.probabilities].sort(([one], [other]) => one - other));
  await context.dispose();
  await model.dispose();
}
console.log(JSON.stringify(results));
await llama.dispose();
