import { signal } from "@preact/signals";
import { describe, expect, it, vi } from "vitest";
import { answering } from "../../test/answering.ts";
import type { ModelFacts } from "../protocol/model.ts";
import type { PlanFacts, PlanRequest } from "../protocol/run.ts";
import { memoryStore } from "../storage/store.ts";
import { defaultTraining, SettingsState } from "./settings.ts";

function open() {
  const requests: PlanRequest[] = [];
  const plan = (request: PlanRequest): PlanFacts => {
    requests.push(request);
    const training = { steps: 30, batchSize: 2, learningRate: 5e-4, validationShare: request.rows < 50 ? 0 : 0.1 };
    return { sites: [], trainable: 1, share: 1, fileBytes: 1, trainingBytes: 1, training };
  };
  const count = signal(3);
  const model = signal<ModelFacts | undefined>({ targets: [] } as unknown as ModelFacts);
  const place = { store: memoryStore(), model, longest: signal(10), count };
  const settings = new SettingsState({ ...place, ask: answering({ plan: async (request) => plan(request) }) });
  return { settings, requests, count };
}

describe("the settings of a run", () => {
  it("are the library's defaults for the model and the rows, but for what somebody chose", async () => {
    const { settings, requests, count } = open();
    expect(settings.training.value).toEqual(defaultTraining);
    await vi.waitFor(() =>
      expect(settings.training.value).toMatchObject({ steps: 30, batchSize: 2, schedule: "cosine" }),
    );
    settings.changeTraining({ steps: 5 });
    count.value = 50;
    await vi.waitFor(() => expect(settings.training.value).toMatchObject({ steps: 5, validationShare: 0.1 }));
    expect(requests.at(-1)).toMatchObject({ rows: 50, step: { rows: 2, tokens: 10 } });
    settings.set({ training: {} });
    expect(settings.training.value.steps).toBe(30);
  });
});
