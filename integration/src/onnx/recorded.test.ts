// ONNX Runtime runs the graphs that are recorded from our forward passes: it computes what transformers does, and continues texts
// with a cache as transformers does. packages/models/fixtures/make_references.py made the numbers.

import "@tensorflow/tfjs-backend-cpu";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { familyOf } from "@lowrank/contracts/families";
import { onnxProblem } from "@lowrank/contracts/families/internal";
import { encodeModel, quantizeGraph, recordGraph } from "@lowrank/engine/internal/onnx";
import { loadModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { recordModel } from "@lowrank/models/onnx";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { difference, ort, type Tensor } from "./peft-case.ts";

const fixtures = new URL("../../../packages/models/fixtures/", import.meta.url);
const folderOf = (name: string) => fileURLToPath(new URL(name, fixtures));
const typeOf = (name: string) => JSON.parse(readFileSync(`${folderOf(name)}/config.json`, "utf8")).model_type as string;

/** The last model of each type for texts. */
const ofEachType = new Map(
  readdirSync(fixtures, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && onnxProblem(familyOf(typeOf(entry.name))) === undefined)
    .map(({ name }) => [typeOf(name), name]),
);
const heads = ["bert-features", "bert-masked", "bert-next-sentence", "bert-question", "deberta-v2-classifier"];
const otherHeads = ["electra-replaced", "llama-classifier", "modernbert-mean", "phi3-rope-crossing"];
const writers = ["llama-greedy", "gpt2-greedy", "gpt-neo-window", "gemma3-local", "falcon-rising", "mistral-window"];
const names = new Set([...ofEachType.values(), ...heads, ...otherHeads, ...writers]);

type Rows = readonly (readonly number[])[];
type Graph = Awaited<ReturnType<typeof recordModel>>;

interface Reference {
  readonly inputs: {
    readonly input_ids: Rows;
    readonly attention_mask?: Rows;
    readonly token_type_ids?: Rows;
  };
  readonly logits?: Rows;
  readonly last_hidden_state?: Rows;
  readonly prompts?: Rows;
  readonly generated?: Rows;
}

const expectedOf = (name: string): Reference => JSON.parse(readFileSync(`${folderOf(name)}/expected.json`, "utf8"));

async function recorded(name: string): Promise<Graph> {
  const model = await loadModel(openFolder(folderOf(name)));
  const graph = await recordModel(model);
  model.dispose();
  return graph;
}

const sessionOf = (graph: Graph) => ort!.InferenceSession.create(encodeModel(graph), { logSeverityLevel: 3 });

const integers = (rows: Rows) =>
  new ort!.Tensor("int64", BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]?.length ?? 0]);

/** Keys and values of no positions. */
function emptyCache({ inputs }: Graph, rows: number): Record<string, Tensor> {
  const cached = inputs.filter(({ name }) => name.startsWith("past"));
  return Object.fromEntries(
    cached.map(({ name, shape = [] }) => {
      const sizes = [rows, Number(shape[1]), 0, Number(shape[3])];
      return [name, new ort!.Tensor("float32", new Float32Array(), sizes)];
    }),
  );
}

function feedsOf(graph: Graph, { input_ids, ...others }: Reference["inputs"]): Record<string, Tensor> {
  const like = (value: number) => input_ids.map((row) => row.map(() => value));
  const known = { input_ids, attention_mask: like(1), token_type_ids: like(0), ...others };
  const named = Object.entries(known).filter(([name]) => graph.inputs.some((input) => input.name === name));
  return {
    ...emptyCache(graph, input_ids.length),
    ...Object.fromEntries(named.map(([name, rows]) => [name, integers(rows)])),
  };
}

/** The task's output; of a question the start and the end of each token, next to each other. */
async function outputOf(graph: Graph, inputs: Reference["inputs"]): Promise<Float32Array> {
  const session = await sessionOf(graph);
  const { logits, last_hidden_state, start_logits, end_logits } = await session.run(feedsOf(graph, inputs));
  await session.release();
  const whole = logits ?? last_hidden_state;
  if (whole !== undefined) return whole.data as Float32Array;
  const ends = end_logits!.data as Float32Array;
  return Float32Array.from([...(start_logits!.data as Float32Array)].flatMap((start, index) => [start, ends[index]!]));
}

/** Ids after each prompt, of a batch with padding on the left, token by token. */
async function written(graph: Graph, prompts: Rows, count: number): Promise<Rows> {
  const session = await sessionOf(graph);
  const longest = Math.max(...prompts.map(({ length }) => length));
  const padded = (row: readonly number[], fill: (id: number) => number) => {
    return [...Array<number>(longest - row.length).fill(0), ...row.map(fill)];
  };
  let ids: Rows = prompts.map((row) => padded(row, (id) => id));
  let mask: Rows = prompts.map((row) => padded(row, () => 1));
  let cache = emptyCache(graph, prompts.length);
  const texts: number[][] = prompts.map(() => []);
  for (let step = 0; step < count; step++) {
    const feeds = { input_ids: integers(ids), attention_mask: integers(mask) };
    const { logits, ...present } = await session.run({ ...cache, ...feeds });
    cache = Object.fromEntries(
      Object.entries(present).map(([name, tensor]) => [name.replace("present", "past_key_values"), tensor as Tensor]),
    );
    const size = logits!.dims[2]!;
    const scores = logits!.data as Float32Array;
    const next = texts.map((_, row) => {
      const end = (row + 1) * logits!.dims[1]! * size;
      const last = scores.subarray(end - size, end);
      return last.indexOf(Math.max(...last));
    });
    for (const [row, id] of next.entries()) texts[row]!.push(id);
    ids = next.map((id) => [id]);
    mask = mask.map((row) => [...row, 1]);
  }
  await session.release();
  return texts;
}

describe.skipIf(ort === undefined)("ONNX models of our own", () => {
  it.each([...names])("equals transformers' result: %s", async (name) => {
    const { inputs, logits, last_hidden_state } = expectedOf(name);
    const before = tf.memory().numTensors;
    const graph = await recorded(name);
    expect(tf.memory().numTensors).toBe(before);
    const wanted = Float32Array.from([logits ?? last_hidden_state ?? []].flat(3) as number[]);
    const mask = inputs.attention_mask ?? inputs.input_ids.map((row) => row.map(() => 1));
    const isByRow = wanted.length / mask.length < (mask[0]?.length ?? 0);
    const shown = isByRow ? mask.map(() => 1) : mask.flat();
    expect(difference(await outputOf(graph, inputs), wanted, shown)).toBeLessThan(1e-4);
  });

  it("compute nearly the same in 8 bits", async () => {
    const draw = (shape: [number, number], seed: number) => tf.randomNormal<tf.Rank.R2>(shape, 0, 1, "float32", seed);
    const [table, matrix] = [draw([200, 128], 1), draw([128, 160], 2)];
    const graph = await recordGraph([{ name: "rows", value: 101 }], (input) => {
      const rows = tf.gather(table, input({ name: "input_ids", shape: [101, 1], dtype: "int32" }));
      return { logits: tf.matMul(tf.reshape(rows, [-1, 128]), matrix) };
    });
    tf.dispose([table, matrix]);
    const inputs = { input_ids: [[3], [77], [199]] };
    const exact = await outputOf(graph, inputs);
    const rounded = quantizeGraph(graph);
    const size = Math.max(...exact.map(Math.abs));
    expect(
      difference(
        await outputOf(rounded, inputs),
        exact,
        exact.map(() => 1),
      ) / size,
    ).toBeLessThan(0.02);
    expect(encodeModel(rounded).length).toBeLessThan(0.3 * encodeModel(graph).length);
  });

  it.each(writers)("continue texts with a cache as transformers does: %s", async (name) => {
    const { prompts = [], generated = [] } = expectedOf(name);
    const texts = await written(await recorded(name), prompts, Math.max(...generated.map(({ length }) => length)));
    expect(texts.map((ids, row) => ids.slice(0, generated[row]?.length))).toEqual(generated);
  });
});
