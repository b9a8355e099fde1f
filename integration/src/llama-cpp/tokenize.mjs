// Run by tokenizers.test.ts in the folder where node-llama-cpp is: the ids of texts, without special tokens around them.
// stdin: [{ "model": path, "texts": [] }]; stdout: [[[id, …], …], …].

import { createRequire } from "node:module";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

const path = createRequire(`${process.cwd()}/package.json`).resolve("node-llama-cpp");
const { getLlama } = await import(pathToFileURL(path));
const llama = await getLlama({ gpu: false, build: "never", logLevel: "error", maxThreads: 2 });

const results = [];
for (const { model: modelPath, texts } of JSON.parse(await text(process.stdin))) {
  const model = await llama.loadModel({ modelPath, vocabOnly: true });
  results.push(texts.map((each) => [...model.tokenize(each, true)]));
  await model.dispose();
}
console.log(JSON.stringify(results));
await llama.dispose();
