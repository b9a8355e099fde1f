import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { changeExpected, changeTensors, copyCase, inFolder } from "./case-copies.ts";
import { findCases } from "./find-cases.ts";
import { type CaseLine, countLine, runCases } from "./run-cases.ts";

async function linesOf(...folders: readonly string[]): Promise<readonly CaseLine[]> {
  const lines: CaseLine[] = [];
  for await (const line of runCases(folders)) lines.push(line);
  return lines;
}

describe("the cases in a folder", () => {
  beforeAll(() => tf.setBackend("cpu"));

  it("are the folder itself, cases in it, and those in sets of sets, with links followed", () =>
    inFolder(async (folder) => {
      const set = join(folder, "sets", "one");
      await mkdir(set, { recursive: true });
      const copy = await copyCase("gpt2", set);
      await symlink(copy, join(set, "linked"));
      await symlink(folder, join(set, "circle"));
      const names = (path: string) => findCases(path).map(({ name, problem }) => [name, problem]);
      expect(names(copy)).toEqual([["gpt2", undefined]]);
      expect(names(set)).toEqual(names(folder));
      expect(names(folder)).toEqual([
        ["gpt2", undefined],
        ["linked", undefined],
      ]);
    }));

  it("that lacks expected.json fails with that reason, in a set and by itself, and the others run", () =>
    inFolder(async (folder) => {
      await copyCase("gpt2", folder);
      const broken = await copyCase("gpt2", folder, "a-broken");
      await rm(join(broken, "expected.json"));
      await mkdir(join(folder, "b-empty"));
      await symlink(join(folder, "nowhere"), join(folder, "c-link"));
      const lines = await linesOf(folder);
      expect(lines.map(({ text }) => text.slice(0, 21))).toEqual([
        "a-broken         FAIL",
        "b-empty          FAIL",
        "c-link           FAIL",
        "gpt2             ok  ",
      ]);
      expect(lines[0]?.text).toMatch(/no expected\.json in .*a-broken/);
      expect(countLine(lines)).toBe("1 passed, 3 failed");
      expect((await linesOf(broken))[0]?.text).toMatch(/^a-broken +FAIL no expected\.json/);
    }));

  it("that is not there, is a file or holds no case fails with that reason", () =>
    inFolder(async (folder) => {
      const file = join(folder, "file");
      await writeFile(file, "");
      const lines = await linesOf(join(folder, "absent"), file, folder);
      expect(lines.map(({ hasPassed }) => hasPassed)).toEqual([false, false, false]);
      expect(lines[0]?.text).toMatch(/^absent +FAIL there is no folder .*absent$/);
      expect(lines[1]?.text).toMatch(/^file +FAIL .*is a file; a case is a folder$/);
      expect(lines[2]?.text).toMatch(/FAIL no case in .*: no folder with an expected\.json$/);
    }));

  it("has the folder's name if expected.json has none", () =>
    inFolder(async (folder) => {
      const copy = await copyCase("rslora", folder, "nameless");
      await changeExpected(copy, ({ name: _, ...expected }) => expected);
      expect((await linesOf(copy))[0]?.text).toMatch(/^nameless +ok /);
    }));

  it.each([
    "expected.json",
    "expected.safetensors",
    "base/config.json",
    "base/model.safetensors",
    "adapter/adapter_config.json",
    "adapter/adapter_model.safetensors",
  ])("names the file that is broken, or absent: %s", (file) =>
    inFolder(async (folder) => {
      const copy = await copyCase("gpt2", folder);
      await writeFile(join(copy, file), '{"no": ');
      const name = file.split("/").at(-1)!;
      expect((await linesOf(copy))[0]?.text).toMatch(new RegExp(`^gpt2 +FAIL .*${name}`));
      await rm(join(copy, file));
      expect((await linesOf(copy))[0]?.text).toMatch(new RegExp(`^gpt2 +FAIL .*${name}`));
    }),
  );

  it("that holds no object in expected.json fails with that reason", () =>
    inFolder(async (folder) => {
      const copy = await copyCase("gpt2", folder);
      await writeFile(join(copy, "expected.json"), "[1]");
      expect((await linesOf(copy))[0]?.text).toContain("FAIL expected.json holds [1], expected an object");
    }));

  it("of an unknown family or kind of adapter fails and names it", () =>
    inFolder(async (folder) => {
      const family = await copyCase("gpt2", folder, "family");
      await writeFile(join(family, "base/config.json"), JSON.stringify({ model_type: "mamba" }));
      const kind = await copyCase("gpt2", folder, "kind");
      await writeFile(join(kind, "adapter/adapter_config.json"), JSON.stringify({ peft_type: "IA3" }));
      const lines = await linesOf(family, kind);
      expect(lines[0]?.text).toMatch(/^family +FAIL .*mamba/);
      expect(lines[1]?.text).toMatch(/^kind +FAIL .*IA3/);
    }));

  it("in 8 bits are near enough, and without their adapter are not", () =>
    inFolder(async (folder) => {
      const copy = await copyCase("gpt2", folder);
      const line = async () => {
        for await (const { text } of runCases([copy], { basePrecision: "int8" })) return text;
      };
      expect(await line()).toMatch(/^gpt2 +ok /);
      await changeTensors(copy, (tensors) => tensors.set("adapter.logits", tensors.get("base.logits")!));
      expect(await line()).toMatch(/^gpt2 +FAIL .*adapter.logits .* \(more than 0.05\)/);
    }));

  it("in 8 bits fail if nothing is rounded, or if several adapters act", () =>
    inFolder(async (folder) => {
      for (const name of ["convnet", "multi-adapter"]) await copyCase(name, folder);
      const lines: string[] = [];
      for await (const { text } of runCases([folder], { basePrecision: "int8" })) lines.push(text);
      expect(lines[0]).toMatch(/^convnet +FAIL .*not in int8/);
      expect(lines[1]).toMatch(/^multi-adapter +FAIL .*cases of one adapter/);
    }));
});
