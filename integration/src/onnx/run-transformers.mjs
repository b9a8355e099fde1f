// Lets transformers.js run model folders, for transformers-js.test.ts: a program of its own, since the package lies in the cache
// folder. Takes { folder, classifier, writer } on standard input.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.cwd(), "package.json"));
const main = require.resolve("@huggingface/transformers");
const { AutoModelForCausalLM, AutoModelForSequenceClassification, env, pipeline, Tensor } = await import(
  pathToFileURL(main).href
);
const { folder, classifier, writer } = JSON.parse(readFileSync(0, "utf8"));
env.allowRemoteModels = false;
env.localModelPath = folder;

const integers = (rows) => new Tensor("int64", BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0].length]);
const options = { dtype: "fp32" };

const judge = await AutoModelForSequenceClassification.from_pretrained("classifier", options);
const { logits } = await judge({ input_ids: integers(classifier.inputIds), attention_mask: integers(classifier.mask) });
const model = await AutoModelForCausalLM.from_pretrained("writer", options);
const written = await model.generate({
  input_ids: integers(writer.inputIds),
  attention_mask: integers(writer.inputIds.map((row) => row.map(() => 1))),
  max_new_tokens: writer.tokens,
  do_sample: false,
});
const writeText = await pipeline("text-generation", "writer", options);
const texts = await writeText(writer.prompt, { max_new_tokens: writer.tokens, do_sample: false });
console.log(
  JSON.stringify({
    text: texts[0].generated_text,
    logits: logits.tolist(),
    written: written.tolist().map((row) => row.map(Number)),
  }),
);
