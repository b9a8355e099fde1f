// Which of several adapters acts: the one that is named, else the last one added, which is reported.

import { fileURLToPath } from "node:url";
import type { Warning } from "@lowrank/contracts";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Chat, type OpenedAdapter, type OpenedModel, openModel } from "../index.ts";

const tiny = fileURLToPath(new URL("../../../tiny-model/model", import.meta.url));
const prompt = "name[Aromi] ->";
const rows = [{ prompt, completion: " Aromi is a café." }];
const small = { rank: 2, targetModules: ["q_proj", "v_proj"] };
const short = { maxNewTokens: 3 };

let model: OpenedModel;
let warnings: Warning[];
beforeEach(async () => {
  warnings = [];
  model = await openModel(tiny, { engine: false, onWarning: (warning) => void warnings.push(warning) });
  model.adapt({ ...small, init: false, alpha: 64 }, { name: "first", seed: 3 });
});
afterEach(() => model.dispose());

const loss = async (adapter?: string | null) =>
  (await model.evaluate(rows, adapter === undefined ? {} : { adapter })).loss;

it("reports once which one a call without a name uses, and again where it is another one", async () => {
  const ofFirst = await loss();
  expect(warnings).toEqual([]);
  model.adapt(small, { name: "second" });
  expect(await loss()).toBe(await loss(null)); // "second" is not trained
  await model.generate(prompt, short);
  expect(warnings).toEqual([
    {
      code: "ADAPTER_NOT_NAMED",
      message: expect.stringMatching(/has 2 adapters.* uses "second", which was added last/),
    },
  ]);
  expect(await loss("first")).toBe(ofFirst);
  model.adapt(small, { name: "third" });
  await loss();
  expect(warnings.map(({ message }) => /uses "(\w+)"/.exec(message)?.[1])).toEqual(["second", "third"]);
});

it("finds an adapter by its name in every call", async () => {
  const [first] = model.adapters;
  model.adapt(small, { name: "second" });
  const writer = await model.writer();
  const texts = async (adapter: "first" | OpenedAdapter | undefined) => {
    const all: unknown[] = [await model.generate(prompt, { adapter, ...short })];
    for await (const event of model.stream(prompt, { adapter, ...short })) all.push(event.type);
    for await (const event of writer.write(prompt, { adapter, ...short })) all.push(event);
    all.push(await model.embed([prompt], { adapter, pooling: "mean" }));
    for await (const event of new Chat(model, { adapter, template: "vicuna", ...short }).send("Hi")) all.push(event);
    all.push(await model.promptIds(prompt, { adapter }), await loss("first"));
    return all;
  };
  expect(await texts("first")).toEqual(await texts(first));
  expect(warnings.filter(({ code }) => code === "ADAPTER_NOT_NAMED")).toEqual([]);
});

it("refuses a name that no adapter has, and a second adapter of a name", async () => {
  await expect(loss("secnd")).rejects.toMatchObject({ code: "ADAPTER_GONE", names: ["first"] });
  expect(() => model.adapt(small, { name: "first" })).toThrow(/"first" is already attached/);
  await expect(model.attach("nowhere", { name: "first" })).rejects.toMatchObject({ code: "ADAPTER_EXISTS" });
});
