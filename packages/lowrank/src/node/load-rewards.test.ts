import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { makeWorkspace } from "../cli/end-to-end/workspace.ts";
import { loadRewards } from "./load-rewards.ts";

const work = makeWorkspace();

describe("rewards of a command line", () => {
  it("are modules and built-in rewards, with weights and names for metrics", async () => {
    const file = work.write("letters.mjs", "export default ({ completion }) => completion.length;");
    const found = await loadRewards({ reward: [file, "regex:a"], rewardWeights: [2, -1] });
    expect(found).toMatchObject([
      { name: "letters", weight: 2 },
      { name: "regex:a", weight: -1 },
    ]);
    expect(await loadRewards({})).toBeUndefined();
  });

  it.each([
    ["missing.ts", undefined, "does not exist. Expected: a .ts, .js or .mjs file whose default export is a function"],
    ["none.mjs", "export const reward = 1;", "has no reward: its default export is nothing. Expected a function"],
    ["number.mjs", "export default 1;", "has no reward: its default export is 1"],
    ["throws.mjs", "throw new Error('no key');", "failed to load: no key"],
  ])("from %s are refused with the file's name", async (name, content, said) => {
    const file = content === undefined ? work.path(name) : work.write(name, content);
    await expect(loadRewards({ reward: file })).rejects.toThrow(
      `\`reward\`${content === undefined ? ":" : ""} "${file}" ${said}`,
    );
  });

  it("judge by a model on disk only if it is there", async () => {
    const asked = loadRewards({ reward: `lm-judge:${work.path("no-model")}` });
    await expect(asked).rejects.toThrow('no-model" does not exist. Expected: the folder or GGUF file of a chat model');
  });

  it("need a weight each", async () => {
    const asked = { reward: ["exact-match"], rewardWeights: [1, 2] };
    await expect(loadRewards(asked)).rejects.toThrow("`rewardWeights` has 2 numbers and `reward` 1 rewards");
  });

  it("may be TypeScript, even if Node cannot read it, with syntax that must be compiled", async () => {
    work.write("words.ts", "export enum Words { few = 3 }");
    const code =
      'import { Words } from "./words.ts";\nexport default (input: { completion: string }): number => Words.few;';
    const file = work.write("reward.ts", code);
    const entryPoints = [join(import.meta.dirname, "default-export.ts")];
    const how = { bundle: true, platform: "node", format: "esm", packages: "external", write: false } as const;
    const { outputFiles } = await build({ entryPoints, ...how });
    const call = `console.log((await defaultExport(${JSON.stringify(file)}))({ completion: "" }));`;
    const argv = ["--input-type=module", "-e", `${outputFiles[0]?.text}\n${call}`];
    expect(execFileSync(process.execPath, argv, { encoding: "utf8", cwd: import.meta.dirname })).toBe("3\n");
  });
});
