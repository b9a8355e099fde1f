import { mkdir, readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { fixture, jsonl, makeWorkplace } from "./workplace.ts";

const place = makeWorkplace();
place.write("rows.jsonl", jsonl([{ input_ids: [5, 6, 7] }]));

const model = ["--model", fixture("gpt2", "base")];
const train = () => ["train", ...model, "--data", place.path("rows.jsonl"), "--steps", "2", "--save-every", "1"];
const merge = () => ["merge", ...model, "--adapter", fixture("gpt2", "adapter")];

describe("--overwrite", () => {
  it("replaces what train and merge wrote, and keeps what a person put there", async () => {
    for (const [name, argv] of [
      ["run", train()],
      ["merged", merge()],
    ] as const) {
      const command = [...argv, "--out", place.path(name)];
      expect(await place.call(...command)).toMatchObject({ code: 0 });
      const before = await readdir(place.path(name));
      place.write(`${name}/notes.txt`, "mine");
      expect(await place.call(...command, "--overwrite")).toMatchObject({ code: 0 });
      expect(await readdir(place.path(name))).toEqual([...before, "notes.txt"].sort());
      expect(await readFile(place.path(name, "notes.txt"), "utf8")).toBe("mine");
    }
    expect(await readdir(place.path())).not.toContainEqual(expect.stringMatching(/^\.lowrank/));
  });

  it("leaves nothing of a merged model in a run that replaces it", async () => {
    expect(await place.call(...merge(), "--out", place.path("both"))).toMatchObject({ code: 0 });
    expect(await place.call(...train(), "--out", place.path("both"), "--overwrite")).toMatchObject({ code: 0 });
    const names = await readdir(place.path("both"));
    expect(names).toContain("adapter_config.json");
    expect(names).not.toContain("config.json");
  });

  it("leaves a project alone that has a config.json of its own", async () => {
    await mkdir(place.path("project"));
    place.write("project/config.json", "{}");
    place.write("project/main.py", "import os");
    for (const argv of [train(), merge()]) {
      const { code, stderr } = await place.call(...argv, "--out", place.path("project"), "--overwrite");
      expect([code, stderr]).toEqual([1, expect.stringContaining("It does not replace")]);
    }
    expect(await readdir(place.path("project"))).toEqual(["config.json", "main.py"]);
  });
});
