// Teaches a converted TensorFlow model, the Universal Sentence Encoder, whether a sentence praises or complains: once by a logistic
// regression on its embeddings as they are, once by LoRA inside the graph. The merged model then runs in TensorFlow.js alone.
// main.ts [--lessons FILE.tsv [--questions FILE.tsv]] [--seeds 1] [--out FOLDER]: lines of a sentence, a tab and 0 or 1, as SST-2 has
// them; without questions a sixth of the lessons is kept aside and asked, to choose settings by

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { createLoraConfig } from "@lowrank/adapter-format";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { chooseEngine } from "@lowrank/engine";
import { graphModelFiles, graphModelReader, mergedArtifacts } from "@lowrank/hosts/graph";
import { injectAdapter, planInjection } from "@lowrank/inject";
import { mergeAdapter } from "@lowrank/merge";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import { meanAndError } from "../mean-and-error.ts";
import { openEncoder } from "./open-encoder.ts";
import { restaurants, sentencesIn } from "./sentences.ts";
import { embeddings, headSize, rightAnswers, settings, teachHead, teachInside } from "./teach.ts";

const { values: asked } = parseArgs({
  options: {
    lessons: { type: "string" },
    questions: { type: "string" },
    seeds: { type: "string", default: "1" },
    out: { type: "string", default: new URL("../../runs/praise", import.meta.url).pathname },
  },
});
const { lessons, questions } =
  asked.lessons === undefined ? await restaurants() : await sentencesIn(asked.lessons, asked.questions);
await chooseEngine();
const encoder = await openEncoder();
const { host } = encoder;
const [frozen, adapted, seconds]: [number[], number[], number[]] = [[], [], []];
let trained = 0;
console.log(`${tf.getBackend()}, ${lessons.length} sentences to learn, ${questions.length} questions`);

for (let seed = 1; seed <= Number(asked.seeds); seed += 1) {
  // 1. What the embeddings know already: a logistic regression on top of them.
  const head = await teachHead(encoder, lessons);
  frozen.push(await rightAnswers(encoder, head, { rows: questions, context: inferenceContext() }));

  // 2. The same head, and LoRA in every product inside.
  const plan = planInjection(host, createLoraConfig(settings.lora));
  const handle = injectAdapter(host, plan, { seed, baseFingerprint: host.fingerprint });
  const adapters = activeAdapters(handle.name);
  seconds.push(await teachInside({ encoder, handle, adapters, head, seed }, lessons));
  adapted.push(await rightAnswers(encoder, head, { rows: questions, context: inferenceContext(adapters) }));
  trained = [...handle.variables.values()].reduce((sum, { size }) => sum + size, 0);

  // 3. A model of TensorFlow.js again, for wherever the first one ran.
  if (seed === 1) await saveMerged();
  handle.dispose();
  tf.dispose([head.weight, head.bias]);

  async function saveMerged(): Promise<void> {
    const probe = questions.slice(0, 1);
    const expected = await embeddings(encoder, probe, inferenceContext(adapters));
    const merged = await mergeAdapter(host, handle);
    await mkdir(asked.out, { recursive: true });
    for (const [name, bytes] of graphModelFiles((await mergedArtifacts(host)).artifacts))
      await writeFile(`${asked.out}/${name}`, bytes);
    merged.undo();
    const plain = await loadGraphModel(graphModelReader((name) => readFile(`${asked.out}/${name}`)));
    const got = (await plain.executeAsync(encoder.inputsOf(probe.map(({ sentence }) => sentence)))) as tf.Tensor;
    console.log(`merged: ${asked.out}, differs by ${tf.max(tf.abs(tf.sub(got, expected))).dataSync()[0]}`);
  }
}

const mean = seconds.reduce((sum, value) => sum + value, 0) / seconds.length;
console.log("way                                       right          trained numbers   seconds an epoch   MB to keep");
row("logistic regression on frozen embeddings", frozen, headSize, "");
row("LoRA inside the graph, same head", adapted, trained + headSize, mean.toFixed(1));

function row(name: string, right: readonly number[], numbers: number, each: string): void {
  const cells = [`${meanAndError(right)} %`.padEnd(14), `${numbers}`.padEnd(17), each.padEnd(18)];
  console.log(`${name.padEnd(41)} ${cells.join(" ")} ${((4 * numbers) / 2 ** 20).toFixed(2)}`);
}
