import { mkdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it, vi } from "vitest";
import { fakeCommit, fakeHub } from "../../../test/fake-hub.ts";
import { recordingIo } from "../../../test/recording-io.ts";
import { run } from "../run.ts";
import { jsonl, makeWorkspace, tiny } from "./workspace.ts";

const parts = (from: string) => fileURLToPath(new URL(from, import.meta.url));
const parquet = parts("../../../../data/fixtures/parquet/snappy.parquet");

const work = makeWorkspace();
const rows = Array.from({ length: 6 }, (_, row) => ({ prompt: `${row} ->`, completion: ` ${row * row}` }));

work.write("all.jsonl", jsonl(rows));
mkdirSync(work.path("parts"));
work.write("parts/1.jsonl", jsonl(rows.slice(0, 2)));
work.write("parts/2.jsonl.gz", gzipSync(jsonl(rows.slice(2, 4))));
work.write("parts/3.json", JSON.stringify(rows.slice(4)));
vi.stubEnv("HF_HUB_CACHE", work.path("hub"));
afterAll(() => vi.unstubAllEnvs());

/** The result of training on the data: the adapter, and the messages. */
async function trained(
  data: readonly string[],
  { stdin = "", fetch }: { stdin?: string; fetch?: typeof globalThis.fetch } = {},
) {
  const out = work.path(`adapter-${Math.random()}`);
  const recording = recordingIo({
    environment: { LOWRANK_ENGINE: "wasm" },
    stdin: async function* () {
      yield new TextEncoder().encode(stdin);
    },
    ...(fetch === undefined ? {} : { fetch }),
  });
  const options = ["--model", tiny, "--out", out, "--steps", "2", "--batch-size", "2", "--learning-rate", "1e-2"];
  const code = await run(["train", ...data, ...options], recording.io);
  const adapter = code === 0 ? await readFile(`${out}/adapter_model.safetensors`) : undefined;
  const card = code === 0 ? await readFile(`${out}/README.md`, "utf8") : "";
  const recipe = code === 0 ? await readFile(`${out}/recipe.yaml`, "utf8") : "";
  return { code, adapter, card, recipe, stdout: recording.stdout(), stderr: recording.stderr() };
}

describe("--data", () => {
  it("reads several files of any kind, a pattern or standard input, with the same adapter as from one file", async () => {
    const whole = await trained(["--data", work.path("all.jsonl")]);
    expect(whole).toMatchObject({ code: 0, stdout: expect.stringContaining("6 rows") });
    const names = ["1.jsonl", "2.jsonl.gz", "3.json"].map((name) => work.path("parts", name));
    const ways = [
      await trained(names.flatMap((name) => ["--data", name])),
      await trained(["--data", ...names]),
      await trained(["--data", work.path("parts", "*")]),
      await trained(["--data", "-"], { stdin: jsonl(rows) }),
    ];
    for (const { adapter, stderr } of ways) expect(adapter, stderr).toEqual(whole.adapter);
    expect(ways[0]?.card).toContain("1.jsonl, 2.jsonl.gz, 3.json (6 rows)");
  });

  it("leaves broken rows out with --skip-bad-rows, and reports how many", async () => {
    const broken = work.write(
      "broken.jsonl",
      `${jsonl(rows.slice(0, 3))}{"prompt": 1}\nno JSON\n${jsonl(rows.slice(3))}`,
    );
    expect(await trained(["--data", broken])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("2 lines are broken"),
    });
    const { adapter, stderr } = await trained(["--data", broken, "--skip-bad-rows"]);
    expect(stderr).toContain(`warning: Skipped 2 broken rows of "${broken}". The first, 4: expected`);
    expect(adapter).toEqual((await trained(["--data", work.path("all.jsonl")])).adapter);
  });

  it("reads a Parquet file, and a data set of the Hub by its name", async () => {
    const file = await trained(["--data", parquet]);
    const hub = fakeHub("owner/set", new Map([["default/train/0000.parquet", readFileSync(parquet)]]), "datasets");
    const named = await trained(["--data", "owner/set"], { fetch: hub.fetch });
    expect(named.adapter, named.stderr).toEqual(file.adapter);
    expect(hub.revisions).toEqual(["refs/convert/parquet"]);
    const pinned = `owner/set@${fakeCommit}`;
    expect(named.card).toContain(`| data | ${pinned} (`);
    expect(named.recipe).toContain(`  - ${pinned}\n`);
    const again = await trained(["--data", pinned], { fetch: hub.fetch });
    expect(again.adapter, again.stderr).toEqual(file.adapter);
    const wrong = await trained(["--data", "owner/set/test"], { fetch: hub.fetch });
    expect(wrong.stderr).toContain('there is no split "test". The data set has owner/set/default/train.');
  });
});

describe("--prompt -", () => {
  it("is read from standard input", async () => {
    const text = (prompt: string, stdin: string) => {
      const recording = recordingIo({
        environment: { LOWRANK_ENGINE: "wasm" },
        stdin: async function* () {
          yield new TextEncoder().encode(stdin);
        },
      });
      const argv = ["generate", "--model", tiny, "--prompt", prompt, "--max-new-tokens", "5"];
      return run(argv, recording.io).then(recording.stdout);
    };
    expect(await text("-", "name[Aromi]\n")).toBe(await text("name[Aromi]", ""));
  });
});
