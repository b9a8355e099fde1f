import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { engineNames } from "../engines/facts.ts";
import { chooseEngine } from "./choose-engine.ts";
import { compareEngines } from "./survey-engines.ts";

it("reports each engine's speed or why it does not run, and keeps the current one", async () => {
  await chooseEngine({ order: ["cpu"], environment: {} });
  const reports = await compareEngines({ environment: {} });
  expect(tf.getBackend()).toBe("cpu");
  expect(reports.map(({ name }) => name)).toEqual(engineNames);
  for (const report of reports) {
    if (report.runs) expect(report.speed.gflops).toBeGreaterThan(0);
    else expect(report.reason).not.toBe("");
  }
  expect(reports.filter(({ runs }) => runs).map(({ name }) => name)).toEqual(expect.arrayContaining(["wasm", "cpu"]));
  expect(reports.find(({ name }) => name === "webgl")).toEqual({
    name: "webgl",
    runs: false,
    reason: "it needs a browser",
  });
}, 60_000);
