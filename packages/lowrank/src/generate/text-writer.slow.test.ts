// The writer of the tiny model: many texts at one time, each as it is alone.

import { fileURLToPath } from "node:url";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OpenedModel, openModel, type TextOptions, type TextWriter } from "../index.ts";
import type { SelectedAdapter } from "../opened-model.ts";

const tiny = fileURLToPath(new URL("../../../tiny-model/model", import.meta.url));
const prompts = ["name[Aromi], food[English] ->", "name[The Mill] ->", "Aromi is", "name[Zizzi], area[riverside] ->"];

let model: OpenedModel;
beforeAll(async () => {
  await tf.setBackend("cpu");
  model = await openModel(tiny, { engine: false });
  for (const [index, name] of ["one", "two"].entries())
    model.adapt({ rank: 4, alpha: 64, init: false, targetModules: "all-linear" }, { name, seed: index + 5 });
});
afterAll(() => model.dispose());

async function written(
  writer: TextWriter<SelectedAdapter>,
  prompt: string,
  options: TextOptions & SelectedAdapter,
): Promise<string> {
  for await (const event of writer.write(prompt, options)) if (event.type === "end") return event.text;
  throw new Error("The text has no end.");
}

describe("OpenedModel.writer", () => {
  it("writes each text like alone, with any others at the same time", async () => {
    const writer = await model.writer({ maxRows: 3 });
    const requests = prompts.flatMap((prompt, index) =>
      [null, ...model.adapters].map((adapter) => ({ prompt, adapter, maxNewTokens: 2 + 2 * index })),
    );
    const all = await Promise.all(requests.map(({ prompt, ...options }) => written(writer, prompt, options)));
    for (const [index, { prompt, ...options }] of requests.entries())
      expect(all[index]).toBe(await model.generate(prompt, options));
    expect(new Set(all).size).toBeGreaterThan(prompts.length); // the adapters say other things
    expect([writer.running, writer.waiting]).toEqual([0, 0]);
  });

  it("also writes texts that do not fit a batch: with a scaled adapter", async () => {
    const writer = await model.writer();
    const [prompt = ""] = prompts;
    const options = { strength: 0.5, maxNewTokens: 6 };
    const texts = await Promise.all([written(writer, prompt, options), written(writer, prompt, { maxNewTokens: 6 })]);
    expect(texts).toEqual([await model.generate(prompt, options), await model.generate(prompt, { maxNewTokens: 6 })]);
  });

  it("refuses one more than may wait, and everything once it is stopped", async () => {
    const writer = await model.writer({ maxRows: 1, maxWaiting: 1 });
    const results = await Promise.allSettled(prompts.map((prompt) => written(writer, prompt, { maxNewTokens: 3 })));
    const refused = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    expect(refused.length).toBeGreaterThan(0);
    for (const reason of refused) expect(reason).toMatchObject({ code: "WRITER_FULL" });
    const last = written(writer, "Aromi", { maxNewTokens: 3 });
    await new Promise((resolve) => setTimeout(resolve, 0));
    await writer.stop();
    expect(await last).toBe(await model.generate("Aromi", { maxNewTokens: 3 }));
    await expect(written(writer, "Aromi", {})).rejects.toMatchObject({ code: "WRITER_STOPPED" });
  });

  it("ends a text that was aborted or whose consumer left, and no other", async () => {
    const writer = await model.writer();
    const stop = new AbortController();
    const aborted = written(writer, "Aromi is", { maxNewTokens: 200, signal: stop.signal });
    const other = written(writer, "Aromi is", { maxNewTokens: 12 });
    for await (const event of writer.write("name", { maxNewTokens: 200 })) if (event.type === "token") break;
    stop.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    expect(await other).toBe(await model.generate("Aromi is", { maxNewTokens: 12 }));
    expect(writer.running).toBe(0);
  });

  it("ends the texts of an adapter that is disposed of", async () => {
    const gone = model.adapt({ rank: 2, init: false }, { name: "gone", seed: 9 });
    const writer = await model.writer();
    const text = written(writer, "Aromi is", { adapter: gone, maxNewTokens: 200 });
    const other = written(writer, "Aromi is", { adapter: null, maxNewTokens: 12 });
    setTimeout(() => gone.dispose(), 5);
    await expect(text).rejects.toMatchObject({ code: "ADAPTER_GONE" });
    expect(await other).toBe(await model.generate("Aromi is", { adapter: null, maxNewTokens: 12 }));
  });

  it("reports why a text ended and, on request, each token's log probability", async () => {
    const events = [];
    for await (const event of (await model.writer()).write("Aromi is", { maxNewTokens: 2, logprobs: 3 }))
      events.push(event);
    const alone = [];
    for await (const event of model.stream("Aromi is", { maxNewTokens: 2, logprobs: 3 })) alone.push(event);
    expect(events.at(-1)).toMatchObject({ type: "end", reason: "length" });
    expect(events[0]).toMatchObject({ top: [{ text: expect.any(String) }, {}, {}] });
    expect(events.map(({ type, text }) => [type, text])).toEqual(alone.map(({ type, text }) => [type, text]));
  });
});
