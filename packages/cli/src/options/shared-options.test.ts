import { engineNames as engines } from "@lowrank/engine";
import { expect, it } from "vitest";
import { engineNames } from "./shared-options.ts";

it("offers the engines that there are, without loading TensorFlow.js for --help", () => {
  expect(engineNames).toEqual(engines);
});
