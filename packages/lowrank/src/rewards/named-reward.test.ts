import { describe, expect, it } from "vitest";
import { namedReward } from "./named-reward.ts";
import { scoreCompletions } from "./score-completions.ts";

const schema = {
  type: "object",
  required: ["name"],
  properties: { name: { type: "string" }, age: { type: "integer" } },
};
const files = new Map<string, unknown>([
  ["schema.json", schema],
  ["old.json", { ...schema, $schema: "http://json-schema.org/draft-07/schema#" }],
  ["list.json", []],
  ["wrong.json", { type: "objekt" }],
]);

/** The judge's replies, and what it was asked. */
function host(reply: string, status = 200) {
  const asked: unknown[] = [];
  return {
    asked,
    apiKey: "secret",
    readFile: async (path: string) => {
      if (!files.has(path)) throw new Error(`ENOENT: no such file, open '${path}'`);
      return JSON.stringify(files.get(path));
    },
    fetch: async (url: unknown, { headers, body }: { headers?: unknown; body?: unknown } = {}) => {
      asked.push({ url, headers, body: JSON.parse(String(body)) });
      return new Response(JSON.stringify({ choices: [{ message: { content: reply } }] }), { status });
    },
  };
}

async function totals(text: string, completions: readonly string[], row: Record<string, unknown> = {}, of = host("")) {
  const reward = await namedReward(text, of);
  const inputs = completions.map((completion) => ({ prompt: "Who?", completion, row }));
  return (await scoreCompletions(inputs, { reward, timeout: 5, concurrency: 1 })).totals;
}

describe("a built-in reward", () => {
  it.each(["schema.json", "old.json"])("json-schema:%s gives 1, 0.5 for other JSON, and 0", async (file) => {
    const completions = [' {"name": "Ada"}\n', '{"name": 5}', '{"name": "Ada"', "[".repeat(100_000)];
    expect(await totals(`json-schema:${file}`, completions)).toEqual([1, 0.5, 0, 0]);
  });

  it("regex finds a pattern, in linear time", async () => {
    expect(await totals("regex:^(a+)+: \\d$", ["aa: 1", "aa: x", `${"a".repeat(50_000)}!`])).toEqual([1, 0, 0]);
  });

  it.each(["answer", "completion", "reference"])("exact-match compares with the row's %s", async (name) => {
    expect(await totals("exact-match", [" 42\n", "4"], { [name]: 42 })).toEqual([1, 0]);
  });

  it("length falls with each word that is missing or too many", async () => {
    expect(await totals("length:4", ["a b c d", "a b c", " a b c d e f ", "", "a ".repeat(20)])).toEqual([
      1, 0.75, 0.5, 0, 0,
    ]);
  });

  it("lm-judge asks a chat model for a number from 0 to 10", async () => {
    const of = host("7.5 / 10");
    expect(await totals("lm-judge:http://localhost:1/v1/#judge", ["Ada"], {}, of)).toEqual([0.75]);
    expect(of.asked).toMatchObject([
      {
        url: "http://localhost:1/v1/chat/completions",
        headers: { authorization: "Bearer secret" },
        body: { model: "judge", messages: [{ role: "system" }, { content: "Prompt:\nWho?\n\nAnswer:\nAda" }] },
      },
    ]);
  });

  it.each([
    ["11", 200, 'the judge replied \\"11\\", not a number'],
    ["good", 200, 'the judge replied \\"good\\", not a number'],
    ["no", 401, "answered 401"],
  ])("lm-judge that replies %s with status %i ends the step", async (reply, status, said) => {
    const failing = totals("lm-judge:https://judge/v1#m", ["Ada"], {}, host(reply, status));
    await expect(failing).rejects.toMatchObject({ code: "REWARD_FAILED", message: expect.stringContaining(said) });
  });

  it("exact-match of a row without an answer ends the step", async () => {
    await expect(totals("exact-match", ["a"])).rejects.toThrow('threw "the row has no');
  });

  it.each([
    ["json-shema:schema.json", "Did you mean json-schema?"],
    ["politeness", "Pass a .ts, .js or .mjs file, or one of json-schema:<file>, regex:<pattern>"],
    ["regex", "expected regex:<pattern>"],
    ["exact-match:answer", "expected exact-match"],
    ["regex:(", "missing closing )"],
    ["length:many", "expected a number of words"],
    ["json-schema:none.json", "no such file"],
    ["json-schema:list.json", "the file has no JSON Schema"],
    ["json-schema:wrong.json", "type"],
    ["lm-judge:./smollm2", "start lowrank serve"],
  ])("of the name %s is refused", async (text, said) => {
    const refused = namedReward(text, host(""));
    await expect(refused).rejects.toMatchObject({ code: "WRONG_USAGE", message: expect.stringContaining("`reward`") });
    await expect(refused).rejects.toThrow(said);
  });
});
