import { mkdir, readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { fixture, jsonl, makeWorkspace } from "./workspace.ts";

const work = makeWorkspace();
work.write("rows.jsonl", jsonl([{ input_ids: [5, 6, 7] }]));

const model = ["--model", fixture("gpt2", "base")];
const train = () => ["train", ...model, "--data", work.path("rows.jsonl"), "--steps", "2", "--save-every", "1"];
const merge = () => ["merge", ...model, "--adapter", fixture("gpt2", "adapter")];

describe("--overwrite", () => {
  it("replaces the files of train and merge, and keeps a person's files", async () => {
    for (const [name, argv] of [
      ["run", train()],
      ["merged", merge()],
    ] as const) {
      const command = [...argv, "--out", work.path(name)];
      expect(await work.call(...command)).toMatchObject({ code: 0 });
      const before = await readdir(work.path(name));
      work.write(`${name}/notes.txt`, "mine");
      expect(await work.call(...command, "--overwrite")).toMatchObject({ code: 0 });
      expect(await readdir(work.path(name))).toEqual([...before, "notes.txt"].sort());
      expect(await readFile(work.path(name, "notes.txt"), "utf8")).toBe("mine");
    }
    expect(await readdir(work.path())).not.toContainEqual(expect.stringMatching(/^\.lowrank/));
  });

  it("leaves nothing of a merged model in a run that replaces it", async () => {
    expect(await work.call(...merge(), "--out", work.path("both"))).toMatchObject({ code: 0 });
    expect(await work.call(...train(), "--out", work.path("both"), "--overwrite")).toMatchObject({ code: 0 });
    const names = await readdir(work.path("both"));
    expect(names).toContain("adapter_config.json");
    expect(names).not.toContain("config.json");
  });

  it("does not change a project with its own config.json", async () => {
    await mkdir(work.path("project"));
    work.write("project/config.json", "{}");
    work.write("project/main.py", "import os");
    for (const argv of [train(), merge()]) {
      const { code, stderr } = await work.call(...argv, "--out", work.path("project"), "--overwrite");
      expect([code, stderr]).toEqual([1, expect.stringContaining("It does not replace")]);
    }
    expect(await readdir(work.path("project"))).toEqual(["config.json", "main.py"]);
  });
});
