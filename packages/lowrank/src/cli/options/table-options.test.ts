import { promptTemplates } from "@lowrank/data/internal";
import { engineNames } from "@lowrank/engine";
import { expect, it } from "vitest";
import { tableOption } from "./table-options.ts";

it("offers the engines that there are", () => {
  expect(tableOption("engine").argChoices).toEqual(engineNames);
});

it("offers the templates that there are, without loading them for --help", () => {
  expect(tableOption("template").argChoices).toEqual([...promptTemplates.map(({ name }) => name), "chat"]);
});
