// A survey in a page whose user did not name emulated graphics (vitest.browser.config.ts).

import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { wasmPath } from "../../test/test-engines.ts";
import { engineNames } from "../engines/facts.ts";
import { chooseEngine } from "./choose-engine.ts";
import { compareEngines } from "./survey-engines.ts";

it("reports for each engine its speed, or why it does not run, and keeps the current one", async () => {
  await chooseEngine({ order: ["cpu"], environment: {} });
  const reports = await compareEngines({ environment: {}, wasmPath });
  expect(tf.getBackend()).toBe("cpu");
  expect(reports.map(({ name }) => name)).toEqual(engineNames);
  expect(reports.filter(({ runs }) => runs).map(({ name }) => name)).toEqual(["wasm", "cpu"]);
  // Three words or more on one line, without a full stop: what follows "webgpu: ".
  for (const report of reports) if (!report.runs) expect(report.reason).toMatch(/^\S+( \S+){2,}[^.\s]$/);
});
