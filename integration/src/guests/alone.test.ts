// Guests that were merged or saved as they were before, opened by TensorFlow.js alone: in another process of Node, and in Chromium.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLoraConfig } from "@lowrank/adapter-format";
import { chooseEngine } from "@lowrank/engine";
import { graphModel, graphModelFiles, mergedArtifacts } from "@lowrank/hosts/graph";
import { enableLora, layersModel } from "@lowrank/hosts/layers";
import { injectAdapter, planInjection } from "@lowrank/inject";
import { mergeAdapter } from "@lowrank/merge";
import { expectClose } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import { type Browser, chromium } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GraphBuilder, waves } from "../../../packages/hosts/test/build-graph.ts";
import { chromiumArguments, findChromium } from "../../../scripts/chromium.mjs";
import { root } from "../examples/extract-examples.ts";

type Files = ReadonlyMap<string, Uint8Array>;

/** A saved model, and what it has to compute. */
interface Saved {
  readonly kind: "layers" | "graph";
  readonly files: Files;
  readonly outputs: readonly number[];
}

const shape = [2, 6, 6, 2];
const picture = Array.from({ length: 144 }, (_, index) => Math.sin(index));
const folder = mkdtempSync(join(tmpdir(), "lowrank-alone-"));
const saved: Record<string, Saved> = {};

beforeAll(async () => {
  await chooseEngine({ order: ["cpu"] });
  Object.assign(saved, await savedLayers(), { "a merged graph": await savedGraph() });
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const names = ["merged layers", "layers as they were", "a merged graph"];

describe("a guest that was saved", () => {
  it.each(names)("compute the same in Node without lowrank: %s", (name) => {
    const { kind, files, outputs } = saved[name]!;
    for (const [file, bytes] of files) writeFileSync(join(folder, file), bytes);
    const output = execFileSync("node", ["--input-type=module", "--eval", alone(kind), folder], { cwd: root });
    const { values, loaded } = JSON.parse(output.toString());
    expect(loaded).toEqual([]);
    expectClose(values, [...outputs], 1e-5);
  });
});

const executablePath = findChromium();

describe.skipIf(executablePath === undefined)("a guest that was saved (needs Chromium)", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath as string, args: [...chromiumArguments] });
  }, 60_000);
  afterAll(() => browser.close());

  it.each(names)("compute the same in a page without lowrank: %s", async (name) => {
    const { kind, files, outputs } = saved[name]!;
    const page = await browser.newPage();
    await page.route("**/*", (route) => {
      const body = files.get(new URL(route.request().url()).pathname.slice(1));
      return route.fulfill(body === undefined ? { contentType: "text/html", body: "" } : { body: Buffer.from(body) });
    });
    await page.goto("https://localhost/");
    for (const part of ["core", "backend-cpu", "layers", "converter"])
      await page.addScriptTag({ path: join(root, `node_modules/@tensorflow/tfjs-${part}/dist/tf-${part}.min.js`) });
    const values = await page.evaluate(
      `(async () => {
        const model = await tf.${kind === "layers" ? "loadLayersModel" : "loadGraphModel"}("https://localhost/model.json");
        return [...model.predict(tf.tensor(${JSON.stringify(picture)}, ${JSON.stringify(shape)})).dataSync()];
      })()`,
    );
    expectClose(values as number[], [...outputs], 1e-5);
    await page.close();
  });
});

/** Merged, and the base that an adapted model writes, which has to be the bytes that it had before. */
async function savedLayers(): Promise<Record<string, Saved>> {
  const model = sequential({
    layers: [
      layers.conv2d({
        filters: 4,
        kernelSize: 3,
        strides: 2,
        padding: "same",
        activation: "relu",
        inputShape: [6, 6, 2],
      }),
      layers.flatten(),
      layers.dense({ units: 3, activation: "softmax" }),
    ],
  });
  const x = tf.tensor(picture, shape);
  const outputs = () => [...(model.predict(x) as tf.Tensor).dataSync()];
  const before = await written((handler) => model.save(handler));
  const base = { kind: "layers", outputs: outputs(), files: before } as const;
  enableLora(model, { rank: 2, config: { init: false } });
  const adapted = outputs();
  expect(adapted).not.toEqual(base.outputs);
  const host = layersModel(model);
  expect(await written((handler) => host.save("base", handler))).toEqual(before);
  const files = await written((handler) => host.save("merged", handler));
  return { "layers as they were": base, "merged layers": { kind: "layers", files, outputs: adapted } };
}

/** Merged into a convolution. */
async function savedGraph(): Promise<Saved> {
  const graph = new GraphBuilder();
  graph.input("x");
  graph.constant("kernel", waves([3, 3, 2, 3]), [3, 3, 2, 3]);
  const settings = { strides: [1, 2, 1, 1], dilations: [1, 1, 1, 1], padding: "SAME", data_format: "NHWC" };
  graph.node("Conv2D", "y", ["x", "kernel"], settings);
  const model = await graph.load();
  const host = graphModel(model);
  const config = createLoraConfig({ rank: 2, targetModules: ["kernel"], init: false });
  const handle = injectAdapter(host, planInjection(host, config), { seed: 1 });
  await mergeAdapter(host, handle);
  const outputs = [...host.forward(tf.tensor(picture, shape)).dataSync()];
  handle.dispose();
  return { kind: "graph", files: graphModelFiles((await mergedArtifacts(host)).artifacts), outputs };
}

async function written(save: (handler: tf.io.IOHandler) => Promise<unknown>): Promise<Files> {
  let files: Files = new Map();
  const modelArtifactsInfo = { dateSaved: new Date(0), modelTopologyType: "JSON" as const };
  await save({
    save: async (artifacts) => {
      files = graphModelFiles(artifacts);
      return { modelArtifactsInfo };
    },
  });
  return files;
}

/** A program that knows TensorFlow.js only; it prints what the model makes of the picture, and which of our files it loaded. */
function alone(kind: Saved["kind"]): string {
  return `
    import { readFileSync } from "node:fs";
    import { createRequire } from "node:module";
    const require = createRequire(process.cwd() + "/");
    const tf = require("@tensorflow/tfjs-core");
    require("@tensorflow/tfjs-backend-cpu");
    const { loadLayersModel, loadGraphModel } = { ...require("@tensorflow/tfjs-layers"), ...require("@tensorflow/tfjs-converter") };
    const folder = process.argv[1];
    const json = JSON.parse(readFileSync(folder + "/model.json", "utf8"));
    const handler = { load: () => tf.io.getModelArtifactsForJSON(json, async (manifest) => {
      const pieces = manifest.flatMap(({ paths }) => paths).map((path) => Uint8Array.from(readFileSync(folder + "/" + path)).buffer);
      return [manifest.flatMap(({ weights }) => weights), tf.io.CompositeArrayBuffer.join(pieces)];
    }) };
    const model = await ${kind === "layers" ? "loadLayersModel" : "loadGraphModel"}(handler);
    const values = [...model.predict(tf.tensor(${JSON.stringify(picture)}, ${JSON.stringify(shape)})).dataSync()];
    console.log(JSON.stringify({ values, loaded: Object.keys(require.cache).filter((path) => !path.includes("node_modules")) }));
  `;
}
