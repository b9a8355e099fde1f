import { promptTemplates } from "@lowrank/data";
import { engineNames as engines } from "@lowrank/engine";
import { expect, it } from "vitest";
import { engineNames, templateNames } from "./shared-options.ts";

it("offers the engines that there are, without loading TensorFlow.js for --help", () => {
  expect(engineNames).toEqual(engines);
});

it("offers the templates that there are, without loading them for --help", () => {
  expect(templateNames).toEqual([...promptTemplates.map(({ name }) => name), "chat"]);
});
