import { availableParallelism } from "node:os";
import { describe, expect, it, vi } from "vitest";
import { engineNames } from "../engines/facts.ts";
import { ArgumentError } from "../errors.ts";
import { defaultOrder, planEngines } from "./plan-engines.ts";

const environment = {};
const nodeOrder = [["tfjs-node-gpu"], ["native", "tfjs-node"], ["wasm"], ["cpu"]];

describe("planEngines", () => {
  it("tries what Node can run, native engines first, with a thread for each processor", async () => {
    expect(await planEngines({ environment })).toEqual({
      order: nodeOrder,
      preferred: undefined,
      settings: { threads: availableParallelism() },
      notes: [],
    });
  });

  it("has every engine in one of the two orders", () => {
    expect(new Set([...defaultOrder("node"), ...defaultOrder("browser")].flat())).toEqual(new Set(engineNames));
  });

  it("tries WebGL in a page only after wasm", () => {
    expect(defaultOrder("browser")).toEqual([["webgpu"], ["wasm"], ["webgl"], ["cpu"]]);
  });

  it("tries the preferred one first and then the others", async () => {
    const { order, preferred } = await planEngines({ prefer: "cpu", order: ["wasm", "cpu"], environment });
    expect({ order, preferred }).toEqual({ order: [["cpu"], ["wasm"]], preferred: "cpu" });
  });

  it("tries only the engine that LOWRANK_ENGINE names, whatever the options are", async () => {
    const plan = await planEngines({ prefer: "wasm", environment: { LOWRANK_ENGINE: "cpu" } });
    expect(plan).toMatchObject({ order: [["cpu"]], preferred: "cpu" });
  });

  it("treats an order of one engine as a requested one", async () => {
    expect(await planEngines({ order: ["webgpu"], environment })).toMatchObject({ preferred: "webgpu" });
  });

  it("skips a LOWRANK_ENGINE that does not exist and lists the existing ones", async () => {
    const { order, notes } = await planEngines({ environment: { LOWRANK_ENGINE: "cuda" } });
    expect(order).toEqual(nodeOrder);
    expect(notes).toEqual([expect.stringMatching(/LOWRANK_ENGINE is "cuda".*tfjs-node-gpu, .*tfjs-node, .*wasm.*cpu/)]);
  });

  it("refuses a wrong option instead: that is a mistake in the program", async () => {
    await expect(planEngines({ environment, threads: 0 })).rejects.toThrow(ArgumentError);
    // @ts-expect-error a program without types may pass any string
    await expect(planEngines({ environment, order: ["abacus"] })).rejects.toThrow(
      expect.objectContaining({ code: "UNKNOWN_ENGINE" }),
    );
    // @ts-expect-error the same
    await expect(planEngines({ environment, prefer: "abacus" })).rejects.toThrow(/"abacus".*the option prefer/);
  });

  it("uses the file of ONNX Runtime from the given environment, and no other", async () => {
    const named = await planEngines({ environment: { LOWRANK_ONNX_RUNTIME: "/environment.so" } });
    expect(named.settings).toMatchObject({ onnxRuntimeFile: "/environment.so" });
    vi.stubEnv("LOWRANK_ONNX_RUNTIME", "/process.so");
    expect((await planEngines({ environment })).settings).not.toHaveProperty("onnxRuntimeFile");
    expect((await planEngines({})).settings).toMatchObject({ onnxRuntimeFile: "/process.so" });
    vi.unstubAllEnvs();
  });

  it("prefers threads and folders of the options to the environment", async () => {
    const variables = { LOWRANK_THREADS: "3", LOWRANK_TFJS_NODE: "/environment" };
    const fromEnvironment = await planEngines({ environment: variables });
    expect(fromEnvironment.settings).toEqual({ threads: 3, tfjsNodeFolder: "/environment" });
    const options = { threads: 2, tfjsNodeFolder: "/option", wasmPath: "/wasm/" };
    expect((await planEngines({ environment: variables, ...options })).settings).toEqual(options);
  });
});
