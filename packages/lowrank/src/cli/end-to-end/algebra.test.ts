import { existsSync, readFileSync } from "node:fs";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { diffAdapters, reduceAdapter } from "@lowrank/merge";
import { describe, expect, it } from "vitest";
import { fixture, makeWorkspace, shell } from "./workspace.ts";

const work = makeWorkspace();
const [one, other] = [fixture("llama-gqa", "adapter"), fixture("patterns", "adapter")];

describe("lowrank reduce", () => {
  it("writes the result of the library's function, and reports ranks, losses and hashes", async () => {
    const out = work.path("less");
    const { code, stderr, json } = await work.call(...shell`reduce --adapter ${one} --energy 0.8 --out ${out} --json`);
    expect(code, stderr).toBe(0);
    const expected = reduceAdapter(await readAdapterFolder(one), { energy: 0.8 });
    const written = await readAdapterFolder(out);
    expect(written.tensors).toEqual(expected.adapter.tensors);
    expect(json).toMatchObject([{ out, layers: expected.layers }]);
    expect(json[0]?.files).toMatchObject([
      { name: "adapter_config.json" },
      { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      {},
    ]);
  });

  it("with --plan reports the same and writes nothing", async () => {
    const out = work.path("nothing");
    const { code, stdout } = await work.call("reduce", "--adapter", one, "--rank", "1", "--out", out, "--plan");
    expect([code, stdout]).toEqual([0, expect.stringContaining("nothing is written")]);
    expect(existsSync(out)).toBe(false);
  });

  it("weakens intruder dimensions, with the base, at the same ranks", async () => {
    const out = work.path("weaker");
    const how = ["--model", fixture("llama-gqa", "base"), "--allow-different-base", "--threshold-epsilon", "1.1"];
    const argv = ["reduce", "--adapter", one, "--intruders", ...how, "--out", out, "--json"];
    const { code, stderr, json } = await work.call(...argv);
    expect(code, stderr).toBe(0);
    expect(json[0]?.layers).toContainEqual({ path: expect.any(String), intruders: 10 });
    expect((await readAdapterFolder(out)).config.rank).toBe((await readAdapterFolder(one)).config.rank);
  });

  it("requires how much to keep, and does not overwrite its input", async () => {
    expect(await work.call("reduce", "--adapter", one, "--out", work.path("no"))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--energy"),
    });
    const { code, stderr } = await work.call("reduce", "--adapter", one, "--rank", "1", "--out", one, "--overwrite");
    expect([code, stderr]).toEqual([1, expect.stringContaining("which this command reads")]);
  });
});

describe("lowrank diff", () => {
  it("prints a line for each layer that both adapt, and names the others", async () => {
    const { code, stdout, stderr } = await work.call("diff", one, other);
    expect(code, stderr).toBe(0);
    const { layers, alone } = diffAdapters(await readAdapterFolder(one), await readAdapterFolder(other));
    for (const { path } of layers) expect(stdout).toContain(`${path} `);
    for (const name of alone.flat()) expect(stdout).toContain(name);
  });

  it("writes a page, and replaces it, but no page of somebody else's", async () => {
    const page = work.path("difference.html");
    expect((await work.call("diff", one, one, "--out", page)).code).toBe(0);
    expect(readFileSync(page, "utf8")).toContain("<svg");
    expect((await work.call("diff", one, other, "--out", page, "--overwrite")).code).toBe(0);
    const own = work.write("own.html", "<p>mine</p>");
    expect(await work.call("diff", one, other, "--out", own, "--overwrite")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("lowrank diff"),
    });
  });

  it("measures one adapter against its base, as the weights of a merge differ", async () => {
    const picture = work.path("base.svg");
    const base = fixture("llama-gqa", "base");
    const argv = ["diff", one, "--model", base, "--allow-different-base", "--out", picture, "--json"];
    const { code, stderr, json } = await work.call(...argv);
    expect(code, stderr).toBe(0);
    const adapter = await readAdapterFolder(one);
    const { layers } = reduceAdapter(adapter, { energy: 1 });
    const norms = new Map(layers.map(({ path, norm }) => [`${path}.weight`, norm]));
    const weights = json[0]?.weights as readonly { path: string; norm: number; baseNorm: number; relative: number }[];
    expect(weights.map(({ path }) => path).sort()).toEqual([...norms.keys()].sort());
    for (const { path, norm, baseNorm, relative } of weights) {
      expect(norm / norms.get(path)!).toBeCloseTo(1, 4);
      expect(relative).toBeCloseTo(norm / baseNorm, 12);
    }
    expect(readFileSync(picture, "utf8")).toMatch(/^<svg/);
  });

  it.each([
    [["--model", "base"], "Leave out --model"],
    [["--out", "picture.png"], ".svg"],
  ])("%s is wrong usage", async (options, advice) => {
    expect(await work.call("diff", one, other, ...options)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(advice),
    });
  });
});
