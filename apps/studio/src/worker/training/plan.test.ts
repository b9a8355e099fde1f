import { beforeAll, describe, expect, it } from "vitest";
import { tinyWorkerState } from "../../../test/tiny-worker-state.ts";
import type { AdapterSettings } from "../../protocol/run.ts";
import type { WorkerState } from "../worker-state.ts";
import { adapterConfig } from "./adapter-config.ts";
import { plan } from "./plan.ts";

const settings: AdapterSettings = {
  rank: 4,
  alpha: 8,
  targets: ["q_proj", "v_proj"],
  dropout: 0,
  useDora: false,
  start: "gaussian",
};

describe("plan", () => {
  let state: WorkerState;
  const planned = (adapter: AdapterSettings, rows = 4) =>
    plan(state, { adapter, rows, step: { rows, tokens: 64 } }, () => {});
  beforeAll(async () => {
    state = await tinyWorkerState();
  });

  it("names each adapted layer by its block and its name there, with its parameters", async () => {
    const { sites, trainable } = await planned(settings);
    expect(sites.map(({ block, target }) => `${block}.${target}`)).toEqual(
      [0, 1, 2, 3].flatMap((block) => [`${block}.q_proj`, `${block}.v_proj`]),
    );
    expect(sites.reduce((sum, { parameters }) => sum + parameters, 0)).toBe(trainable);
  });

  it.each([
    ["as usual", {}],
    ["with DoRA", { useDora: true }],
    ["from the weights' largest directions", { start: "pissa" }],
    ["from an orthogonal start", { start: "orthogonal" }],
  ] as const)("predicts the size of the file to the byte, %s", async (_, changed) => {
    const request = { ...settings, ...changed };
    const { fileBytes } = await planned(request);
    const adapter = state.loaded.opened.adapt(adapterConfig(request, state.loaded), { name: "made" });
    const weights = (await adapter.files()).get("adapter_model.safetensors");
    adapter.dispose();
    expect(weights?.length).toBe(fileBytes);
  });

  it("needs more memory for a higher rank, by four numbers a parameter", async () => {
    const [low, high] = [await planned(settings), await planned({ ...settings, rank: 8 })];
    expect((await planned(settings, 8)).trainingBytes).toBeGreaterThan(low.trainingBytes);
    expect(high.trainingBytes - low.trainingBytes).toBe(16 * (high.trainable - low.trainable));
  });
});
