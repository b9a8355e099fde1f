// Run by embeddings.test.ts in the folder where node-llama-cpp is: embeddings of texts, or of tokens.
// stdin: [{ "model": path, "inputs": [text or ids] }]; stdout: [[{ "ids": [], "embedding": [] }]].

import { createRequire } from "node:module";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

const path = createRequire(`${process.cwd()}/package.json`).resolve("node-llama-cpp");
const { getLlama } = await import(pathToFileURL(path));
const llama = await getLlama({ gpu: false, build: "never", logLevel: "error", maxThreads: 2 });

const results = [];
for (const { model: modelPath, inputs } of JSON.parse(await text(process.stdin))) {
  const model = await llama.loadModel({ modelPath });
  const context = await model.createEmbeddingContext({ contextSize: 64 });
  const found = [];
  for (const input of inputs) {
    const { vector } = await context.getEmbeddingFor(input);
    found.push({ ids: typeof input === "string" ? model.tokenize(input) : input, embedding: vector });
  }
  results.push(found);
  await context.dispose();
  await model.dispose();
}
console.log(JSON.stringify(results));
await llama.dispose();
