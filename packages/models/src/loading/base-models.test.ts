// The tables of families against the files of real base models: every tensor has its name and shape.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Warning } from "@lowrank/contracts";
import { checkConfig, resolveTask } from "@lowrank/contracts/families";
import { matchCheckpoint, parametersOf } from "@lowrank/contracts/families/checkpoint";
import { fixturesRoot, readTensors } from "@lowrank/testing";
import { describe, expect, it } from "vitest";

/** Some fixtures are small nets of their own and no transformer. */
const isTransformer = (name: string): boolean =>
  !readFileSync(join(fixturesRoot, name, "base", "config.json"), "utf8").includes('"model_type": "fixture_');

const cases = readdirSync(fixturesRoot, { withFileTypes: true }).filter(
  (entry) => entry.isDirectory() && isTransformer(entry.name),
);

/** Names and shapes of every tensor of a fixture's base, which may be in several files. */
async function shapesOf(folder: string): Promise<ReadonlyMap<string, readonly number[]>> {
  const files = readdirSync(folder).filter((file) => file.endsWith(".safetensors"));
  const tensors = await Promise.all(files.map((file) => readTensors(join(folder, file))));
  return new Map(tensors.flatMap((each) => [...each].map(([name, { shape }]) => [name, shape] as const)));
}

describe("real base models", () => {
  it.each(cases.map(({ name }) => name))(
    "%s: the table names every tensor of the file with its shape",
    async (name) => {
      const folder = join(fixturesRoot, name, "base");
      const warnings: Warning[] = [];
      const json: unknown = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
      const config = checkConfig(json, (warning) => warnings.push(warning));
      const task = resolveTask(config);
      const shapes = await shapesOf(folder);
      const match = matchCheckpoint(config, task, shapes.keys());
      expect(warnings).toEqual([]);
      expect({ ...match, fileKeys: null }).toEqual({
        fileKeys: null,
        missing: [],
        toMakeNew: [],
        unused: [],
        unexpected: [],
      });
      for (const { path, shape, tiedWith } of parametersOf(config, task))
        expect(tiedWith ?? shapes.get(match.fileKeys.get(path) ?? "")).toEqual(tiedWith ?? shape);
    },
  );
});
