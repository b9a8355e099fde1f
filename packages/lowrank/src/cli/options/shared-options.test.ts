import { promptTemplates } from "@lowrank/data";
import { engineNames } from "@lowrank/engine";
import { Command } from "commander";
import { expect, it } from "vitest";
import { templateOption, withEngine } from "./shared-options.ts";

it("offers the engines that there are", () => {
  const engine = withEngine(new Command()).options.find(({ long }) => long === "--engine");
  expect(engine?.argChoices).toEqual(engineNames);
});

it("offers the templates that there are, without loading them for --help", () => {
  expect(templateOption("").argChoices).toEqual([...promptTemplates.map(({ name }) => name), "chat"]);
});
