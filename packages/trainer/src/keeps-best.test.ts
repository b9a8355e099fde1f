// A run that ends with the variables of its best evaluation.

import { describe, expect, it } from "vitest";
import { collect, type Rows, useRegression } from "../test/regression.ts";

import { parseState, serializeState } from "./state/state-files.ts";
import type { TrainingState } from "./state/training-state.ts";
import { train } from "./train.ts";
import type { TrainOptions } from "./train-options.ts";
import type { TrainingEvent } from "./training-event.ts";

const regression = useRegression();
const { options, values } = regression;

/** Runs with evaluations whose losses are given by step; keeps the values after each step and the last state. */
async function run(losses: readonly number[], more: Partial<TrainOptions<Rows>> = {}, abortAt?: number) {
  const steps = losses.length - 1;
  let made = more.resumeFrom?.step ?? 0;
  const controller = new AbortController();
  const afterStep = new Map<number, number[][]>();
  let saved: { readonly state: TrainingState; readonly values: number[][] } | undefined;
  const events: TrainingEvent[] = [];
  const evaluate = { every: 1, atStart: true, keepsBest: true, run: () => ({ loss: losses[made] ?? Number.NaN }) };
  const save = (state: TrainingState) => {
    saved = { state, values: values() };
  };
  const checkpoint = { every: 1000, save };
  for await (const event of train(options({ steps, evaluate, checkpoint, signal: controller.signal, ...more }))) {
    events.push(event);
    if (event.type === "step") made = event.step;
    if (event.type === "step") afterStep.set(made, values());
    if (event.type === "step" && made === abortAt) controller.abort();
  }
  if (saved === undefined) throw new Error("no state was saved");
  return { end: events.at(-1), afterStep, saved };
}

describe("a run that keeps its best evaluation", () => {
  it("ends with those variables, which the last save has; the saved state is that of the last step", async () => {
    const { end, afterStep, saved } = await run([5, 4, 1, 2, 3]);
    expect(end).toMatchObject({ type: "end", step: 4, best: { step: 2, value: 1 }, variablesStep: 2 });
    expect(values()).toEqual(afterStep.get(2));
    expect(saved.values).toEqual(afterStep.get(2));
    const numbersOf = (named: TrainingState["variables"] | undefined) =>
      [...(named ?? [])].map(([, each]) => [...each.values]);
    expect(numbersOf(saved.state.variables)).toEqual(afterStep.get(4));
    expect(numbersOf(saved.state.bestVariables)).toEqual(afterStep.get(2));
  });

  it("does so after early stopping", async () => {
    const losses = [5, 4, 1, 2, 3, 9];
    const run = () => ({ loss: losses.shift() ?? 9 });
    const evaluate = { every: 1, atStart: true, keepsBest: true, patience: 2, run };
    const events = await collect(train(options({ steps: 9, evaluate })));
    expect(events.at(-1)).toMatchObject({ reason: "stopped-early", step: 4, variablesStep: 2 });
  });

  it.each([
    ["the last step's where that is the best", [5, 4, 3]],
    ["the last step's where none is better than the start", [1, 4, 3]],
    ["the last step's where no loss is a number", [Number.NaN, Number.NaN, Number.NaN]],
  ])("ends with %s", async (_, losses) => {
    const { end, afterStep, saved } = await run(losses);
    expect(end).toMatchObject({ step: 2, variablesStep: 2 });
    expect(values()).toEqual(afterStep.get(2));
    expect(saved.state.bestVariables).toBeUndefined();
  });

  it.each([1, 2, 3, 4])("ends with the same bits after it was stopped after step %i", async (step) => {
    const losses = [5, 4, 1, 2, 3, 4];
    await run(losses);
    const whole = values();
    regression.reset();
    const { end, afterStep, saved } = await run(losses, {}, step);
    expect(end).toMatchObject({ reason: "aborted", variablesStep: step });
    expect(values()).toEqual(afterStep.get(step));
    const rest = await run(losses, { resumeFrom: await parseState(serializeState(saved.state)) });
    expect(rest.end).toMatchObject({ reason: "finished", step: 5, variablesStep: 2 });
    expect(values()).toEqual(whole);
  });

  it("ends with the last step's variables if the state of an older version lacks the best step's", async () => {
    const losses = [5, 4, 1, 2, 3, 4];
    const { saved } = await run(losses, {}, 3);
    const { bestVariables: _, ...state } = saved.state;
    const { end, afterStep } = await run(losses, { resumeFrom: await parseState(serializeState(state)) });
    expect(end).toMatchObject({ best: { step: 2 }, variablesStep: 5 });
    expect(values()).toEqual(afterStep.get(5));
  });

  it("refuses a file in which a variable of the best step is missing or has another shape", async () => {
    const { state } = (await run([5, 4, 1, 2, 3, 4], {}, 3)).saved;
    const best = state.bestVariables ?? new Map();
    const flat = [...best].map(([name, { values }]) => [name, { shape: [values.length, 1, 1], values }] as const);
    for (const bestVariables of [new Map([...best].slice(1)), new Map(flat)])
      await expect(parseState(serializeState({ ...state, bestVariables }))).rejects.toThrow(
        expect.objectContaining({ code: "CHECKPOINT_INVALID" }),
      );
  });
});
