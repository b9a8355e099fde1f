import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { combineAdapters } from "@lowrank/merge";
import { combinationMethods } from "@lowrank/merge/internal";
import { describe, expect, it } from "vitest";
import { methodNames } from "../combine/command.ts";
import { fixture, makeWorkspace, shell } from "./workspace.ts";

describe("lowrank combine", () => {
  const work = makeWorkspace();
  const [one, other] = [fixture("llama-gqa", "adapter"), fixture("patterns", "adapter")];

  it("writes the result of the library's function", async () => {
    const out = work.path("both");
    const { code, stderr } = await work.call("combine", "--adapter", `${one}:0.7`, `${other}:-0.4`, "--out", out);
    expect(code, stderr).toBe(0);
    const expected = combineAdapters([
      { adapter: await readAdapterFolder(one), weight: 0.7 },
      { adapter: await readAdapterFolder(other), weight: -0.4 },
    ]);
    expect((await readAdapterFolder(out)).tensors).toEqual(expected.tensors);
  });

  it("lists every method, and reports missing settings", async () => {
    expect([...methodNames].sort()).toEqual(combinationMethods.map(({ name }) => name).sort());
    const { code, stderr } = await work.call(
      ...shell`combine --adapter ${one} ${one} --method ties --out ${work.path("no")}`,
    );
    expect([code, stderr]).toEqual([1, expect.stringContaining("density")]);
  });
});
