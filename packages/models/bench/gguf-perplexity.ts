// Perplexity of GGUF files on the first tokens of a text, in windows of 500, and the memory that they take:
// node --conditions=lowrank-source --import tsx packages/models/bench/gguf-perplexity.ts \
//   [--engine native] [--precision as-stored] [--tokens 2000] [--text docs/maths.md] FILE.gguf …
// One line for each file.

import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { TextTokenizer } from "@lowrank/data";
import { tokenizerFromGguf } from "@lowrank/data/internal";
import { chooseEngine, engineNames } from "@lowrank/engine";
import { openGguf } from "@lowrank/gguf";
import { loadGguf } from "@lowrank/models";
import { describeModel } from "@lowrank/models/internal";
import { openFile } from "@lowrank/safetensors/node";
import * as tf from "@tensorflow/tfjs-core";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: "string" },
    precision: { type: "string", default: "as-stored" },
    tokens: { type: "string", default: "2000" },
    text: { type: "string", default: "docs/maths.md" },
  },
});
const precision = (["float32", "as-stored"] as const).find((name) => name === options.precision);
if (precision === undefined) throw new Error("--precision is float32 or as-stored.");
const wanted = engineNames.filter((name) => name === options.engine);
const { name: engine } = await chooseEngine(wanted.length === 0 ? {} : { order: wanted });
const text = await readFile(options.text, "utf8");
const window = 500;

for (const path of positionals) {
  const source = await openFile(path);
  const { tokenizerJson, tokenizerConfig } = tokenizerFromGguf((await openGguf(source)).metadata);
  const tokens = TextTokenizer.fromJson(tokenizerJson, tokenizerConfig).encode(text).slice(0, Number(options.tokens));
  const model = await loadGguf(source, { basePrecision: precision });
  await source.close?.();
  let sum = 0;
  let count = 0;
  for (let first = 0; first < tokens.length; first += window) {
    const ids = [tokens.slice(first, first + window)];
    const batch = { inputIds: tf.tensor2d(ids, undefined, "int32"), labels: tf.tensor2d(ids, undefined, "int32") };
    const loss = tf.tidy(() => model.loss(batch));
    sum += (loss.dataSync()[0] ?? Number.NaN) * (batch.inputIds.size - 1);
    count += batch.inputIds.size - 1;
    tf.dispose([loss, batch.inputIds, batch.labels]);
  }
  const megabytes = (describeModel(model).bytes / 2 ** 20).toFixed(0);
  const perplexity = Math.exp(sum / count).toFixed(3);
  process.stdout.write(
    `${path}: perplexity ${perplexity} of ${count} tokens, ${megabytes} MB (${precision}, ${engine})\n`,
  );
  model.dispose();
}
