// Lets transformers.js run model folders, for transformers-js.test.ts: a program of its own, since the package lies in the cache
// folder. Takes { folder, classifiers, writers } on standard input.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.cwd(), "package.json"));
const main = require.resolve("@huggingface/transformers");
const { AutoModelForCausalLM, AutoModelForSequenceClassification, env, pipeline, Tensor } = await import(
  pathToFileURL(main).href
);
const { folder, classifiers, writers } = JSON.parse(readFileSync(0, "utf8"));
env.allowRemoteModels = false;
env.localModelPath = folder;

const integers = (rows) => new Tensor("int64", BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0].length]);
const options = { dtype: "fp32" };

const logitsOf = async (model, { inputIds, mask }) => {
  const { logits } = await model({ input_ids: integers(inputIds), attention_mask: integers(mask) });
  return Array.from(logits.data);
};

const answers = {};
for (const { name, inputs } of classifiers) {
  const judge = await AutoModelForSequenceClassification.from_pretrained(name, options);
  answers[name] = { logits: await logitsOf(judge, inputs) };
}
for (const { name, inputs, promptIds, prompt, tokens } of writers) {
  const model = await AutoModelForCausalLM.from_pretrained(name, options);
  const greedily = { max_new_tokens: tokens, do_sample: false };
  const mask = integers([promptIds.map(() => 1)]);
  const written = await model.generate({ input_ids: integers([promptIds]), attention_mask: mask, ...greedily });
  const writeText = await pipeline("text-generation", name, options);
  const [{ generated_text: text }] = await writeText(prompt, greedily);
  answers[name] = { logits: await logitsOf(model, inputs), written: written.tolist()[0].map(Number), text };
}
console.log(JSON.stringify(answers));
