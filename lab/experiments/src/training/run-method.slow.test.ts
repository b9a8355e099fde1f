// A whole run on the tiny model that the repository ships: what differs from SmolLM2's is its size.

import { join } from "node:path";
import { chooseEngine } from "@lowrank/engine";
import { beforeAll, expect, it } from "vitest";
import type { Method } from "../methods/method.ts";
import { methods } from "../methods/methods.ts";
import type { Task } from "../tasks/task.ts";
import { chatPrompt, textBatches } from "../tasks/text-batches.ts";
import { measureUntrained, runMethod } from "./run-method.ts";

const folder = join(import.meta.dirname, "../../../../packages/tiny-model/model");

async function greetings(): Promise<Task> {
  const row = { prompt: chatPrompt("hello"), completion: "good morning" };
  const texts = await textBatches({ train: [row, row], held: [row] }, { path: folder });
  return {
    name: "greetings",
    about: "one row",
    kind: "texts",
    figure: "loss",
    epochs: 3,
    rateShare: 1,
    ...texts,
    async measure(model) {
      const [written] = (await model.write?.(texts.prompts, 3)) ?? [];
      return { loss: await texts.meanLoss(model), ...(written === undefined ? {} : { written: written.length }) };
    },
  };
}

beforeAll(async () => {
  await chooseEngine({ order: ["wasm", "cpu"] });
});

function methodNamed(name: string): Method {
  const method = methods.find((one) => one.name === name);
  if (method === undefined) throw new Error(`No method "${name}".`);
  return method;
}

it.each(["lora-r8-qv", "prompt"])("trains %s on texts", async (name) => {
  const task = await greetings();
  const method = methodNamed(name);
  const untrained = await measureUntrained(task, 1);
  const trained = await runMethod(task, method, { seed: 1, learningRate: method.learningRate });
  expect(trained.steps).toBe(3);
  expect(trained.after.loss).toBeLessThan(untrained.loss ?? Number.NaN);
  expect(trained.after.written).toBe(name === "prompt" ? undefined : 3);
});

it("uses dropout if the task sets it, with equal results for one seed", async () => {
  const task = await greetings();
  const method = methodNamed("lora-r8-qv");
  const lossWith = async (dropout: boolean) =>
    (await runMethod({ ...task, dropout }, method, { seed: 1, learningRate: method.learningRate })).after.loss;
  const dropped = await lossWith(true);
  expect(await lossWith(true)).toBe(dropped);
  expect(await lossWith(false)).not.toBe(dropped);
});
